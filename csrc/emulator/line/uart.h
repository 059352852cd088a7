/* The module's serial port: the master side of a pty, with the speed of a serial line if a baud rate is set.
 *
 * It also holds the slave open, so that a client can close and reopen it and finds the module unchanged. A
 * pty cannot convey modem control lines (dropping DTR with AT&D1). */
#ifndef EMU_LINE_UART_H
#define EMU_LINE_UART_H

#include "emulator/line/output.h"
#include "emulator/line/pace.h"
#include "emulator/line/pty_lock.h"
#include "emulator/loop.h"

enum {
    EMU_UART_INPUT = 16384,
    EMU_UART_SPARE = 8,          /* space reserved for emu_uart_push_back */
    EMU_UART_FULL = 65536,       /* with this much unsent output the client is not reading */
    EMU_UART_PUMP_BELOW = 16384, /* streams add output only below this level */
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
    emu_time latency; /* delay of every answer */

    char input[EMU_UART_INPUT];
    size_t in_start, in_end;
    struct emu_pace in_pace;
    struct emu_timer in_timer;
    /* Time at which the last byte finished arriving (earlier than this loop iteration). */
    emu_time last_arrival;
    /* Called when bytes have been appended to the input, before they are consumed. */
    void (*on_arrival)(void *owner, size_t length);
    void *owner;
    /* May change and remove bytes that have just been read, before they arrive; returns how many are left.
     * NULL: no one does. */
    size_t (*on_bytes)(void *owner, char *bytes, size_t length);
    void *bytes_owner;
    bool not_reading; /* until the timer is due */
    struct emu_timer reading;

    uint64_t bytes_in, bytes_out;
};

/* Opens the pty in raw mode and starts reading. Returns false with errno set. */
bool emu_uart_open(struct emu_uart *uart, struct emu_loop *loop, unsigned long baud);
void emu_uart_close(struct emu_uart *uart);

/* Like pulling the cable: users of the slave see a hang-up, and all further output is lost. */
void emu_uart_unplug(struct emu_uart *uart);

/* Plugs it in again, with another pty. Returns false with errno set; it is unplugged then. */
bool emu_uart_plug(struct emu_uart *uart);

/* Reads nothing until then: what a client writes stays in the pty. */
void emu_uart_stop_reading(struct emu_uart *uart, emu_time until);

/* Sets both directions. 0: unlimited. */
void emu_uart_set_baud(struct emu_uart *uart, unsigned long baud);

/* Returns the bytes waiting to be consumed. */
size_t emu_uart_input(const struct emu_uart *uart, const char **at);
void emu_uart_consume(struct emu_uart *uart, size_t length);

/* For use in on_arrival only: withdraws the last bytes, or inserts bytes before the last `behind` ones. */
void emu_uart_withdraw(struct emu_uart *uart, size_t length);
void emu_uart_push_back(struct emu_uart *uart, const char *bytes, size_t length, size_t behind);

/* Sends all output that is due. Called once per round, so that an answer is a single write. */
void emu_uart_flush(struct emu_uart *uart);

#endif
