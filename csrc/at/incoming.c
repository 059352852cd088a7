/* Interprets tokens: what each means to the command in flight, and what follows from it. */
#include "at/engine.h"

#include "at/information.h"
#include "at/match.h"

/* Only lines have a prefix: the text of an overlong line is gone, and data may merely look like one. */
static size_t prefix_length_of(const struct at_token *token)
{
    if (token->rule != AT_NO_RULE)
        return token->prefix_length;
    return token->kind == AT_TOKEN_LINE || token->kind == AT_TOKEN_HEADER ? at_prefix_length(token) : 0;
}

enum at_event_kind at_event_init(struct at_event *event, enum at_event_kind kind,
                                 const struct at_token *token)
{
    *event = (struct at_event){.kind = kind, .rule = AT_NO_RULE};
    if (token != NULL) {
        event->text = token->text;
        event->length = token->length;
        event->rule = token->rule;
        event->prefix_length = prefix_length_of(token);
    }
    return kind;
}

static const struct at_line_rule *rule_of(const struct at_engine *engine, const struct at_token *line)
{
    return line->rule == AT_NO_RULE ? NULL : &engine->rules->line_rules[line->rule];
}

static enum at_block_owner owner_of_block(enum at_event_kind kind)
{
    if (kind == AT_EVENT_INFO)
        return AT_BLOCK_COMMAND;
    return kind == AT_EVENT_URC ? AT_BLOCK_URC : AT_BLOCK_OTHER;
}

/* How many bytes follow this line. */
static uint64_t announced_block(const struct at_engine *engine, const struct at_token *line)
{
    const struct at_line_rule *rule = rule_of(engine, line);
    uint64_t length = at_block_length(line, rule);
    for (int i = 0; i < AT_BLOCKLESS_RULES && length > 0; i++) {
        const struct at_blockless *entry = &engine->blockless[i];
        uint64_t owner = entry->rule == rule ? at_block_owner_number(line, rule) : UINT64_MAX;
        if (owner < 32 && (entry->owners >> owner & 1) != 0)
            return 0;
    }
    return length;
}

enum at_event_kind at_engine_emit_line(struct at_engine *engine, struct at_event *event,
                                       enum at_event_kind kind, const struct at_token *line, at_time now)
{
    at_event_init(event, kind, line);
    event->block = announced_block(engine, line);
    if (event->block > 0)
        at_framer_block(&engine->framer, event->block);
    engine->block_owner = owner_of_block(kind);
    engine->block_at = now;
    if (kind == AT_EVENT_INFO) {
        event->command = engine->slot.id;
        engine->slot.had_info = true;
        /* A module that has waited for data in vain says how much it has got (EG800K, AT+QFWRITE). */
        if (engine->slot.state == AT_SLOT_DATA && at_has_name_of_command(engine, line))
            at_upload_answered(&engine->slot.upload);
        at_engine_put_off_boot(engine, now);
    }
    const struct at_line_rule *rule = rule_of(engine, line);
    if (rule != NULL && rule->text_follows) {
        engine->slot.in_text = kind == AT_EVENT_INFO || engine->slot.in_text;
        engine->text_due = kind == AT_EVENT_URC;
    }
    return kind;
}

static void begin_data(struct at_engine *engine, bool connected, at_time now)
{
    const struct at_upload *upload = &engine->slot.upload;
    at_framer_expect_prompt(&engine->framer, upload->ack_every > 0 ? upload->ack_byte : 0);
    engine->slot.prompted = true;
    engine->slot.connected = connected;
    /* With a deferred result the module is not alone: a server may be slow to confirm what it has got. */
    engine->slot.upload.escapable = connected && engine->slot.expect.prefix_length == 0;
    engine->slot.state = AT_SLOT_DATA;
    if (engine->slot.data_echoed && !at_upload_is_open_ended(upload))
        at_payload_begin(&engine->payload, upload->source->remaining);
    at_escape_set_drain_time(&engine->escape, now); /* measure the silence from here, not from the command */
    at_slot_arm(&engine->slot, now);
}

/* The prompt of a command that was given up: the module now waits for data that will not come. */
static void on_late_prompt(struct at_engine *engine, bool connected, at_time now)
{
    at_framer_expect_prompt(&engine->framer, 0);
    engine->slot.prompted = true;
    at_escape_set_drain_time(&engine->escape, now); /* as in begin_data */
    at_sync_prompt(&engine->sync, connected, at_slot_data_owed(&engine->slot), now);
}

/* CONNECT of a command that was given up. If a download or the data of a connection follows, it must not be
 * read as lines. */
static enum at_event_kind on_late_connect(struct at_engine *engine, struct at_event *event,
                                          const struct at_token *line, at_time now)
{
    uint64_t length = engine->slot.block;
    on_late_prompt(engine, true, now);
    at_engine_emit_line(engine, event, AT_EVENT_LATE, line, now);
    engine->slot.block = 0;
    if (engine->slot.online)
        at_engine_begin_body(engine);
    else if (length > 0 && engine->slot.expect.prefix_length > 0)
        at_engine_begin_download(engine, length, now);
    else if (length > 0)
        at_framer_block(&engine->framer, length);
    return AT_EVENT_LATE;
}

static enum at_event_kind begin_data_mode(struct at_engine *engine, struct at_event *event,
                                          const struct at_token *line, at_time now)
{
    engine->answer_in_doubt = engine->data_suspected = false;
    at_engine_end_slot(engine, event, line, true, now);
    at_engine_begin_data_mode(engine, now);
    event->online = true;
    return AT_EVENT_FINAL;
}

/* Starts a block whose length the host has specified, since the line does not announce it. */
static enum at_event_kind begin_block(struct at_engine *engine, struct at_event *event,
                                      const struct at_token *line, at_time now)
{
    at_engine_emit_line(engine, event, AT_EVENT_INFO, line, now);
    event->block = engine->slot.block;
    engine->slot.block = 0;
    if (engine->slot.expect.prefix_length > 0)
        at_engine_begin_download(engine, event->block, now);
    else
        at_framer_block(&engine->framer, event->block);
    at_slot_arm(&engine->slot, now);
    return AT_EVENT_INFO;
}

/* The prompt starts data mode. If the host did not ask for it, or some of its data has passed before, leaves
 * it again. */
static enum at_event_kind enter_data_mode(struct at_engine *engine, struct at_event *event,
                                          const struct at_token *line, at_time now)
{
    bool began_before = engine->data_suspected;
    if (engine->slot.online && !began_before)
        return begin_data_mode(engine, event, line, now);
    bool cancel =
        !began_before && !engine->slot.prompt_enters_data_mode && engine->rules->protocol.cancel != 0;
    at_engine_end_slot(engine, event, line, false, now);
    if (cancel)
        at_engine_sync_when_idle(engine, true, 0, now);
    else
        at_engine_leave_unwanted(engine, now);
    return AT_EVENT_FINAL;
}

/* CONNECT in the answer to a command of which nobody knew that: whatever follows is no line. */
static enum at_event_kind begin_body(struct at_engine *engine, struct at_event *event,
                                     const struct at_token *line, at_time now)
{
    at_engine_emit_line(engine, event, AT_EVENT_INFO, line, now);
    event->block = AT_UNKNOWN_LENGTH;
    at_engine_begin_body(engine);
    at_slot_arm(&engine->slot, now);
    return AT_EVENT_INFO;
}

static enum at_event_kind on_connect(struct at_engine *engine, struct at_event *event,
                                     const struct at_token *line, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (slot->state == AT_SLOT_GIVEN_UP)
        return on_late_connect(engine, event, line, now);
    if (slot->state != AT_SLOT_ARMED)
        return at_engine_emit_line(engine, event, AT_EVENT_UNKNOWN, line, now);
    if (slot->upload.source != NULL) {
        begin_data(engine, true, now);
        return AT_EVENT_NONE;
    }
    if (slot->block > 0)
        return begin_block(engine, event, line, now);
    if (slot->online)
        return enter_data_mode(engine, event, line, now);
    return begin_body(engine, event, line, now);
}

static enum at_event_kind on_prompt(struct at_engine *engine, struct at_event *event, at_time now)
{
    const struct at_token prompt = {
        .kind = AT_TOKEN_PROMPT, .text = &engine->rules->protocol.prompt, .length = 1, .rule = AT_NO_RULE};
    struct at_slot *slot = &engine->slot;
    if (slot->state == AT_SLOT_GIVEN_UP) {
        on_late_prompt(engine, false, now);
    } else if (slot->state == AT_SLOT_DATA) { /* the module acknowledges data */
        slot->upload.unacknowledged = 0;
        at_slot_arm(slot, now);
    } else if (slot->upload.source != NULL) {
        begin_data(engine, false, now);
    } else {
        return enter_data_mode(engine, event, &prompt, now);
    }
    return AT_EVENT_NONE;
}

/* A deferred result that arrives before the final result code of its command, as some FTP commands have it.
 */
static bool on_early_deferred(struct at_engine *engine, struct at_event *event, const struct at_token *line)
{
    struct at_slot *slot = &engine->slot;
    bool more;
    if (!at_slot_is_awaiting(slot) || !at_expectation_match(&slot->expect, line, &more))
        return false;
    at_event_init(event, AT_EVENT_DEFERRED, line);
    event->command = slot->id;
    event->more = more;
    event->early = true;
    slot->deferred_early = !more;
    return true;
}

/* The result of the command that was given up, before its final result code, or without one: none is awaited
 * any more. */
static bool on_late_deferred(struct at_engine *engine, struct at_event *event, const struct at_token *line)
{
    struct at_slot *slot = &engine->slot;
    bool more;
    if (slot->state != AT_SLOT_GIVEN_UP || slot->expect.prefix_length == 0 ||
        !at_expectation_match(&slot->expect, line, &more))
        return false;
    slot->deferred_early = !more;
    at_event_init(event, AT_EVENT_LATE, line);
    event->more = more;
    return true;
}

static bool on_deferred(struct at_engine *engine, struct at_event *event, const struct at_token *line)
{
    struct at_deferred_line found = at_deferred_match(&engine->deferred, line);
    if (found.id == 0)
        return false;
    at_event_init(event, found.abandoned ? AT_EVENT_LATE : AT_EVENT_DEFERRED, line);
    event->command = found.abandoned ? 0 : found.id;
    event->more = found.more;
    return true;
}

/* An unknown or overlong line between a block and the final result code is the rest of a damaged block. */
static void note_stray_bytes(struct at_engine *engine)
{
    if (engine->slot.had_block && at_slot_is_awaiting(&engine->slot))
        at_engine_note_damage(engine, AT_LONG);
}

static enum at_event_kind on_other_line(struct at_engine *engine, struct at_event *event,
                                        const struct at_token *line, const struct at_line_rule *rule,
                                        at_time now)
{
    if (on_early_deferred(engine, event, line))
        return event->kind;
    /* It has the name of the command in flight, too, where that opens another connection in data mode. */
    if (engine->slot.online && on_deferred(engine, event, line))
        return event->kind;
    if (at_is_information(engine, line, rule)) {
        if (engine->slot.state != AT_SLOT_GIVEN_UP)
            return at_engine_emit_line(engine, event, AT_EVENT_INFO, line, now);
        at_sync_line(&engine->sync, now);
        return at_engine_emit_line(engine, event, AT_EVENT_LATE, line, now);
    }
    if (on_deferred(engine, event, line) || on_late_deferred(engine, event, line))
        return event->kind;
    if (rule != NULL && rule->kind == AT_LINE_URC)
        return at_engine_emit_line(engine, event, AT_EVENT_URC, line, now);
    if (at_is_likely_information(engine, line))
        return at_engine_emit_line(engine, event, AT_EVENT_INFO, line, now);
    if (engine->sync.phase != AT_SYNC_OFF)
        at_sync_line(&engine->sync, now);
    note_stray_bytes(engine);
    at_engine_suspect_data(engine, line);
    return at_engine_emit_line(engine, event, AT_EVENT_UNKNOWN, line, now);
}

/* The same line, of no rule. */
static struct at_token without_rule(const struct at_token *line)
{
    struct at_token copy = *line;
    copy.rule = AT_NO_RULE;
    return copy;
}

/* A line that is text and means nothing, though a boot line or a URC may be written there. */
static bool on_text(struct at_engine *engine, struct at_event *event, const struct at_token *line)
{
    const struct at_line_rule *rule = rule_of(engine, line);
    if (line->kind != AT_TOKEN_LINE)
        return false;
    if (engine->text_due) {
        const struct at_token text = without_rule(line);
        engine->text_due = false;
        at_event_init(event, AT_EVENT_UNKNOWN, &text);
        return true;
    }
    if (!engine->slot.in_text || !at_slot_is_awaiting(&engine->slot) ||
        (rule != NULL && rule->kind == AT_LINE_FINAL))
        return false;
    const struct at_token text = without_rule(line);
    at_event_init(event, AT_EVENT_INFO, &text);
    event->command = engine->slot.id;
    return true;
}

/* Whether a boot line may be text: it stands in the middle of an answer of which nothing is known. */
static bool may_be_text(const struct at_engine *engine)
{
    const struct at_slot *slot = &engine->slot;
    return at_slot_is_awaiting(slot) && slot->info == AT_INFO_ANY && slot->had_info;
}

static enum at_event_kind suspect_boot(struct at_engine *engine, struct at_event *event,
                                       const struct at_token *line, at_time now)
{
    const struct at_token text = without_rule(line);
    engine->slot.boot_rule = line->rule;
    engine->slot.boot_suspected = true;
    return at_engine_emit_line(engine, event, AT_EVENT_INFO, &text, now);
}

/* Whether CONNECT announces a block in the answer to this command (`CONNECT 512`). In other answers its
 * number may be a speed (`CONNECT 115200`). */
static bool announces_block(const struct at_engine *engine, const struct at_token *line)
{
    return engine->slot.state != AT_SLOT_EMPTY && at_block_length(line, rule_of(engine, line)) > 0 &&
           at_has_name_of_command(engine, line);
}

static enum at_event_kind on_line(struct at_engine *engine, struct at_event *event,
                                  const struct at_token *line, at_time now)
{
    const struct at_line_rule *rule = rule_of(engine, line);
    if (on_text(engine, event, line))
        return event->kind;
    if (rule != NULL && rule->kind == AT_LINE_BOOT)
        return may_be_text(engine) ? suspect_boot(engine, event, line, now)
                                   : at_engine_on_boot(engine, line, now);
    if (at_is_echo(engine, line)) {
        if (!engine->echo) /* it had been turned off: what may have been a restart was one */
            at_engine_confirm_boot(engine, now);
        return AT_EVENT_NONE;
    }
    if (at_engine_check_after_block(engine, event, line, rule != NULL && rule->kind == AT_LINE_FINAL, now))
        return AT_EVENT_DAMAGE;
    if (rule != NULL && rule->kind == AT_LINE_FINAL)
        return at_engine_on_final(engine, event, line, rule, now);
    if (rule != NULL && rule->kind == AT_LINE_CONNECT && !announces_block(engine, line)) {
        const struct at_token plain = without_rule(line);
        return on_connect(engine, event, &plain, now);
    }
    return on_other_line(engine, event, line, rule, now);
}

static enum at_event_kind on_data(struct at_engine *engine, struct at_event *event,
                                  const struct at_token *token, at_time now)
{
    at_event_init(event, AT_EVENT_BLOCK, token);
    event->block = engine->framer.block_remaining;
    engine->block_at = now;
    if (engine->block_owner == AT_BLOCK_COMMAND) {
        event->command = engine->slot.id;
        engine->slot.transferred += token->length;
        at_slot_arm(&engine->slot, now);
    } else {
        at_sync_data(&engine->sync, engine->block_owner == AT_BLOCK_URC, now);
    }
    return AT_EVENT_BLOCK;
}

enum at_event_kind at_engine_on_token(struct at_engine *engine, struct at_event *event,
                                      const struct at_token *token, at_time now)
{
    switch (token->kind) {
    case AT_TOKEN_NONE:
        break;
    case AT_TOKEN_LINE:
    case AT_TOKEN_HEADER:
        return on_line(engine, event, token, now);
    case AT_TOKEN_PROMPT:
        return on_prompt(engine, event, now);
    case AT_TOKEN_DATA:
        return on_data(engine, event, token, now);
    case AT_TOKEN_OVERLONG:
        if (at_engine_check_after_block(engine, event, token, false, now))
            return AT_EVENT_DAMAGE;
        note_stray_bytes(engine);
        at_engine_suspect_data(engine, token);
        return at_event_init(event, AT_EVENT_OVERLONG, token);
    }
    return AT_EVENT_NONE;
}
