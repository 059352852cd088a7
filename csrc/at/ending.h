/* Texts that may tell of the end of data, looked for in data that may hold them, too.
 *
 * Data mode and downloads end with words of the module's that come the same way as the data: `NO CARRIER`,
 * `OK` and a result. Bytes from where such a text begins are held back until it is known what they are: data,
 * if something follows that no module says there; the module's, if silence follows and the host, or a number,
 * says so. All other bytes pass at once and are not copied. */
#ifndef AT_ENDING_H
#define AT_ENDING_H

#include "at/internal.h"

enum {
    AT_ENDING_GAP_MS = 30,   /* the rest of a text is waited for; more than a USB adapter's latency */
    AT_ENDING_QUIET_MS = 250 /* silence behind a text that makes it worth a question */
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
    char *held; /* AT_HELD_MAX bytes, the first `start` of which have been passed on */
    size_t start, length;
    bool complete;        /* a text stands there; else the beginning of one */
    const char *expected; /* one more text; NULL: none */
    uint8_t expected_length;
    const char *follow_prefix; /* how lines begin that may follow that text, whatever else they hold; NULL: no
                                  such lines */
    at_time found_at;          /* it was found */
    at_time last_byte_at;      /* byte that came */
};

/* False when there is no memory. */
bool at_ending_init(struct at_ending *ending, const struct at_alloc *alloc);
void at_ending_free(struct at_ending *ending, const struct at_alloc *alloc);

/* No texts, nothing held. */
void at_ending_clear(struct at_ending *ending);

/* Looks for this text, too; those added first count most. False when there is no room for it. The module says
 * it as a line of its own: CR LF is put before it, and behind it unless `prefix`. */
bool at_ending_add(struct at_ending *ending, const char *text, size_t length, bool prefix);

/* Looks for one more text, as it is, for as long as it is expected; NULL: no longer. behind: see above, or
 * NULL. Both are borrowed. */
void at_ending_expect(struct at_ending *ending, const char *text, const char *follow_prefix);

/* Nothing is held any more; what at_ending_held gave stays where it is until the next byte is taken. */
void at_ending_reset(struct at_ending *ending);

/* The next bytes that are data for sure, from *at on, which moves on; they are good until the next call. 0
 * when the rest up to end is held back. */
size_t at_ending_scan(struct at_ending *ending, const char **at, const char *end, at_time now,
                      const char **data);

/* The bytes that are held back. */
size_t at_ending_held(const struct at_ending *ending, const char **bytes);

/* So many of the held bytes, from the first on, have been used. */
void at_ending_consume(struct at_ending *ending, size_t count);

/* What is held begins with no end: the bytes up to where another one may begin are data. */
size_t at_ending_reject(struct at_ending *ending, at_time now, const char **data);

/* So many of the last bytes that at_ending_scan gave were not taken. */
void at_ending_unscan(struct at_ending *ending, const char **at, const char *data, size_t count);

/* A text has stood there for so long in silence, or for a second whatever came, that somebody should find
 * out. */
bool at_ending_is_suspect(const struct at_ending *ending, at_time now);

/* The beginning of a text was not gone on with: it is data, and at_ending_scan gives it. */
bool at_ending_tick(struct at_ending *ending, at_time now, const char **data, size_t *length);

/* When one of these two has something to say; AT_NEVER: never. */
at_time at_ending_deadline(const struct at_ending *ending);

/* Where in these bytes the last text begins that counts most; length when there is none. */
size_t at_ending_last(const struct at_ending *ending, const char *bytes, size_t length);

/* Could these bytes be lines of a module, the last of them perhaps unfinished? */
bool at_are_lines(const char *bytes, size_t length);

#endif
