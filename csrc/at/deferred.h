/* Outstanding deferred results: the final result code has arrived, the result itself has not (for example,
 * `OK` without the `+QSSLOPEN: 4,0` that completes the command). */
#ifndef AT_DEFERRED_H
#define AT_DEFERRED_H

#include "at/framer.h"
#include "at/slot.h"

struct at_deferred {
    uint32_t id; /* of the command; 0: this entry is free */
    struct at_expectation expect;
    at_time deadline;
};

struct at_deferred_table {
    struct at_deferred entries[AT_DEFERRED_MAX];
    size_t count;
};

/* Adds the deferred result that the slot's command expects. The table must not be full. */
void at_deferred_add(struct at_deferred_table *table, const struct at_slot *slot, at_time now);

/* Returns the command whose deferred result this line belongs to; 0: none. *more: further lines follow;
 * otherwise the entry has been removed. */
uint32_t at_deferred_match(struct at_deferred_table *table, const struct at_token *line, bool *more);

/* Whether the line belongs to this expected result. *more as above. */
bool at_expectation_match(const struct at_expectation *expect, const struct at_token *line, bool *more);

/* Removes one entry whose deadline is at or before `then` and returns its command; 0: there is none. */
uint32_t at_deferred_expire(struct at_deferred_table *table, at_time then);

/* Removes the entry of this command. False when there is none. */
bool at_deferred_remove(struct at_deferred_table *table, uint32_t id);

at_time at_deferred_deadline(const struct at_deferred_table *table);

#endif
