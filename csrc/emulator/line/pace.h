/* Speed of a serial line: the number of bytes that have had time to pass.
 *
 * Counting starts when the line becomes busy, not at each wake-up. Late wake-ups therefore do not slow
 * down the line, and the average rate is exact for any portion size. */
#ifndef EMU_LINE_PACE_H
#define EMU_LINE_PACE_H

#include "emulator/loop.h"

struct emu_pace {
    emu_time per_byte;   /* 0: unlimited speed */
    emu_time busy_until; /* time at which the bytes counted so far have passed */
    bool busy;
};

/* Ten bits per byte (8N1). 0: unlimited. */
void emu_pace_set(struct emu_pace *pace, unsigned long baud);

static inline bool emu_paced(const struct emu_pace *pace)
{
    return pace->per_byte > 0;
}

/* Bytes are waiting to pass. Has no effect while the line is busy. */
void emu_pace_begin(struct emu_pace *pace, emu_time now);
void emu_pace_idle(struct emu_pace *pace);

/* Returns how many bytes may have passed by now, and records that some did. */
size_t emu_pace_allows(const struct emu_pace *pace, emu_time now);
void emu_pace_spend(struct emu_pace *pace, size_t bytes);

/* Time of the next check with this many bytes waiting: after all of them, or after about a millisecond. */
emu_time emu_pace_due(const struct emu_pace *pace, size_t waiting);

#endif
