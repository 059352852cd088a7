/* Finds texts that may end a stream of data which may itself contain them.
 *
 * Data mode and downloads end with lines of the module (`NO CARRIER`, or `OK` and a result) that arrive in
 * the same stream as the data. Bytes from the start of such a text are held back until their meaning is
 * known: they are data if something follows that no module would send there; they are the module's if silence
 * follows and the host, or the byte count in the result, confirms it. All other bytes pass through
 * immediately and are not copied. */
#ifndef AT_ENDING_H
#define AT_ENDING_H

#include "at/internal.h"

enum {
    AT_ENDING_GAP_MS =
        30, /* how long to wait for the rest of a text; longer than the latency of a USB adapter */
    AT_ENDING_QUIET_MS = 250 /* silence after a text before it counts as suspect */
};

/* `OK` as a line of its own. */
extern const char at_answer_text[];
enum {
    AT_ANSWER_LENGTH = 6
};

/* Zero-initialised by at_ending_init. Owns the buffer of held bytes. */
struct at_ending {
    char texts[AT_ENDING_BYTES];
    uint16_t offsets[AT_ENDINGS_MAX], lengths[AT_ENDINGS_MAX];
    uint8_t count;
    char *held; /* AT_HELD_MAX bytes, of which the first `start` have already been released */
    size_t start, length;
    bool unsearched;      /* the held bytes are input that is still to be searched */
    bool complete;        /* the held bytes start with a whole text; otherwise with the beginning of one */
    const char *expected; /* one additional text; NULL: none */
    uint8_t expected_length;
    const char *follow_prefix; /* lines with this prefix may follow that text, whatever else they contain;
                                  NULL: no such lines */
    at_time found_at;          /* when the text was found */
    at_time last_byte_at;      /* when the last byte arrived */
};

/* False when there is no memory. */
bool at_ending_init(struct at_ending *ending, const struct at_alloc *alloc);
void at_ending_free(struct at_ending *ending, const struct at_alloc *alloc);

/* Forgets all texts and all held bytes. */
void at_ending_clear(struct at_ending *ending);

/* Adds a text to look for; texts added first take precedence. False when there is no room. The module sends
 * it as a line of its own: CR LF is put before it and, unless `prefix`, after it. */
bool at_ending_add(struct at_ending *ending, const char *text, size_t length, bool prefix);

/* Looks for one additional text, exactly as given; NULL: stop looking. follow_prefix: see the struct; NULL:
 * none. Both are borrowed. */
void at_ending_expect(struct at_ending *ending, const char *text, const char *follow_prefix);

/* Forgets the held bytes. What at_ending_held returned stays valid until the next at_ending_scan. */
void at_ending_reset(struct at_ending *ending);

/* Returns the next bytes that are certainly data and advances *at; they are valid until the next call. 0 when
 * the rest, up to `end`, is held back. */
size_t at_ending_scan(struct at_ending *ending, const char **at, const char *end, at_time now,
                      const char **data);

/* Takes over input, AT_HELD_MAX bytes at most, that comes before what at_ending_scan gets next. Where it lies
 * among the bytes held before, it stays there, and so does the line before it, whose text the host may read
 * until the next event. */
void at_ending_take(struct at_ending *ending, const char *bytes, size_t length);

/* Whether these bytes lie among those held, also before at_ending_reset. */
bool at_ending_has(const struct at_ending *ending, const char *bytes);

/* The bytes being held back. */
size_t at_ending_held(const struct at_ending *ending, const char **bytes);

/* Removes `count` bytes from the start of the held bytes. */
void at_ending_consume(struct at_ending *ending, size_t count);

/* The host has ruled out that the held bytes start with the end: releases the bytes before the next place
 * where the end may start. */
size_t at_ending_reject(struct at_ending *ending, at_time now, const char **data);

/* Whether another text, whole, follows the start of the held bytes. */
bool at_ending_has_another(const struct at_ending *ending);

/* Puts back the last `count` of the bytes that at_ending_scan returned. */
void at_ending_unscan(struct at_ending *ending, const char **at, const char *data, size_t count);

/* Whether a text has been held, in silence or for a second regardless of what follows, long enough that the
 * host should find out what it is. */
bool at_ending_is_suspect(const struct at_ending *ending, at_time now);

/* Releases the beginning of a text that was never completed: it is data. */
bool at_ending_tick(struct at_ending *ending, at_time now, const char **data, size_t *length);

/* When at_ending_is_suspect or at_ending_tick may become true; AT_NEVER: never. */
at_time at_ending_deadline(const struct at_ending *ending);

/* Whether these bytes begin with a text other than `OK`. */
bool at_ending_is_at(const struct at_ending *ending, const char *bytes, size_t length);

/* The offset of the last occurrence of the first text that occurs in these bytes, an `OK` in front of another
 * text not counted, and how long that text is; length when none does. */
size_t at_ending_last(const struct at_ending *ending, const char *bytes, size_t length, size_t *text_length);

/* The offset of the last occurrence of any text in these bytes; length when none occurs. */
size_t at_ending_last_of_all(const struct at_ending *ending, const char *bytes, size_t length);

/* Whether these bytes could be lines from a module, the last one possibly incomplete. */
bool at_are_lines(const char *bytes, size_t length);

#endif
