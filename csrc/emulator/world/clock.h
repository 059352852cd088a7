/* The module's clock, which runs at the rate of the host's monotonic clock. */
#ifndef EMU_WORLD_CLOCK_H
#define EMU_WORLD_CLOCK_H

#include "emulator/loop.h"

#include <time.h>

struct emu_clock {
    int64_t offset; /* seconds since 1970 UTC, minus monotonic seconds */
    int zone;       /* local time zone, in quarters of an hour east of UTC */
};

void emu_clock_set(struct emu_clock *clock, emu_time now, int64_t unix_seconds);
int64_t emu_clock_get(const struct emu_clock *clock, emu_time now);

/* Converts to and from broken-down local time. Returns false if there is no such time. */
void emu_clock_local(const struct emu_clock *clock, emu_time now, struct tm *local);
bool emu_clock_from_local(struct emu_clock *clock, emu_time now, const struct tm *local, int zone);

/* The host's time, as a time server would report it. */
int64_t emu_clock_host(void);

#endif
