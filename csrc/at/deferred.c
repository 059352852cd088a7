#include "at/deferred.h"

#include "at/match.h"

void at_deferred_add(struct at_deferred_table *table, const struct at_slot *slot, at_time now)
{
    struct at_deferred *entry = table->entries;
    while (entry->id != 0)
        entry++;
    entry->id = slot->id;
    entry->expect = slot->expect;
    entry->deadline = now + at_ms(slot->deferred_ms);
    table->count++;
}

static uint32_t remove_entry(struct at_deferred_table *table, struct at_deferred *entry)
{
    uint32_t id = entry->id;
    entry->id = 0;
    table->count--;
    return id;
}

bool at_expectation_match(const struct at_expectation *expect, const struct at_token *line, bool *more)
{
    if (!at_is_named(line, expect->prefix, expect->prefix_length) ||
        !at_has_key(line, expect->prefix_length, expect->field, expect->key))
        return false;
    *more = expect->end_shape != NULL && !at_has_shape(line, expect->prefix_length, expect->end_shape);
    return true;
}

uint32_t at_deferred_match(struct at_deferred_table *table, const struct at_token *line, bool *more)
{
    for (int i = 0; i < AT_DEFERRED_MAX && table->count > 0; i++) {
        struct at_deferred *entry = &table->entries[i];
        if (entry->id != 0 && at_expectation_match(&entry->expect, line, more))
            return *more ? entry->id : remove_entry(table, entry);
    }
    return 0;
}

uint32_t at_deferred_expire(struct at_deferred_table *table, at_time then)
{
    for (int i = 0; i < AT_DEFERRED_MAX && table->count > 0; i++) {
        struct at_deferred *entry = &table->entries[i];
        if (entry->id != 0 && entry->deadline <= then)
            return remove_entry(table, entry);
    }
    return 0;
}

bool at_deferred_remove(struct at_deferred_table *table, uint32_t id)
{
    for (int i = 0; i < AT_DEFERRED_MAX && table->count > 0; i++) {
        if (table->entries[i].id == id) {
            remove_entry(table, &table->entries[i]);
            return true;
        }
    }
    return false;
}

at_time at_deferred_deadline(const struct at_deferred_table *table)
{
    at_time deadline = AT_NEVER;
    for (int i = 0; i < AT_DEFERRED_MAX && table->count > 0; i++) {
        if (table->entries[i].id != 0)
            deadline = at_earlier(deadline, table->entries[i].deadline);
    }
    return deadline;
}
