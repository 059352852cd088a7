/* The module's serial port: the master side of a pty, at the speed of a line when there is a baud rate.
 *
 * Holds a descriptor of the slave itself, so that a client may close and reopen it and finds the module as it
 * left it. What modem control lines would tell (DTR dropped, AT&D1) cannot be seen through a pty. */
#ifndef EMU_LINE_UART_H
#define EMU_LINE_UART_H

#include "emulator/line/output.h"
#include "emulator/line/pace.h"
#include "emulator/line/pty_lock.h"
#include "emulator/loop.h"

enum {
    EMU_UART_INPUT = 16384,
    EMU_UART_SPARE = 8,          /* room that emu_uart_push_back can count on */
    EMU_UART_FULL = 65536,       /* with this much unsent nobody is reading */
    EMU_UART_PUMP_BELOW = 16384, /* streams add to the output only below this */
};

struct emu_uart {
    struct emu_loop *loop;
    int master, slave; /* -1: unplugged */
    char path[64];
    struct emu_watch watch;
    struct emu_pty_lock lock;

    struct emu_output output;
    struct emu_pace out_pace;
    struct emu_timer out_timer;
    emu_time latency; /* of every answer */

    char input[EMU_UART_INPUT];
    size_t in_start, in_end;
    struct emu_pace in_pace;
    struct emu_timer in_timer;
    emu_time last_arrival; /* when the last byte was through the line, which is before this round began */
    /* Called when bytes have arrived at the end of the input, before anyone takes them. */
    void (*on_arrival)(void *owner, size_t length);
    void *owner;

    uint64_t bytes_in, bytes_out;
};

/* Opens the pty, raw, and begins to listen. False with errno set. */
bool emu_uart_open(struct emu_uart *uart, struct emu_loop *loop, unsigned long baud);
void emu_uart_close(struct emu_uart *uart);

/* As when the cable is pulled: the slave's users see a hang-up, and all output is lost from now on. */
void emu_uart_unplug(struct emu_uart *uart);

/* Both directions; 0: unpaced. */
void emu_uart_set_baud(struct emu_uart *uart, unsigned long baud);

/* The bytes that wait to be taken. */
size_t emu_uart_input(const struct emu_uart *uart, const char **at);
void emu_uart_consume(struct emu_uart *uart, size_t length);

/* For on_arrival alone: withdraws the last bytes, or puts bytes in front of the last `behind` ones. */
void emu_uart_withdraw(struct emu_uart *uart, size_t length);
void emu_uart_push_back(struct emu_uart *uart, const char *bytes, size_t length, size_t behind);

/* Sends what may be sent by now. Called once a round, so that an answer is one write. */
void emu_uart_flush(struct emu_uart *uart);

#endif
