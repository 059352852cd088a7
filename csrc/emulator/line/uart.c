#define _GNU_SOURCE /* posix_openpt and related functions */
#include "emulator/line/uart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static void on_ready(void *owner, short events);
static void on_in_due(void *owner);
static void on_out_due(void *owner);

static bool open_pair(struct emu_uart *uart)
{
    uart->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (uart->master < 0 || grantpt(uart->master) != 0 || unlockpt(uart->master) != 0 ||
        ptsname_r(uart->master, uart->path, sizeof uart->path) != 0)
        return false;
    uart->slave = open(uart->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios raw;
    if (uart->slave < 0 || tcgetattr(uart->slave, &raw) != 0)
        return false;
    cfmakeraw(&raw);
    cfsetspeed(&raw, B115200);
    return tcsetattr(uart->slave, TCSANOW, &raw) == 0 && fcntl(uart->master, F_SETFL, O_NONBLOCK) == 0;
}

static void on_reading(void *owner)
{
    struct emu_uart *uart = owner;
    uart->not_reading = false;
    uart->watch.events |= POLLIN;
}

void emu_uart_stop_reading(struct emu_uart *uart, emu_time until)
{
    uart->not_reading = true;
    uart->watch.events &= (short)~POLLIN;
    emu_timer_start(uart->loop, &uart->reading, until);
}

bool emu_uart_plug(struct emu_uart *uart)
{
    if (!open_pair(uart)) {
        int why = errno;
        emu_uart_unplug(uart);
        errno = why;
        return false;
    }
    uart->watch =
        (struct emu_watch){.fd = uart->master, .events = POLLIN, .on_ready = on_ready, .owner = uart};
    emu_watch_add(uart->loop, &uart->watch);
    emu_pty_lock_start(&uart->lock, uart->loop, uart->slave, uart->path);
    return true;
}

bool emu_uart_open(struct emu_uart *uart, struct emu_loop *loop, unsigned long baud)
{
    uart->loop = loop;
    uart->master = uart->slave = -1;
    uart->out_timer = (struct emu_timer){.on_due = on_out_due, .owner = uart};
    uart->in_timer = (struct emu_timer){.on_due = on_in_due, .owner = uart};
    uart->reading = (struct emu_timer){.on_due = on_reading, .owner = uart};
    emu_uart_set_baud(uart, baud);
    return emu_uart_plug(uart);
}

void emu_uart_unplug(struct emu_uart *uart)
{
    emu_pty_lock_stop(&uart->lock);
    emu_watch_remove(uart->loop, &uart->watch);
    emu_timer_stop(uart->loop, &uart->out_timer);
    emu_timer_stop(uart->loop, &uart->in_timer);
    emu_timer_stop(uart->loop, &uart->reading);
    uart->not_reading = false;
    if (uart->slave >= 0)
        close(uart->slave);
    if (uart->master >= 0)
        close(uart->master);
    uart->master = uart->slave = -1;
    uart->in_start = uart->in_end = 0;
    emu_output_clear(&uart->output);
}

void emu_uart_close(struct emu_uart *uart)
{
    emu_uart_unplug(uart);
    emu_output_free(&uart->output);
}

void emu_uart_set_baud(struct emu_uart *uart, unsigned long baud)
{
    emu_pace_set(&uart->in_pace, baud);
    emu_pace_set(&uart->out_pace, baud);
}

static size_t input_room(struct emu_uart *uart)
{
    if (uart->in_start == uart->in_end)
        uart->in_start = uart->in_end = 0;
    size_t room = sizeof uart->input - EMU_UART_SPARE;
    return uart->in_end < room ? room - uart->in_end : 0;
}

/* Returns the number of bytes read; 0: no more for now. */
static size_t read_some(struct emu_uart *uart, size_t limit)
{
    size_t room = input_room(uart);
    if (limit > room)
        limit = room;
    char *at = uart->input + uart->in_end;
    ssize_t got = limit ? read(uart->master, at, limit) : 0;
    if (got <= 0)
        return 0;
    uart->bytes_in += (size_t)got;
    size_t arrived = uart->on_bytes ? uart->on_bytes(uart->bytes_owner, at, (size_t)got) : (size_t)got;
    uart->in_end += arrived;
    if (arrived > 0)
        uart->on_arrival(uart->owner, arrived);
    return (size_t)got;
}

static size_t waiting_in_pty(const struct emu_uart *uart)
{
    int waiting = 0;
    return ioctl(uart->master, FIONREAD, &waiting) == 0 && waiting > 0 ? (size_t)waiting : 0;
}

/* Estimates when the client started to write: a little before this program woke up, but not before the
 * answer that the client was waiting for. The client does not gain speed from this because emu_pace limits
 * it; it only keeps wake-up times out of a sequence of small writes. */
static emu_time writing_began(const struct emu_uart *uart)
{
    emu_time began = uart->loop->now - emu_ms(1) / 10;
    if (began < uart->in_pace.busy_until)
        began = uart->in_pace.busy_until;
    return began < uart->out_pace.busy_until ? uart->out_pace.busy_until : began;
}

/* Lets the line transmit what the client has written. The pty holds the bytes until they have "arrived". */
static void schedule_input(struct emu_uart *uart)
{
    if (uart->not_reading)
        return;
    size_t waiting = waiting_in_pty(uart);
    if (waiting == 0 || input_room(uart) == 0) {
        emu_pace_idle(&uart->in_pace);
        uart->watch.events |= POLLIN;
        return;
    }
    emu_pace_begin(&uart->in_pace, writing_began(uart));
    uart->watch.events &= (short)~POLLIN;
    emu_timer_start(uart->loop, &uart->in_timer, emu_pace_due(&uart->in_pace, waiting));
}

static void on_in_due(void *owner)
{
    struct emu_uart *uart = owner;
    size_t allowed = emu_pace_allows(&uart->in_pace, uart->loop->now);
    emu_pace_spend(&uart->in_pace, read_some(uart, allowed));
    uart->last_arrival = uart->in_pace.busy_until;
    schedule_input(uart);
}

static void on_ready(void *owner, short events)
{
    struct emu_uart *uart = owner;
    if (events & POLLIN) {
        if (emu_paced(&uart->in_pace))
            schedule_input(uart);
        else
            read_some(uart, SIZE_MAX);
    }
    if (events & POLLOUT)
        uart->watch.events &= (short)~POLLOUT;
}

size_t emu_uart_input(const struct emu_uart *uart, const char **at)
{
    *at = uart->input + uart->in_start;
    return uart->in_end - uart->in_start;
}

void emu_uart_consume(struct emu_uart *uart, size_t length)
{
    uart->in_start += length;
}

void emu_uart_withdraw(struct emu_uart *uart, size_t length)
{
    uart->in_end -= length;
}

void emu_uart_push_back(struct emu_uart *uart, const char *bytes, size_t length, size_t behind)
{
    char *at = uart->input + uart->in_end - behind;
    memmove(at + length, at, behind);
    memcpy(at, bytes, length);
    uart->in_end += length;
}

/* Input is not read while there is no room. The pty then fills up and the client's writes block, as with
 * RTS/CTS. */
static void update_input_events(struct emu_uart *uart)
{
    if (uart->in_timer.running || uart->not_reading)
        return;
    if (input_room(uart) > 0 && emu_output_length(&uart->output) < EMU_UART_FULL)
        uart->watch.events |= POLLIN;
    else
        uart->watch.events &= (short)~POLLIN;
}

/* Returns false if the pty accepts no more for now. */
static bool write_some(struct emu_uart *uart, const char *bytes, size_t length)
{
    ssize_t put = write(uart->master, bytes, length);
    if (put > 0) {
        uart->bytes_out += (size_t)put;
        emu_pace_spend(&uart->out_pace, (size_t)put);
        emu_output_sent(&uart->output, (size_t)put);
    }
    if (put == (ssize_t)length)
        return true;
    emu_pace_idle(&uart->out_pace);
    uart->watch.events |= POLLOUT;
    return false;
}

/* An answer follows the last byte of its command on the line. Scheduling delays of the host are thereby
 * not added to each exchange. */
static emu_time answer_time(const struct emu_uart *uart, emu_time now)
{
    bool answers = uart->last_arrival > now - emu_ms(1);
    emu_time since = answers ? uart->last_arrival : now;
    return since > uart->out_pace.busy_until ? since : uart->out_pace.busy_until;
}

static void send_paced(struct emu_uart *uart, emu_time now)
{
    const char *at;
    size_t ready = emu_output_ready(&uart->output, now, &at);
    if (ready == 0) {
        emu_pace_idle(&uart->out_pace);
        return;
    }
    emu_pace_begin(&uart->out_pace, answer_time(uart, now));
    size_t allowed = emu_pace_allows(&uart->out_pace, now);
    if (allowed > 0 && !write_some(uart, at, ready < allowed ? ready : allowed))
        return;
    size_t left = emu_output_ready(&uart->output, now, &at);
    if (left == 0)
        emu_pace_idle(&uart->out_pace);
    else
        emu_timer_start(uart->loop, &uart->out_timer, emu_pace_due(&uart->out_pace, left));
}

static void send_at_once(struct emu_uart *uart, emu_time now)
{
    const char *at;
    size_t ready;
    while ((ready = emu_output_ready(&uart->output, now, &at)) > 0)
        if (!write_some(uart, at, ready))
            return;
}

static void on_out_due(void *owner)
{
    (void)owner; /* the flush at the end of the round does the work */
}

void emu_uart_flush(struct emu_uart *uart)
{
    if (uart->master < 0) {
        emu_output_clear(&uart->output);
        return;
    }
    emu_time now = uart->loop->now;
    if (!(uart->watch.events & POLLOUT)) {
        if (emu_paced(&uart->out_pace))
            send_paced(uart, now);
        else
            send_at_once(uart, now);
    }
    emu_time due = emu_output_due(&uart->output);
    if (due != EMU_NEVER && due > now)
        emu_timer_start(uart->loop, &uart->out_timer, due);
    update_input_events(uart);
}
