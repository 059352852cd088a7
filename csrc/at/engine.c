/* The life of an engine, its settings, and what it is given: command lines and input. */
#include "at/engine.h"

#include <string.h>

enum {
    DEFAULT_TIMEOUT_MS = 10000
};

static bool begin(struct at_engine *engine, const struct at_alloc *alloc, const struct at_rules *rules)
{
    memset(engine, 0, sizeof *engine);
    engine->rules = rules;
    engine->alloc = *alloc;
    engine->echo = true;
    engine->default_ms = DEFAULT_TIMEOUT_MS;
    engine->slot.deadline = AT_NEVER;
    return at_online_init(&engine->online, alloc, &engine->escape) &&
           at_framer_init(&engine->framer, alloc, rules) && at_engine_set_rules(engine, rules);
}

struct at_engine *at_engine_new(const struct at_alloc *alloc, const struct at_rules *rules)
{
    struct at_engine *engine = rules != NULL ? at_resize(alloc, NULL, 0, sizeof *engine) : NULL;
    if (engine == NULL || begin(engine, alloc, rules))
        return engine;
    at_engine_free(engine);
    return NULL;
}

void at_engine_free(struct at_engine *engine)
{
    const struct at_alloc alloc = engine->alloc;
    /* In the opposite order of begin(): an arena takes back only what was allocated last. */
    if (engine->line != NULL)
        at_resize(&alloc, engine->line, engine->line_size, 0);
    at_framer_free(&engine->framer);
    at_online_free(&engine->online, &alloc);
    at_resize(&alloc, engine, sizeof *engine, 0);
}

bool at_engine_set_rules(struct at_engine *engine, const struct at_rules *rules)
{
    size_t size = sizeof "AT" + rules->protocol.max_command + sizeof rules->protocol.eol;
    bool has_line = engine->seen_token.kind != AT_TOKEN_NONE || engine->boot_line_pending;
    if (engine->slot.state != AT_SLOT_EMPTY || engine->deferred.count > 0 || at_engine_is_in_data(engine) ||
        has_line || engine->sent_text != NULL || !at_engine_has_room_for(rules))
        return false;
    if (engine->line_size < size) {
        char *line = at_resize(&engine->alloc, engine->line, engine->line_size, size);
        if (line == NULL)
            return false;
        engine->line = line;
        engine->line_size = size;
    }
    if (!at_framer_set_rules(&engine->framer, rules))
        return false;
    engine->rules = rules;
    memset(engine->block_ends, 0, sizeof engine->block_ends);
    memset(engine->blockless, 0, sizeof engine->blockless);
    return true;
}

void at_engine_set_times(struct at_engine *engine, uint32_t default_ms, uint32_t gap_ms)
{
    engine->default_ms = default_ms;
    engine->gap_ms = gap_ms;
}

void at_engine_forget_results(struct at_engine *engine, const char *prefix)
{
    at_deferred_forget_abandoned(&engine->deferred, prefix);
}

void at_engine_set_echo(struct at_engine *engine, bool echo)
{
    engine->echo = echo;
}

static const struct at_line_rule *find_rule(const struct at_engine *engine, const char *text)
{
    for (int16_t i = 0; i < engine->rules->line_count; i++) {
        const struct at_line_rule *rule = &engine->rules->line_rules[i];
        if (rule->block.owner_field > 0 && strcmp(rule->text, text) == 0)
            return rule;
    }
    return NULL;
}

bool at_engine_set_blocks(struct at_engine *engine, const char *text, unsigned owner, bool follow)
{
    const struct at_line_rule *rule = find_rule(engine, text);
    if (rule == NULL || owner >= 32)
        return false;
    for (int i = 0; i < AT_BLOCKLESS_RULES; i++) {
        struct at_blockless *entry = &engine->blockless[i];
        if (entry->rule != NULL && entry->rule != rule)
            continue;
        entry->rule = rule;
        entry->owners = follow ? entry->owners & ~(1u << owner) : entry->owners | 1u << owner;
        return true;
    }
    return false;
}

void at_engine_observe(struct at_engine *engine, bool on)
{
    engine->observed = on;
}

struct at_noise at_engine_noise(const struct at_engine *engine)
{
    return (struct at_noise){.control_bytes = engine->framer.noise, .damaged_blocks = engine->damaged};
}

bool at_engine_ready(const struct at_engine *engine)
{
    return engine->slot.state == AT_SLOT_EMPTY && engine->sync.phase == AT_SYNC_OFF && !engine->end_slot &&
           engine->online.phase == AT_ONLINE_OFF && !engine->sync_after_lines;
}

const char *at_forbidden_byte(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 0x20 || byte == 0x7f)
            return &text[i];
    }
    return NULL;
}

static void write_line(struct at_engine *engine, const struct at_command *command)
{
    size_t eol = strlen(engine->rules->protocol.eol);
    memcpy(engine->line, "AT", 2);
    memcpy(engine->line + 2, command->text, command->length);
    memcpy(engine->line + 2 + command->length, engine->rules->protocol.eol, eol);
    engine->slot.text_length = 2 + command->length;
    engine->slot.line_length = 2 + command->length + eol;
}

static enum at_refusal check_text(const struct at_engine *engine, const struct at_command *command)
{
    if (at_forbidden_byte(command->text, command->length) != NULL)
        return AT_REFUSED_BYTE;
    return command->length > engine->rules->protocol.max_command ? AT_REFUSED_LONG : AT_ACCEPTED;
}

static enum at_refusal fill(const struct at_engine *engine, struct at_slot *slot,
                            const struct at_command *command, struct at_source *fed)
{
    struct at_command with_data = *command;
    if (command->streamed)
        with_data.data = fed;
    return at_slot_fill(slot, engine->rules, &with_data, engine->default_ms);
}

enum at_refusal at_engine_check(const struct at_engine *engine, const struct at_command *command)
{
    struct at_slot slot;
    struct at_source fed = {.remaining = AT_UNKNOWN_LENGTH};
    enum at_refusal refusal = check_text(engine, command);
    if (refusal != AT_ACCEPTED)
        return refusal;
    return fill(engine, &slot, command, &fed);
}

enum at_refusal at_engine_submit(struct at_engine *engine, const struct at_command *command, at_time now,
                                 uint32_t *id)
{
    enum at_refusal refusal = check_text(engine, command);
    if (refusal != AT_ACCEPTED)
        return refusal;
    if (!at_engine_ready(engine))
        return AT_REFUSED_BUSY;
    if (engine->deferred.count == AT_DEFERRED_MAX)
        return AT_REFUSED_DEFERRED;
    at_feed_clear(&engine->feed);
    at_feed_source(&engine->fed, &engine->feed);
    refusal = fill(engine, &engine->slot, command, &engine->fed);
    if (refusal == AT_ACCEPTED && at_deferred_is_ambiguous(&engine->deferred, &engine->slot.expect))
        refusal = AT_REFUSED_PENDING;
    if (refusal != AT_ACCEPTED) {
        engine->slot.state = AT_SLOT_EMPTY;
        engine->slot.deadline = AT_NEVER;
        return refusal;
    }
    engine->reports_progress = command->progress;
    engine->reported = 0;
    engine->report_at = 0;
    write_line(engine, command);
    at_slot_arm(&engine->slot, now);
    if (++engine->last_id == 0)
        engine->last_id = 1;
    *id = engine->slot.id = engine->last_id;
    return AT_ACCEPTED;
}

void at_engine_input(struct at_engine *engine, const char *bytes, size_t length)
{
    if (at_engine_is_in_data(engine)) {
        bool skip = engine->skip_lf && length > 0 && bytes[0] == '\n';
        engine->skip_lf = engine->skip_lf && length == 0;
        engine->span = bytes + skip;
        engine->span_end = bytes + length;
        return;
    }
    size_t unmatched, skipped = at_payload_skip(&engine->payload, bytes, length, &unmatched);
    if (unmatched == 0) {
        at_framer_input(&engine->framer, bytes + skipped, length - skipped);
        return;
    }
    at_framer_input(&engine->framer, engine->payload.head, unmatched);
    engine->span = bytes + skipped;
    engine->span_end = bytes + length;
}
