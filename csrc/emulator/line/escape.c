#include "emulator/line/escape.h"

#include <string.h>

static const char sequence[] = "+++";

static void on_due(void *owner);

void emu_escape_init(struct emu_escape *escape, struct emu_uart *uart, emu_time guard,
                     void (*on_escape)(void *owner), void *owner)
{
    *escape = (struct emu_escape){.uart = uart, .guard = guard, .on_escape = on_escape, .owner = owner};
    escape->timer = (struct emu_timer){.on_due = on_due, .owner = escape};
}

void emu_escape_arm(struct emu_escape *escape, bool armed)
{
    escape->armed = armed;
    escape->pluses = 0;
    emu_timer_stop(escape->uart->loop, &escape->timer);
}

static bool only_pluses(const char *bytes, size_t length)
{
    return length <= strlen(sequence) && strncmp(bytes, sequence, length) == 0;
}

static void give_up(struct emu_escape *escape, size_t behind)
{
    emu_uart_push_back(escape->uart, sequence, escape->pluses, behind);
    escape->pluses = 0;
    emu_timer_stop(escape->uart->loop, &escape->timer);
}

static void on_due(void *owner)
{
    struct emu_escape *escape = owner;
    if (escape->pluses < strlen(sequence)) {
        give_up(escape, 0);
        return;
    }
    escape->pluses = 0;
    escape->on_escape(escape->owner);
}

void emu_escape_arrival(struct emu_escape *escape, size_t length)
{
    emu_time now = escape->uart->loop->now;
    emu_time silence = now - escape->quiet_since;
    escape->quiet_since = now;
    if (!escape->armed)
        return;

    const char *input;
    size_t waiting = emu_uart_input(escape->uart, &input);
    bool possible = only_pluses(input + waiting - length, length) &&
                    escape->pluses + length <= strlen(sequence) &&
                    (escape->pluses > 0 || silence >= escape->guard);
    if (!possible) {
        if (escape->pluses > 0)
            give_up(escape, length);
        return;
    }
    emu_uart_withdraw(escape->uart, length);
    bool first = escape->pluses == 0;
    escape->pluses += (unsigned)length;
    if (first || escape->pluses == strlen(sequence))
        emu_timer_start(escape->uart->loop, &escape->timer, now + escape->guard);
}
