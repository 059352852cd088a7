/* Resynchronisation with a module whose state is unknown: after the port was opened, after a command was
 * given up (its late answer must not be taken for that of the next command), and after a restart.
 *
 * The engine is synchronised when two `AT` probes in a row have each been answered by exactly one `OK`
 * followed by silence. It first waits for silence. If probes are not answered, it tries in turn what turns
 * result codes on, what ends a prompt (ESC), data mode (the escape sequence between guard times), and a
 * prompt that wants a number of bytes (that many CRs, which an idle command line ignores). */
#ifndef AT_SYNC_H
#define AT_SYNC_H

#include "at/escape.h"
#include "at/rules.h"

enum at_sync_phase {
    AT_SYNC_OFF,    /* synchronised */
    AT_SYNC_QUIET,  /* waiting for silence */
    AT_SYNC_PROBE,  /* `AT` has been sent */
    AT_SYNC_SETTLE, /* `AT` was answered; waiting to see whether more arrives */
    AT_SYNC_GUARD,  /* silence before the escape sequence */
    AT_SYNC_LEAVE,  /* silence after the escape sequence, ESC or the fill */
};

/* What is known about the module at the start. */
struct at_sync_start {
    uint32_t quiet_ms;  /* silence to wait for first */
    bool restarted;     /* the module answers nothing that it was asked before */
    bool final_owed;    /* a command was given up: its final result code may still arrive */
    bool prompted;      /* a prompt is open, or data mode is on */
    bool data_mode;     /* … the latter, which only the escape sequence ends */
    uint64_t data_owed; /* bytes that the prompt is waiting for; 0: unknown */
    at_time give_up;    /* when to report failure; AT_NEVER: never */
};

struct at_sync {
    enum at_sync_phase phase;
    at_time until;        /* end of the phase; AT_NEVER while bytes are still being sent */
    at_time pushed_until; /* for so long at most pushed data counts as no silence */
    at_time give_up;
    at_time owed_since;  /* since then probes are unanswered without interruption */
    uint32_t phase_ms;   /* length of the phase once everything has been sent */
    uint32_t probe_ms;   /* wait for the next answer; doubles with each probe not answered */
    uint32_t unanswered; /* probes, and commands given up before, not answered so far */
    uint8_t clean;       /* probes in a row answered exactly once */
    uint8_t step;        /* what has been tried since the last answer */
    bool final_owed;
    bool cancel_first, escape_first;
    uint64_t data_owed;
    char text[16]; /* being sent */
    uint8_t text_length, text_sent;
    uint64_t fill;      /* CRs to send after it */
    uint32_t last_fill; /* how many were sent last, where it is not known how many are wanted; 0: none yet */
};

/* Begins, or begins again: then answers owed to what was sent before are still waited for, and a prompt or
 * data mode that was to be left still is. */
void at_sync_start(struct at_sync *sync, const struct at_sync_start *start, at_time now);

/* Bytes to send now; 0: none. */
size_t at_sync_output(const struct at_sync *sync, const char **bytes);

/* The port has accepted `length` of them. True when these end the text. */
bool at_sync_sent(struct at_sync *sync, size_t length, at_time now);

/* Bytes will still be leaving the port until then: silence before the escape sequence is measured from there.
 */
void at_sync_set_drain_time(struct at_sync *sync, at_time drained_at);

/* A final result code has arrived. */
void at_sync_final(struct at_sync *sync, bool success, at_time now);

/* A line has arrived that is neither a final result code nor a URC. */
void at_sync_line(struct at_sync *sync, at_time now);

/* Whether a line is the echo of what is sent to synchronise. */
bool at_sync_is_echo(const struct at_sync *sync, const struct at_protocol *protocol, const char *line,
                     size_t length);

/* Bytes of a block have arrived. A server may send without end: bytes that the module has pushed do not hold
 * up the probes for ever. */
void at_sync_data(struct at_sync *sync, bool pushed, at_time now);

/* The prompt of the command that was given up has arrived, or (connected) its CONNECT. */
void at_sync_prompt(struct at_sync *sync, bool connected, uint64_t data_owed, at_time now);

/* Advances to the next phase when its time has come. True once the engine is synchronised. */
bool at_sync_tick(struct at_sync *sync, const struct at_escape *escape, const struct at_protocol *protocol,
                  at_time now);

/* When at_sync_tick has something to do; AT_NEVER: never. */
at_time at_sync_deadline(const struct at_sync *sync);

#endif
