/* The escape sequence, which leads out of data mode, and data that must not be taken for it.
 *
 * Two kinds of modules: most want silence around the sequence for about a second (V.250 6.2; guard_ms), so
 * that only bytes that are alone between two silences are it. Others take any run of these bytes for it that
 * has idle_ms of silence around it, or, with older firmware, none: then no more than all but one of it are
 * ever sent in one go.
 *
 * Silence counts from when the last byte has left the line, not from when the port took it: a queue of 32 KiB
 * takes three seconds at 115,200 baud. */
#ifndef AT_ESCAPE_H
#define AT_ESCAPE_H

#include "at/rules.h"

/* All zero is one whose line has been silent for ever. */
struct at_escape {
    uint32_t speed;     /* bytes a second; 0: what the port takes has left at once, unless
                           at_escape_set_drain_time says     more */
    at_time drained_at; /* the last byte has left the line, or will have */
    uint8_t isolated; /* bytes of the sequence since the last silence, and nothing else; UINT8_MAX: something
                         else */
    uint8_t run;      /* bytes of the sequence at the end of what was sent */
    uint8_t sequence_sent; /* bytes of the sequence that leads out of data mode now */
};

/* The port has taken these bytes. */
void at_escape_sent(struct at_escape *escape, const struct at_protocol *protocol, const char *bytes,
                    size_t length, at_time now);

/* The port says that bytes wait in it, and will have left it then. */
void at_escape_set_drain_time(struct at_escape *escape, at_time drained_at);

/* How many of these bytes of data may go now; 0: none before *until. */
size_t at_escape_allowed(const struct at_escape *escape, const struct at_protocol *protocol,
                         const char *bytes, size_t length, at_time now, at_time *until);

/* The sequence may go then, if nothing is sent before. */
at_time at_escape_ready_at(const struct at_escape *escape, const struct at_protocol *protocol);

/* Begins to send the sequence if it may go now; else false. */
bool at_escape_begin(struct at_escape *escape, const struct at_protocol *protocol, at_time now);

/* The rest of the sequence. */
size_t at_escape_output(const struct at_escape *escape, const struct at_protocol *protocol,
                        const char **bytes);

/* The port has taken so many bytes of it. True when that was the last of them. */
bool at_escape_sequence_sent(struct at_escape *escape, const struct at_protocol *protocol, size_t length,
                             at_time now);

#endif
