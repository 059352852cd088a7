/* The module's own clock: runs by the host's monotonic clock from whatever it was set to. */
#ifndef EMU_WORLD_CLOCK_H
#define EMU_WORLD_CLOCK_H

#include "emulator/loop.h"

#include <time.h>

struct emu_clock {
    int64_t offset; /* seconds since 1970 UTC, minus monotonic seconds */
    int zone;       /* of local time, in quarters of an hour east */
};

void emu_clock_set(struct emu_clock *clock, emu_time now, int64_t unix_seconds);
int64_t emu_clock_get(const struct emu_clock *clock, emu_time now);

/* Broken-down local time, in the clock's zone, and back; false when there is no such time. */
void emu_clock_local(const struct emu_clock *clock, emu_time now, struct tm *local);
bool emu_clock_from_local(struct emu_clock *clock, emu_time now, const struct tm *local, int zone);

/* The host's, as a time server would tell it. */
int64_t emu_clock_host(void);

#endif
