#include "emulator/line/pace.h"

void emu_pace_set(struct emu_pace *pace, unsigned long baud)
{
    *pace = (struct emu_pace){.per_byte = baud ? (emu_seconds(10) + (emu_time)baud / 2) / (emu_time)baud : 0};
}

void emu_pace_begin(struct emu_pace *pace, emu_time now)
{
    if (!pace->busy)
        pace->busy_until = now;
    pace->busy = true;
}

void emu_pace_idle(struct emu_pace *pace)
{
    pace->busy = false;
}

size_t emu_pace_allows(const struct emu_pace *pace, emu_time now)
{
    if (!emu_paced(pace))
        return SIZE_MAX;
    return now > pace->busy_until ? (size_t)((now - pace->busy_until) / pace->per_byte) : 0;
}

void emu_pace_spend(struct emu_pace *pace, size_t bytes)
{
    pace->busy_until += (emu_time)bytes * pace->per_byte;
}

emu_time emu_pace_due(const struct emu_pace *pace, size_t waiting)
{
    size_t portion = (size_t)(emu_ms(1) / pace->per_byte) + 1;
    return pace->busy_until + (emu_time)(waiting < portion ? waiting : portion) * pace->per_byte;
}
