#include "at/information.h"

#include "at/match.h"

#include <string.h>

/* Whether the line has the name of one of the commands on the line in flight. */
static bool is_named_in_compound(const struct at_engine *engine, const struct at_token *line)
{
    const char *at = engine->line + 2, *end = engine->line + engine->slot.text_length;
    while (at < end) {
        char name[AT_NAME_MAX];
        size_t length = at_command_name(at, (size_t)(end - at));
        for (size_t i = 0; i < length && i < sizeof name; i++)
            name[i] = at_upper(at[i]);
        if (length <= sizeof name && at_is_named(line, name, length))
            return true;
        at = at_next_command(at, end);
    }
    return false;
}

bool at_has_name_of_command(const struct at_engine *engine, const struct at_token *line)
{
    const struct at_slot *slot = &engine->slot;
    return at_is_named(line, slot->prefix, slot->prefix_length) ||
           (slot->compound && is_named_in_compound(engine, line));
}

bool at_is_information(const struct at_engine *engine, const struct at_token *line,
                       const struct at_line_rule *rule)
{
    const struct at_slot *slot = &engine->slot;
    if (!at_slot_is_awaiting(slot) && slot->state != AT_SLOT_GIVEN_UP)
        return false;
    if (at_has_name_of_command(engine, line)) {
        if (rule != NULL && rule->kind == AT_LINE_URC && rule->shape != NULL)
            return !at_has_shape(line, line->prefix_length, rule->shape);
        return !at_is_named(line, slot->expect.prefix, slot->expect.prefix_length);
    }
    if (rule != NULL || slot->info == AT_INFO_PREFIXED || at_prefix_length(line) > 0)
        return false;
    return at_has_shape(line, 0, slot->info_shape);
}

bool at_is_likely_information(const struct at_engine *engine, const struct at_token *line)
{
    const struct at_slot *slot = &engine->slot;
    return at_slot_is_awaiting(slot) && slot->info == AT_INFO_ANY && line->rule == AT_NO_RULE &&
           !slot->had_block && !at_deferred_has_prefix(&engine->deferred, line);
}

bool at_is_echo(struct at_engine *engine, const struct at_token *line)
{
    struct at_slot *slot = &engine->slot;
    if (at_sync_is_echo(&engine->sync, &engine->rules->protocol, line->text, line->length))
        return true;
    if (slot->state == AT_SLOT_EMPTY)
        return false;
    size_t remaining = slot->text_length - slot->echoed;
    bool whole = line->length == remaining && slot->echoed == 0;
    bool piece = engine->echo && line->length <= remaining && (slot->echoed > 0 || line->length >= 2);
    if (!(whole || piece) || memcmp(line->text, engine->line + slot->echoed, line->length) != 0)
        return false;
    slot->echoed += line->length;
    return true;
}
