/* The escape sequence of data mode: silence, three plus signs and nothing else, silence.
 *
 * Quectel's SSL note 1.4: at least 1 s without a byte, "+++" within 1 s, again 1 s without a byte; Ai-Thinker
 * firmware does the same with 20 ms. Anything else that holds plus signs is data. Judged when bytes arrive,
 * not when they are consumed, so a slow peer can't shift them in time. */
#ifndef EMU_LINE_ESCAPE_H
#define EMU_LINE_ESCAPE_H

#include "emulator/line/uart.h"

struct emu_escape {
    struct emu_uart *uart;
    emu_time guard;
    bool armed; /* data mode, in one that can be escaped from */
    unsigned pluses;
    emu_time quiet_since; /* the last arrival of anything */
    struct emu_timer timer;
    void (*on_escape)(void *owner);
    void *owner;
};

void emu_escape_init(struct emu_escape *escape, struct emu_uart *uart, emu_time guard,
                     void (*on_escape)(void *owner), void *owner);

/* Data mode has begun or ended. Plus signs held back are forgotten. */
void emu_escape_arm(struct emu_escape *escape, bool armed);

/* These bytes have just arrived at the end of the uart's input. May withdraw them. */
void emu_escape_arrival(struct emu_escape *escape, size_t length);

#endif
