#include "at/deferred.h"

#include "at/match.h"

#include <string.h>

void at_deferred_add(struct at_deferred_table *table, const struct at_slot *slot, at_time now)
{
    struct at_deferred *entry = table->entries;
    while (entry->id != 0)
        entry++;
    uint32_t longest_ms =
        slot->deferred_ms > slot->rule_deferred_ms ? slot->deferred_ms : slot->rule_deferred_ms;
    *entry = (struct at_deferred){
        .id = slot->id,
        .expect = slot->expect,
        .deadline = now + at_ms(slot->deferred_ms),
        .awaited_until = now + at_ms(longest_ms),
    };
    table->count++;
}

/* Whether the result repeats a parameter of its command, by which it is told from others. */
static bool has_identity(const struct at_expectation *expect)
{
    return expect->field != 0 && expect->key[0] != '\0';
}

bool at_deferred_is_ambiguous(const struct at_deferred_table *table, const struct at_expectation *expect)
{
    if (expect->prefix_length == 0 || table->count == 0)
        return false;
    for (int i = 0; i < AT_DEFERRED_MAX; i++) {
        const struct at_deferred *entry = &table->entries[i];
        if (entry->id != 0 && entry->expect.prefix_length == expect->prefix_length &&
            memcmp(entry->expect.prefix, expect->prefix, expect->prefix_length) == 0 &&
            !(has_identity(expect) && has_identity(&entry->expect)))
            return true;
    }
    return false;
}

static uint32_t remove_entry(struct at_deferred_table *table, struct at_deferred *entry)
{
    uint32_t id = entry->id;
    entry->id = 0;
    table->count--;
    return id;
}

/* Removes the entry, or keeps it for as long as its lines could be taken for another command's. */
static void abandon(struct at_deferred_table *table, struct at_deferred *entry, at_time then)
{
    if (entry->abandoned || has_identity(&entry->expect) || entry->awaited_until <= then) {
        remove_entry(table, entry);
        return;
    }
    entry->abandoned = true;
    entry->deadline = entry->awaited_until;
}

bool at_expectation_match(const struct at_expectation *expect, const struct at_token *line, bool *more)
{
    if (!at_is_named(line, expect->prefix, expect->prefix_length) ||
        !at_has_key(line, expect->prefix_length, expect->field, expect->key))
        return false;
    *more = expect->end_shape != NULL && !at_has_shape(line, expect->prefix_length, expect->end_shape);
    return true;
}

struct at_deferred_line at_deferred_match(struct at_deferred_table *table, const struct at_token *line)
{
    struct at_deferred_line found = {0};
    for (int i = 0; i < AT_DEFERRED_MAX && table->count > 0; i++) {
        struct at_deferred *entry = &table->entries[i];
        if (entry->id == 0 || !at_expectation_match(&entry->expect, line, &found.more))
            continue;
        found.abandoned = entry->abandoned;
        found.id = found.more ? entry->id : remove_entry(table, entry);
        return found;
    }
    return (struct at_deferred_line){0};
}

uint32_t at_deferred_expire(struct at_deferred_table *table, at_time then, bool *abandoned)
{
    for (int i = 0; i < AT_DEFERRED_MAX && table->count > 0; i++) {
        struct at_deferred *entry = &table->entries[i];
        if (entry->id == 0 || entry->deadline > then)
            continue;
        uint32_t id = entry->id;
        *abandoned = entry->abandoned;
        abandon(table, entry, then);
        return id;
    }
    return 0;
}

bool at_deferred_abandon(struct at_deferred_table *table, uint32_t id)
{
    for (int i = 0; i < AT_DEFERRED_MAX && table->count > 0; i++) {
        if (table->entries[i].id == id) {
            abandon(table, &table->entries[i], 0);
            return true;
        }
    }
    return false;
}

bool at_deferred_has_prefix(const struct at_deferred_table *table, const struct at_token *line)
{
    for (int i = 0; i < AT_DEFERRED_MAX && table->count > 0; i++) {
        const struct at_expectation *expect = &table->entries[i].expect;
        if (table->entries[i].id != 0 && at_is_named(line, expect->prefix, expect->prefix_length))
            return true;
    }
    return false;
}

void at_deferred_forget_abandoned(struct at_deferred_table *table, const char *prefix)
{
    size_t length = strlen(prefix);
    for (int i = 0; i < AT_DEFERRED_MAX && table->count > 0; i++) {
        const struct at_expectation *expect = &table->entries[i].expect;
        if (table->entries[i].id != 0 && table->entries[i].abandoned && length <= expect->prefix_length &&
            memcmp(expect->prefix, prefix, length) == 0)
            remove_entry(table, &table->entries[i]);
    }
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
