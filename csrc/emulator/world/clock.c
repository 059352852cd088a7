#include "emulator/world/clock.h"

static int64_t whole_seconds(emu_time now)
{
    return now / 1000000000;
}

void emu_clock_set(struct emu_clock *clock, emu_time now, int64_t unix_seconds)
{
    clock->offset = unix_seconds - whole_seconds(now);
}

int64_t emu_clock_get(const struct emu_clock *clock, emu_time now)
{
    return clock->offset + whole_seconds(now);
}

void emu_clock_local(const struct emu_clock *clock, emu_time now, struct tm *local)
{
    time_t seconds = (time_t)(emu_clock_get(clock, now) + (int64_t)clock->zone * 900);
    if (!gmtime_r(&seconds, local))
        *local = (struct tm){.tm_mday = 1, .tm_year = 70};
}

bool emu_clock_from_local(struct emu_clock *clock, emu_time now, const struct tm *local, int zone)
{
    struct tm copy = *local;
    time_t seconds = timegm(&copy);
    if (copy.tm_mday != local->tm_mday || copy.tm_mon != local->tm_mon || copy.tm_hour != local->tm_hour ||
        copy.tm_min != local->tm_min || copy.tm_sec != local->tm_sec)
        return false;
    clock->zone = zone;
    emu_clock_set(clock, now, (int64_t)seconds - (int64_t)zone * 900);
    return true;
}

int64_t emu_clock_host(void)
{
    return (int64_t)time(NULL);
}
