#include "at/escape.h"

#include <string.h>

enum {
    SOMETHING_ELSE = UINT8_MAX,
    LONGEST_QUEUE = 65536, /* bytes that a driver or a relay may queue without reporting them */
};

static at_time guard(const struct at_protocol *protocol)
{
    return at_ms(protocol->guard_ms);
}

/* Nine tenths of the guard time, since the module's clock may differ. */
static bool is_silent(const struct at_escape *escape, const struct at_protocol *protocol, at_time now)
{
    return now >= escape->drained_at + guard(protocol) / 10 * 9;
}

/* A run was begun after a silence, and is shorter than the sequence. */
static bool is_begun(const struct at_escape *escape, const struct at_protocol *protocol)
{
    return escape->isolated > 0 && escape->isolated < strlen(protocol->escape);
}

/* When a run that was begun is over for the module, too: that may have got its last byte late and what
 * follows in time, or have a slow clock. After less silence nobody can tell. */
static at_time over_at(const struct at_escape *escape, const struct at_protocol *protocol)
{
    return escape->drained_at + guard(protocol) / 2 * 3;
}

/* The pause that separates two runs, for modules that require no guard time: long enough that the latency of
 * a USB adapter cannot close it. */
static at_time burst_gap(const struct at_protocol *protocol)
{
    return at_ms(protocol->idle_ms) / 2 * 5;
}

static at_time time_of(const struct at_escape *escape, size_t bytes)
{
    return escape->speed > 0 ? (at_time)bytes * 1000000 / escape->speed : 0;
}

void at_escape_set_drain_time(struct at_escape *escape, at_time drained_at)
{
    if (drained_at > escape->drained_at)
        escape->drained_at = drained_at;
}

static void count(struct at_escape *escape, const struct at_protocol *protocol, const char *bytes,
                  size_t length)
{
    char mark = protocol->escape[0];
    for (size_t i = 0; i < length; i++) {
        bool marked = bytes[i] == mark;
        escape->run = (uint8_t)(marked ? escape->run + (escape->run < UINT8_MAX) : 0);
        if (!marked)
            escape->isolated = SOMETHING_ELSE;
        else if (escape->isolated < SOMETHING_ELSE)
            escape->isolated++;
    }
}

void at_escape_sent(struct at_escape *escape, const struct at_protocol *protocol, const char *bytes,
                    size_t length, at_time now)
{
    if (length == 0)
        return;
    if (is_silent(escape, protocol, now))
        escape->isolated = 0;
    if (now >= escape->drained_at + burst_gap(protocol))
        escape->run = 0;
    const size_t most =
        64; /* longer than any escape sequence: only the end of the bytes affects what may follow */
    if (length > most) {
        escape->isolated = SOMETHING_ELSE;
        bytes += length - most;
    }
    count(escape, protocol, bytes, length > most ? most : length);
    at_time from = now > escape->drained_at ? now : escape->drained_at;
    escape->drained_at = from + time_of(escape, length);
    at_time latest = now + time_of(escape, LONGEST_QUEUE);
    if (escape->drained_at > latest)
        escape->drained_at = latest;
}

/* Never lets a complete run of escape characters go out without a pause in it. */
static size_t allowed_in_bursts(const struct at_escape *escape, const struct at_protocol *protocol,
                                const char *bytes, size_t length, at_time now, at_time *until)
{
    size_t sequence = strlen(protocol->escape);
    at_time pause = escape->drained_at + burst_gap(protocol);
    size_t run = now >= pause ? 0 : escape->run;
    for (size_t i = 0; i < length; i++) {
        run = bytes[i] == protocol->escape[0] ? run + 1 : 0;
        if (run == sequence) {
            if (i == 0)
                *until = pause;
            return i;
        }
    }
    return length;
}

size_t at_escape_allowed(const struct at_escape *escape, const struct at_protocol *protocol,
                         const char *bytes, size_t length, at_time now, at_time *until)
{
    size_t sequence = strlen(protocol->escape);
    if (sequence == 0)
        return length;
    if (protocol->idle_ms > 0)
        return allowed_in_bursts(escape, protocol, bytes, length, now, until);
    bool goes_on = is_begun(escape, protocol) && now < over_at(escape, protocol);
    size_t bare = is_silent(escape, protocol, now) && !goes_on ? 0 : escape->isolated;
    if (bare >= sequence || length > sequence)
        return length;
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != protocol->escape[0])
            return length;
    }
    if (goes_on && is_silent(escape, protocol, now)) {
        *until = over_at(escape, protocol);
        return 0;
    }
    if (bare + length != sequence)
        return length;
    if (length > 1)
        return length - 1;
    *until = over_at(escape, protocol);
    return 0;
}

at_time at_escape_ready_at(const struct at_escape *escape, const struct at_protocol *protocol)
{
    return is_begun(escape, protocol) ? over_at(escape, protocol) : escape->drained_at + guard(protocol);
}

bool at_escape_begin(struct at_escape *escape, const struct at_protocol *protocol, at_time now)
{
    if (now < at_escape_ready_at(escape, protocol))
        return false;
    escape->sequence_sent = 0;
    return true;
}

size_t at_escape_output(const struct at_escape *escape, const struct at_protocol *protocol,
                        const char **bytes)
{
    *bytes = protocol->escape + escape->sequence_sent;
    return strlen(*bytes);
}

bool at_escape_sequence_sent(struct at_escape *escape, const struct at_protocol *protocol, size_t length,
                             at_time now)
{
    at_escape_sent(escape, protocol, protocol->escape + escape->sequence_sent, length, now);
    escape->sequence_sent = (uint8_t)(escape->sequence_sent + length);
    return escape->sequence_sent == strlen(protocol->escape);
}
