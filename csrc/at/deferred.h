/* The deferred results that are outstanding: `OK` has come, `+QSSLOPEN: 4,0` has not. */
#ifndef AT_DEFERRED_H
#define AT_DEFERRED_H

#include "at/framer.h"
#include "at/slot.h"

struct at_deferred {
    uint32_t id; /* of its command; 0: free */
    struct at_expectation expect;
    at_time deadline;
};

struct at_deferred_table {
    struct at_deferred entries[AT_DEFERRED_MAX];
    size_t count;
};

/* Takes over what the slot's command expects. The table must not be full. */
void at_deferred_add(struct at_deferred_table *table, const struct at_slot *slot, at_time now);

/* The command whose deferred result this line is, 0: nobody's. *more: other lines follow; else the entry is
 * gone. */
uint32_t at_deferred_match(struct at_deferred_table *table, const struct at_token *line, bool *more);

/* Is the line part of this expectation? *more as above. */
bool at_expectation_match(const struct at_expectation *expect, const struct at_token *line, bool *more);

/* Takes out one entry that is due by then; its command, or 0. */
uint32_t at_deferred_expire(struct at_deferred_table *table, at_time then);

/* Takes out the entry of this command; false when there is none. */
bool at_deferred_remove(struct at_deferred_table *table, uint32_t id);

at_time at_deferred_deadline(const struct at_deferred_table *table);

#endif
