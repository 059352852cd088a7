/* Outstanding deferred results: the final result code has arrived, the result itself has not (for example,
 * `OK` without the `+OPEN: 4,0` that completes the command). */
#ifndef AT_DEFERRED_H
#define AT_DEFERRED_H

#include "at/framer.h"
#include "at/slot.h"

struct at_deferred {
    uint32_t id; /* of the command; 0: this entry is free */
    struct at_expectation expect;
    at_time deadline;
    at_time awaited_until; /* the module may send it up to then, even if the host waits less long */
    bool abandoned;        /* nobody waits for it any more; kept because its lines identify no command */
};

struct at_deferred_table {
    struct at_deferred entries[AT_DEFERRED_MAX];
    size_t count;
};

/* Adds the deferred result that the slot's command expects. The table must not be full. */
void at_deferred_add(struct at_deferred_table *table, const struct at_slot *slot, at_time now);

struct at_deferred_line {
    uint32_t id;    /* of the command; 0: the line is no deferred result */
    bool more;      /* further lines follow; otherwise the entry has been removed */
    bool abandoned; /* nobody waits for it any more */
};

/* Finds the command whose deferred result this line belongs to. */
struct at_deferred_line at_deferred_match(struct at_deferred_table *table, const struct at_token *line);

/* Whether a result that is still to come could not be told from the expected one: they have the same prefix,
 * and one of them repeats nothing of its command. */
bool at_deferred_is_ambiguous(const struct at_deferred_table *table, const struct at_expectation *expect);

/* Whether the line belongs to this expected result. *more as above. */
bool at_expectation_match(const struct at_expectation *expect, const struct at_token *line, bool *more);

/* Returns the command of one entry whose deadline is at or before `then`; 0: there is none. The entry is
 * removed, or abandoned if its result may still come. *abandoned: it already was, and has been removed. */
uint32_t at_deferred_expire(struct at_deferred_table *table, at_time then, bool *abandoned);

/* Abandons the result of this command: nobody waits for it any more. If its lines identify the command, the
 * entry is removed. False when there is none. */
bool at_deferred_abandon(struct at_deferred_table *table, uint32_t id);

/* Whether a result with the prefix of this line is outstanding, of whatever command. */
bool at_deferred_has_prefix(const struct at_deferred_table *table, const struct at_token *line);

/* Removes the abandoned entries whose prefix begins like this. */
void at_deferred_forget_abandoned(struct at_deferred_table *table, const char *prefix);

at_time at_deferred_deadline(const struct at_deferred_table *table);

#endif
