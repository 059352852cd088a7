/* The speed of a serial line: how many bytes have had the time to pass.
 *
 * Counts from when the line began to be busy and not from wake-up to wake-up, so that late wake-ups don't
 * make it slow and the average is right for bytes in any portions. */
#ifndef EMU_LINE_PACE_H
#define EMU_LINE_PACE_H

#include "emulator/loop.h"

struct emu_pace {
    emu_time per_byte;   /* 0: as fast as it goes */
    emu_time busy_until; /* until when the line's time is used up */
    bool busy;
};

/* Ten bits a byte (8N1). 0: unpaced. */
void emu_pace_set(struct emu_pace *pace, unsigned long baud);

static inline bool emu_paced(const struct emu_pace *pace)
{
    return pace->per_byte > 0;
}

/* Something is waiting to pass; no effect while busy. */
void emu_pace_begin(struct emu_pace *pace, emu_time now);
void emu_pace_idle(struct emu_pace *pace);

/* How many bytes may have passed by now, and that this many did. */
size_t emu_pace_allows(const struct emu_pace *pace, emu_time now);
void emu_pace_spend(struct emu_pace *pace, size_t bytes);

/* When to look again with this many bytes waiting: after all of them, or about a millisecond's worth. */
emu_time emu_pace_due(const struct emu_pace *pace, size_t waiting);

#endif
