/* The escape sequence, which ends data mode, and data that must not be mistaken for it.
 *
 * There are two kinds of module. Most require about a second of silence around the sequence (V.250 6.2;
 * guard_ms), so only a run of escape characters with silence on both sides counts. Others accept any such run
 * with idle_ms of silence around it or, with older firmware, with none: for these, a run in the data is split
 * so that a complete sequence never goes out at once.
 *
 * Silence starts when the last byte has left the line, not when the port accepted it: a queue of 32 KiB takes
 * three seconds at 115,200 baud. */
#ifndef AT_ESCAPE_H
#define AT_ESCAPE_H

#include "at/rules.h"

/* When zero-initialised, the line has been silent forever. */
struct at_escape {
    uint32_t speed;     /* bytes per second; 0: bytes leave the line as soon as the port accepts them, unless
                           at_escape_set_drain_time says otherwise */
    at_time drained_at; /* when the last byte has left, or will have left, the line */
    uint8_t isolated;   /* escape characters sent since the last silence; UINT8_MAX: and others */
    uint8_t run;        /* escape characters at the end of what was sent */
    uint8_t sequence_sent; /* bytes of the escape sequence sent so far */
};

/* The port has accepted these bytes. */
void at_escape_sent(struct at_escape *escape, const struct at_protocol *protocol, const char *bytes,
                    size_t length, at_time now);

/* The port reports that its queue will be empty at drained_at. */
void at_escape_set_drain_time(struct at_escape *escape, at_time drained_at);

/* How many of these bytes of data may be sent now; 0: none before *until. */
size_t at_escape_allowed(const struct at_escape *escape, const struct at_protocol *protocol,
                         const char *bytes, size_t length, at_time now, at_time *until);

/* The earliest time for the sequence, provided that nothing is sent before it. */
at_time at_escape_ready_at(const struct at_escape *escape, const struct at_protocol *protocol);

/* Starts the sequence. False when it is too early. */
bool at_escape_begin(struct at_escape *escape, const struct at_protocol *protocol, at_time now);

/* The part of the sequence that is still to be sent. */
size_t at_escape_output(const struct at_escape *escape, const struct at_protocol *protocol,
                        const char **bytes);

/* The port has accepted `length` bytes of the sequence. True when it is complete. */
bool at_escape_sequence_sent(struct at_escape *escape, const struct at_protocol *protocol, size_t length,
                             at_time now);

#endif
