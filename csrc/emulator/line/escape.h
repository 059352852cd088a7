/* Detects the escape sequence of data mode: silence, exactly three plus signs, silence.
 *
 * Quectel requires at least 1 s of silence, "+++" within 1 s, and again 1 s of silence (SSL note 1.4).
 * Ai-Thinker firmware requires 20 ms. All other plus signs are data. The sequence is detected on arrival,
 * not on consumption, so that a slow peer cannot affect its timing. */
#ifndef EMU_LINE_ESCAPE_H
#define EMU_LINE_ESCAPE_H

#include "emulator/line/uart.h"

struct emu_escape {
    struct emu_uart *uart;
    emu_time guard;
    bool armed; /* in a data mode that can be escaped from */
    unsigned pluses;
    emu_time quiet_since; /* time of the last arrival */
    struct emu_timer timer;
    void (*on_escape)(void *owner);
    void *owner;
};

void emu_escape_init(struct emu_escape *escape, struct emu_uart *uart, emu_time guard,
                     void (*on_escape)(void *owner), void *owner);

/* Data mode was entered or left. Held-back plus signs are discarded. */
void emu_escape_arm(struct emu_escape *escape, bool armed);

/* The last `length` bytes of the uart's input have just arrived. May withdraw them. */
void emu_escape_arrival(struct emu_escape *escape, size_t length);

#endif
