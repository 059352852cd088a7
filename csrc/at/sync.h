/* Getting in step with a module whose state is not known, or no longer: after opening a port, after a command
 * that was given up (its answer may still come, and must not be taken for the next one's), after a reboot.
 *
 * In step means: two `AT` in a row, each answered by exactly one `OK` and then nothing. On the way there: a
 * quiet gap; when probes go unanswered, whatever leaves a prompt (ESC), data mode (the escape sequence
 * between guard times) and a prompt that wants a number of bytes (that many CR, which an idle command line
 * ignores). */
#ifndef AT_SYNC_H
#define AT_SYNC_H

#include "at/escape.h"
#include "at/rules.h"

enum at_sync_phase {
    AT_SYNC_OFF,    /* in step */
    AT_SYNC_QUIET,  /* waiting for silence */
    AT_SYNC_PROBE,  /* `AT` was sent */
    AT_SYNC_SETTLE, /* it was answered; is that all? */
    AT_SYNC_GUARD,  /* silence before the escape sequence */
    AT_SYNC_LEAVE,  /* silence after it, or after ESC or the filling */
};

/* What is known of the module when the search for it begins. */
struct at_sync_start {
    uint32_t quiet_ms; /* silence to wait for first */
    bool final_owed; /* a command was given up: one final result code may come that answers none of the probes
                      */
    bool prompted;   /* a prompt or data mode is open */
    bool data_mode;  /* … the latter: only the escape sequence leads out of it */
    uint64_t data_owed; /* bytes that it is waiting for, 0: not known */
    at_time give_up;    /* tell of failure then; AT_NEVER: never */
};

struct at_sync {
    enum at_sync_phase phase;
    at_time until; /* the phase ends here; AT_NEVER while something is still being sent */
    at_time give_up;
    uint32_t phase_ms;   /* how long the phase lasts once everything is sent */
    uint32_t probe_ms;   /* how long the next probe may take; doubles while there is no answer */
    uint32_t unanswered; /* probes without an answer so far */
    uint8_t clean;       /* probes in a row answered exactly once */
    uint8_t step;        /* what has been tried since the last answer */
    bool final_owed;
    bool cancel_first, escape_first;
    uint64_t data_owed;
    char text[16]; /* being sent */
    uint8_t text_length, text_sent;
    uint64_t fill; /* CRs to send behind it */
};

void at_sync_start(struct at_sync *sync, const struct at_sync_start *start, at_time now);

/* What to send now, 0 bytes when nothing. */
size_t at_sync_output(const struct at_sync *sync, const char **bytes);
void at_sync_sent(struct at_sync *sync, size_t length, at_time now);

/* A final result code came. */
void at_sync_final(struct at_sync *sync, bool success, at_time now);

/* Another line came that is no URC. */
void at_sync_line(struct at_sync *sync, at_time now);

/* Bytes of a block came. */
void at_sync_data(struct at_sync *sync, at_time now);

/* A prompt came that the command given up was waiting for. */
void at_sync_prompt(struct at_sync *sync, uint64_t data_owed, at_time now);

/* Time has passed. True when the module is in step from now on. */
bool at_sync_tick(struct at_sync *sync, const struct at_escape *escape, const struct at_protocol *protocol,
                  at_time now);

/* When at_sync_tick has something to do; AT_NEVER: never. */
at_time at_sync_deadline(const struct at_sync *sync);

#endif
