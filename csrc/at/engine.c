#include "at/engine.h"

#include "at/match.h"

#include <string.h>

enum {
    QUIET_MS = 100, /* before the first probe after a command was given up */
    DEFAULT_TIMEOUT_MS = 10000,
    LOST_MS = 30000,     /* so long the module may stay out of step before its host is told */
    BOOT_QUIET_MS = 500, /* boot URCs come in a bunch, and commands among them get lost (EG25, BG96) */
};

bool at_engine_init(struct at_engine *engine, const struct at_rules *rules)
{
    memset(engine, 0, sizeof *engine);
    engine->rules = rules;
    engine->alloc = rules->alloc;
    engine->echo = true;
    engine->default_ms = DEFAULT_TIMEOUT_MS;
    engine->slot.deadline = AT_NEVER;
    return at_framer_init(&engine->framer, rules) && at_engine_set_rules(engine, rules);
}

void at_engine_free(struct at_engine *engine)
{
    if (engine->line != NULL)
        at_resize(&engine->alloc, engine->line, engine->line_size, 0);
    engine->line = NULL;
    at_framer_free(&engine->framer);
}

bool at_engine_set_rules(struct at_engine *engine, const struct at_rules *rules)
{
    size_t size = sizeof "AT" + rules->manners.max_command + sizeof rules->manners.eol;
    if (engine->slot.state != AT_SLOT_EMPTY || engine->deferred.count > 0)
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
    return true;
}

void at_engine_set_times(struct at_engine *engine, uint32_t default_ms, uint32_t gap_ms)
{
    engine->default_ms = default_ms;
    engine->gap_ms = gap_ms;
}

void at_engine_set_echo(struct at_engine *engine, bool echo)
{
    engine->echo = echo;
}

void at_engine_observe(struct at_engine *engine, bool on)
{
    engine->observed = on;
}

bool at_engine_ready(const struct at_engine *engine)
{
    return engine->slot.state == AT_SLOT_EMPTY && engine->sync.phase == AT_SYNC_OFF && !engine->end_slot &&
           !engine->online;
}

const char *at_forbidden_byte(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '\r' || byte == '\n' || byte == '\0' || byte == 0x1a || byte == 0x1b)
            return &text[i];
    }
    return NULL;
}

static void write_line(struct at_engine *engine, const struct at_command *command)
{
    size_t eol = strlen(engine->rules->manners.eol);
    memcpy(engine->line, "AT", 2);
    memcpy(engine->line + 2, command->text, command->length);
    memcpy(engine->line + 2 + command->length, engine->rules->manners.eol, eol);
    engine->slot.text_length = 2 + command->length;
    engine->slot.line_length = 2 + command->length + eol;
}

enum at_refusal at_engine_submit(struct at_engine *engine, const struct at_command *command, at_time now,
                                 uint32_t *id)
{
    struct at_slot *slot = &engine->slot;
    if (at_forbidden_byte(command->text, command->length) != NULL)
        return AT_REFUSED_BYTE;
    if (command->length > engine->rules->manners.max_command)
        return AT_REFUSED_LONG;
    if (!at_engine_ready(engine))
        return AT_REFUSED_BUSY;
    if (engine->deferred.count == AT_DEFERRED_MAX)
        return AT_REFUSED_DEFERRED;
    if (!at_slot_fill(slot, engine->rules, command, engine->default_ms)) {
        slot->state = AT_SLOT_EMPTY;
        slot->deadline = AT_NEVER;
        return AT_REFUSED_NO_DATA;
    }
    write_line(engine, command);
    at_slot_arm(slot, now);
    if (++engine->last_id == 0)
        engine->last_id = 1;
    slot->id = engine->last_id;
    *id = slot->id;
    return AT_TAKEN;
}

static void free_slot(struct at_engine *engine, at_time now)
{
    engine->slot.state = AT_SLOT_EMPTY;
    engine->slot.deadline = AT_NEVER;
    engine->slot.data = NULL;
    uint32_t gap_ms = engine->rules->manners.gap_ms;
    engine->ready_at = now + at_ms(engine->gap_ms > gap_ms ? engine->gap_ms : gap_ms);
    at_framer_due(&engine->framer, 0);
}

static void start_sync(struct at_engine *engine, const struct at_sync_start *start, at_time now)
{
    if (engine->sync.phase == AT_SYNC_OFF)
        engine->tell_desync = true;
    at_sync_start(&engine->sync, start, now);
}

/* The host will hear no more of the command in flight; the slot stays until the module's answer has come. */
static void give_up_slot(struct at_engine *engine, enum at_result result, at_time now)
{
    struct at_slot *slot = &engine->slot;
    engine->end_slot = true;
    engine->end_result = result;
    if (slot->state == AT_SLOT_SENDING && slot->line_sent == 0) {
        slot->state = AT_SLOT_EMPTY;
        slot->deadline = AT_NEVER;
        return;
    }
    struct at_sync_start start = {
        .quiet_ms = QUIET_MS,
        .give_up = now + at_ms(LOST_MS),
        .final_owed = true,
        .prompted = slot->prompted,
        .data_owed = at_slot_data_owed(slot),
    };
    slot->state = AT_SLOT_GIVEN_UP;
    slot->deadline = AT_NEVER;
    engine->block_owner = AT_BLOCK_OTHER;
    start_sync(engine, &start, now);
}

void at_engine_sync(struct at_engine *engine, at_time now, at_time give_up)
{
    struct at_slot *slot = &engine->slot;
    at_engine_leave(engine);
    if (slot->state != AT_SLOT_EMPTY && slot->state != AT_SLOT_GIVEN_UP)
        give_up_slot(engine, AT_CANCELLED, now);
    start_sync(engine, &(struct at_sync_start){.give_up = give_up}, now);
}

bool at_engine_give(struct at_engine *engine, const char *bytes, size_t length)
{
    if (!engine->online || engine->given_length > 0 || length == 0)
        return false;
    engine->given = bytes;
    engine->given_length = length;
    return true;
}

void at_engine_leave(struct at_engine *engine)
{
    if (!engine->online)
        return;
    engine->online = false;
    engine->given_length = 0;
    engine->tell_given = false;
    at_framer_reset(&engine->framer);
}

void at_engine_cancel(struct at_engine *engine, uint32_t id, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (id == 0 || at_deferred_take(&engine->deferred, id))
        return;
    if (slot->id == id && slot->state != AT_SLOT_EMPTY && slot->state != AT_SLOT_GIVEN_UP)
        give_up_slot(engine, AT_CANCELLED, now);
}

void at_engine_end_block(struct at_engine *engine)
{
    at_framer_block(&engine->framer, 0);
}

void at_engine_input(struct at_engine *engine, const char *bytes, size_t length)
{
    at_framer_input(&engine->framer, bytes, length);
}

static enum at_event_kind tell(struct at_event *event, enum at_event_kind kind, const struct at_token *token)
{
    *event = (struct at_event){.kind = kind, .rule = AT_NO_RULE};
    if (token != NULL) {
        event->text = token->text;
        event->length = token->length;
        event->rule = token->rule;
        event->prefix_length = token->prefix_length;
    }
    return kind;
}

static const struct at_line_rule *rule_of(const struct at_engine *engine, const struct at_token *line)
{
    return line->rule == AT_NO_RULE ? NULL : &engine->rules->line_rules[line->rule];
}

/* Tells of a line, and lets the block that it announces follow. */
static enum at_event_kind tell_line(struct at_engine *engine, struct at_event *event, enum at_event_kind kind,
                                    const struct at_token *line)
{
    tell(event, kind, line);
    event->block = at_announced(line, rule_of(engine, line));
    if (event->block > 0)
        at_framer_block(&engine->framer, event->block);
    engine->block_owner = kind == AT_EVENT_INFO ? AT_BLOCK_COMMAND : AT_BLOCK_OTHER;
    if (kind == AT_EVENT_INFO)
        event->command = engine->slot.id;
    return kind;
}

/* The echo of the command line, whole or in the pieces that a URC has cut it into. */
static bool is_echo(struct at_engine *engine, const struct at_token *line)
{
    struct at_slot *slot = &engine->slot;
    if (engine->sync.phase != AT_SYNC_OFF && line->length == 2 && memcmp(line->text, "AT", 2) == 0)
        return true;
    if (slot->state == AT_SLOT_EMPTY)
        return false;
    size_t left = slot->text_length - slot->echoed;
    bool whole = line->length == left && slot->echoed == 0;
    bool piece = engine->echo && line->length <= left && (slot->echoed > 0 || line->length >= 2);
    if (!(whole || piece) || memcmp(line->text, engine->line + slot->echoed, line->length) != 0)
        return false;
    slot->echoed += line->length;
    return true;
}

/* Ends the command in flight with the module's own word. */
static enum at_event_kind end_slot(struct at_engine *engine, struct at_event *event,
                                   const struct at_token *line, bool success, at_time now)
{
    struct at_slot *slot = &engine->slot;
    tell(event, AT_EVENT_FINAL, line);
    event->command = slot->id;
    event->result = success ? AT_OK : AT_ERROR;
    event->unsent = slot->data != NULL ? slot->data->left : 0;
    event->more = success && slot->expect.prefix_length > 0 && !slot->deferred_early;
    if (event->more)
        at_deferred_add(&engine->deferred, slot, now);
    uint64_t data_owed = at_slot_data_owed(slot);
    free_slot(engine, now);
    if (data_owed > 0) {
        /* It ended while it was being given data: whether the module takes more as data or as commands is not
         * known. */
        struct at_sync_start start = {
            .quiet_ms = QUIET_MS, .give_up = now + at_ms(LOST_MS), .prompted = true, .data_owed = data_owed};
        start_sync(engine, &start, now);
    }
    return AT_EVENT_FINAL;
}

static enum at_event_kind on_final(struct at_engine *engine, struct at_event *event,
                                   const struct at_token *line, const struct at_line_rule *rule, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (engine->sync.phase != AT_SYNC_OFF) {
        bool late = engine->sync.final_owed;
        at_sync_final(&engine->sync, rule->success, now);
        return late ? tell_line(engine, event, AT_EVENT_LATE, line) : AT_EVENT_NONE;
    }
    if (at_slot_is_awaiting(slot) && (rule->groups & slot->accepts) != 0)
        return end_slot(engine, event, line, rule->success, now);
    if (rule->also_urc)
        return tell_line(engine, event, AT_EVENT_URC, line);
    if (slot->state == AT_SLOT_ARMED && slot->data != NULL && rule->success)
        return AT_EVENT_NONE; /* ESP-AT says `OK` in front of the prompt */
    return tell_line(engine, event, AT_EVENT_UNKNOWN, line);
}

static void begin_data(struct at_engine *engine, at_time now)
{
    at_framer_due(&engine->framer, engine->slot.ack_every > 0 ? engine->slot.ack_byte : 0);
    engine->slot.prompted = true;
    engine->slot.state = AT_SLOT_DATA;
    at_slot_arm(&engine->slot, now);
}

/* A prompt for a command given up: the module waits for data that will not come. */
static void on_late_prompt(struct at_engine *engine, at_time now)
{
    at_framer_due(&engine->framer, 0);
    engine->slot.prompted = true;
    at_sync_prompt(&engine->sync, at_slot_data_owed(&engine->slot), now);
}

static enum at_event_kind begin_data_mode(struct at_engine *engine, struct at_event *event,
                                          const struct at_token *line, at_time now)
{
    end_slot(engine, event, line, true, now);
    engine->online = true;
    engine->block_owner = AT_BLOCK_ONLINE;
    at_framer_block(&engine->framer, UINT64_MAX);
    return AT_EVENT_FINAL;
}

/* The host knows how much comes, and the line does not say. */
static enum at_event_kind begin_block(struct at_engine *engine, struct at_event *event,
                                      const struct at_token *line, at_time now)
{
    tell_line(engine, event, AT_EVENT_INFO, line);
    event->block = engine->slot.block;
    engine->slot.block = 0;
    at_framer_block(&engine->framer, event->block);
    at_slot_arm(&engine->slot, now);
    return AT_EVENT_INFO;
}

static enum at_event_kind on_connect(struct at_engine *engine, struct at_event *event,
                                     const struct at_token *line, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (slot->state == AT_SLOT_GIVEN_UP) {
        on_late_prompt(engine, now);
        return tell_line(engine, event, AT_EVENT_LATE, line);
    }
    if (slot->state != AT_SLOT_ARMED)
        return tell_line(engine, event, AT_EVENT_UNKNOWN, line);
    if (slot->data != NULL) {
        begin_data(engine, now);
        return AT_EVENT_NONE;
    }
    if (slot->online)
        return begin_data_mode(engine, event, line, now);
    if (slot->block > 0)
        return begin_block(engine, event, line, now);
    /* Data mode that nobody asked for: out of it again. */
    end_slot(engine, event, line, false, now);
    start_sync(
        engine,
        &(struct at_sync_start){.quiet_ms = QUIET_MS, .give_up = now + at_ms(LOST_MS), .prompted = true},
        now);
    return AT_EVENT_FINAL;
}

static void on_prompt(struct at_engine *engine, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (slot->state == AT_SLOT_GIVEN_UP) {
        on_late_prompt(engine, now);
    } else if (slot->state == AT_SLOT_DATA) {
        slot->unacknowledged = 0;
        at_slot_arm(slot, now);
    } else {
        begin_data(engine, now);
    }
}

/* Everything that waits for the module ends: what it knew of it is gone. */
static enum at_event_kind on_boot(struct at_engine *engine, const struct at_token *line, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (slot->state != AT_SLOT_EMPTY && slot->state != AT_SLOT_GIVEN_UP) {
        engine->end_slot = true;
        engine->end_result = AT_REBOOTED;
        slot->state = AT_SLOT_GIVEN_UP;
        slot->deadline = AT_NEVER;
    }
    engine->end_deferred = engine->deferred.count > 0;
    engine->tell_reboot = !engine->rebooting;
    engine->tell_boot_line = true;
    engine->boot_line = *line;
    engine->rebooting = true;
    engine->echo = true;
    at_framer_due(&engine->framer, 0);
    at_time give_up = engine->sync.phase == AT_SYNC_OFF ? now + at_ms(LOST_MS) : engine->sync.give_up;
    start_sync(engine, &(struct at_sync_start){.quiet_ms = BOOT_QUIET_MS, .give_up = give_up}, now);
    return AT_EVENT_NONE;
}

/* The deferred result of the command in flight, in front of its final result code (FTP note 3.6). */
static bool on_early_deferred(struct at_engine *engine, struct at_event *event, const struct at_token *line)
{
    struct at_slot *slot = &engine->slot;
    bool more;
    if (!at_slot_is_awaiting(slot) || !at_expectation_match(&slot->expect, line, &more))
        return false;
    tell(event, AT_EVENT_DEFERRED, line);
    event->command = slot->id;
    event->more = more;
    slot->deferred_early = !more;
    return true;
}

static bool on_deferred(struct at_engine *engine, struct at_event *event, const struct at_token *line)
{
    bool more;
    uint32_t id = at_deferred_match(&engine->deferred, line, &more);
    if (id == 0)
        return false;
    tell(event, AT_EVENT_DEFERRED, line);
    event->command = id;
    event->more = more;
    return true;
}

/* Does the line answer the command in flight, or the one given up? */
static bool is_information(const struct at_engine *engine, const struct at_token *line,
                           const struct at_line_rule *rule)
{
    const struct at_slot *slot = &engine->slot;
    if (!at_slot_is_awaiting(slot) && slot->state != AT_SLOT_GIVEN_UP)
        return false;
    if (at_is_named(line, slot->prefix, slot->prefix_length)) {
        if (rule != NULL && rule->class == AT_LINE_URC && rule->shape != NULL)
            return !at_has_shape(line, line->prefix_length, rule->shape);
        return !at_is_named(line, slot->expect.prefix, slot->expect.prefix_length);
    }
    if (rule != NULL || slot->info == AT_INFO_PREFIXED || at_has_prefix(line))
        return false;
    return at_has_shape(line, 0, slot->info_shape);
}

static enum at_event_kind on_other_line(struct at_engine *engine, struct at_event *event,
                                        const struct at_token *line, const struct at_line_rule *rule,
                                        at_time now)
{
    if (on_early_deferred(engine, event, line))
        return event->kind;
    if (is_information(engine, line, rule)) {
        if (engine->slot.state != AT_SLOT_GIVEN_UP)
            return tell_line(engine, event, AT_EVENT_INFO, line);
        at_sync_line(&engine->sync, now);
        return tell_line(engine, event, AT_EVENT_LATE, line);
    }
    if (on_deferred(engine, event, line))
        return event->kind;
    if (rule != NULL && rule->class == AT_LINE_URC)
        return tell_line(engine, event, AT_EVENT_URC, line);
    if (engine->sync.phase != AT_SYNC_OFF)
        at_sync_line(&engine->sync, now);
    return tell_line(engine, event, AT_EVENT_UNKNOWN, line);
}

static enum at_event_kind on_line(struct at_engine *engine, struct at_event *event,
                                  const struct at_token *line, at_time now)
{
    const struct at_line_rule *rule = rule_of(engine, line);
    if (rule != NULL && rule->class == AT_LINE_BOOT)
        return on_boot(engine, line, now);
    if (is_echo(engine, line))
        return AT_EVENT_NONE;
    if (rule != NULL && rule->class == AT_LINE_FINAL)
        return on_final(engine, event, line, rule, now);
    if (rule != NULL && rule->class == AT_LINE_CONNECT)
        return on_connect(engine, event, line, now);
    return on_other_line(engine, event, line, rule, now);
}

static enum at_event_kind on_data(struct at_engine *engine, struct at_event *event,
                                  const struct at_token *token, at_time now)
{
    if (engine->online)
        return tell(event, AT_EVENT_DATA, token);
    tell(event, AT_EVENT_BLOCK, token);
    event->block = engine->framer.block_left;
    if (engine->block_owner == AT_BLOCK_COMMAND) {
        event->command = engine->slot.id;
        at_slot_arm(&engine->slot, now);
    } else if (engine->sync.phase != AT_SYNC_OFF) {
        at_sync_data(&engine->sync, now);
    }
    return AT_EVENT_BLOCK;
}

static enum at_event_kind on_token(struct at_engine *engine, struct at_event *event,
                                   const struct at_token *token, at_time now)
{
    switch (token->kind) {
    case AT_TOKEN_NONE:
        break;
    case AT_TOKEN_LINE:
    case AT_TOKEN_HEADER:
        return on_line(engine, event, token, now);
    case AT_TOKEN_PROMPT:
        on_prompt(engine, now);
        break;
    case AT_TOKEN_DATA:
        return on_data(engine, event, token, now);
    case AT_TOKEN_OVERLONG:
        return tell(event, AT_EVENT_OVERLONG, token);
    }
    return AT_EVENT_NONE;
}

static enum at_event_kind tell_deferred_end(struct at_event *event, uint32_t id, enum at_result result)
{
    tell(event, AT_EVENT_DEFERRED, NULL);
    event->command = id;
    event->result = result;
    return AT_EVENT_DEFERRED;
}

static bool take_flag(bool *flag)
{
    bool was = *flag;
    *flag = false;
    return was;
}

/* Events that wait for their turn. */
static enum at_event_kind next_waiting(struct at_engine *engine, struct at_event *event)
{
    if (take_flag(&engine->end_slot)) {
        tell(event, AT_EVENT_FINAL, NULL);
        event->command = engine->slot.id;
        event->result = engine->end_result;
        event->unsent = engine->slot.data != NULL ? engine->slot.data->left : 0;
        return AT_EVENT_FINAL;
    }
    if (engine->end_deferred) {
        uint32_t id = at_deferred_take_due(&engine->deferred, AT_NEVER);
        if (id != 0)
            return tell_deferred_end(event, id, AT_REBOOTED);
        engine->end_deferred = false;
    }
    if (take_flag(&engine->tell_reboot))
        return tell(event, AT_EVENT_REBOOT, &engine->boot_line);
    if (take_flag(&engine->tell_boot_line))
        return tell(event, AT_EVENT_URC, &engine->boot_line);
    if (take_flag(&engine->tell_desync))
        return tell(event, AT_EVENT_DESYNC, NULL);
    if (take_flag(&engine->tell_resync))
        return tell(event, AT_EVENT_RESYNC, NULL);
    if (take_flag(&engine->tell_given))
        return tell(event, AT_EVENT_GIVEN, NULL);
    return AT_EVENT_NONE;
}

/* Lets the search for the common step go on. True when it has failed for as long as the host wanted to wait.
 */
static bool tick_sync(struct at_engine *engine, at_time now)
{
    struct at_sync *sync = &engine->sync;
    if (sync->phase == AT_SYNC_OFF)
        return false;
    if (now >= sync->until && engine->framer.block_left > 0)
        at_framer_reset(&engine->framer); /* the rest of the block will not come */
    if (at_sync_tick(sync, &engine->rules->manners, now)) {
        engine->rebooting = false;
        engine->tell_resync = true;
        free_slot(engine, now);
        return false;
    }
    if (now < sync->give_up)
        return false;
    sync->give_up = AT_NEVER;
    return true;
}

/* What has fallen due. */
static enum at_event_kind next_timed(struct at_engine *engine, at_time now, struct at_event *event)
{
    if (now >= engine->slot.deadline)
        give_up_slot(engine, AT_TIMEOUT, now);
    if (tick_sync(engine, now))
        return tell(event, AT_EVENT_LOST, NULL);
    if (next_waiting(engine, event) != AT_EVENT_NONE)
        return event->kind;
    uint32_t id = at_deferred_take_due(&engine->deferred, now);
    return id != 0 ? tell_deferred_end(event, id, AT_TIMEOUT) : tell(event, AT_EVENT_NONE, NULL);
}

static enum at_event_kind tell_sent(struct at_engine *engine, struct at_event *event)
{
    tell(event, AT_EVENT_SENT, NULL);
    event->text = engine->sent_text;
    event->length = engine->sent_length;
    event->block = engine->sent_text == NULL ? engine->sent_data : 0;
    if (engine->sent_text == NULL)
        engine->sent_data = 0;
    engine->sent_text = NULL;
    return AT_EVENT_SENT;
}

static enum at_event_kind tell_seen(struct at_engine *engine, struct at_event *event,
                                    const struct at_token *token)
{
    engine->seen = *token;
    tell(event, AT_EVENT_SEEN, token);
    if (token->kind == AT_TOKEN_PROMPT) {
        event->text = &engine->rules->manners.prompt;
        event->length = 1;
    } else if (token->kind != AT_TOKEN_LINE && token->kind != AT_TOKEN_HEADER) {
        event->text = NULL;
        event->block = token->length;
    }
    return AT_EVENT_SEEN;
}

/* The next token; one that is being observed comes twice. */
static enum at_token_kind next_token(struct at_engine *engine, struct at_token *token)
{
    if (engine->seen.kind == AT_TOKEN_NONE)
        return at_framer_next(&engine->framer, token);
    *token = engine->seen;
    engine->seen.kind = AT_TOKEN_NONE;
    return token->kind;
}

enum at_event_kind at_engine_next(struct at_engine *engine, at_time now, struct at_event *event)
{
    struct at_token token;
    if (next_waiting(engine, event) != AT_EVENT_NONE)
        return event->kind;
    if (engine->sent_text != NULL || engine->sent_data > 0)
        return tell_sent(engine, event);
    for (;;) {
        bool again = engine->seen.kind != AT_TOKEN_NONE;
        if (next_token(engine, &token) == AT_TOKEN_NONE)
            break;
        if (engine->observed && !again)
            return tell_seen(engine, event, &token);
        if (on_token(engine, event, &token, now) != AT_EVENT_NONE ||
            next_waiting(engine, event) != AT_EVENT_NONE)
            return event->kind;
    }
    return next_timed(engine, now, event);
}

/* No more than is left, and than the module takes before it acknowledges. */
static size_t next_data(const struct at_slot *slot, const char **bytes)
{
    uint64_t most = slot->data->left;
    if (slot->ack_every > 0 && most > slot->ack_every - slot->unacknowledged)
        most = slot->ack_every - slot->unacknowledged;
    if (most == 0)
        return 0;
    size_t length = slot->data->peek(slot->data->context, bytes);
    return length < most ? length : (size_t)most;
}

size_t at_engine_output(const struct at_engine *engine, at_time now, const char **bytes)
{
    const struct at_slot *slot = &engine->slot;
    if (engine->sync.phase != AT_SYNC_OFF)
        return at_sync_output(&engine->sync, bytes);
    if (engine->online) {
        *bytes = engine->given;
        return engine->given_length;
    }
    if (slot->state == AT_SLOT_SENDING && now >= engine->ready_at) {
        *bytes = engine->line + slot->line_sent;
        return slot->line_length - slot->line_sent;
    }
    if (slot->state == AT_SLOT_DATA && slot->data->left > 0)
        return next_data(slot, bytes);
    return 0;
}

static void observe_sent(struct at_engine *engine, const char *text, size_t length)
{
    if (!engine->observed || length == 0)
        return;
    engine->sent_text = text;
    engine->sent_length = length;
}

void at_engine_sent(struct at_engine *engine, size_t length, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (engine->sync.phase != AT_SYNC_OFF) {
        at_sync_sent(&engine->sync, length, now);
        observe_sent(engine, engine->sync.text, engine->sync.text_length);
        return;
    }
    if (engine->online) {
        engine->given += length;
        engine->given_length -= length;
        engine->tell_given = engine->given_length == 0 && length > 0;
        engine->sent_data += engine->observed ? length : 0;
        return;
    }
    if (slot->state == AT_SLOT_DATA) {
        slot->data->took(slot->data->context, length);
        slot->data->left -= length;
        slot->unacknowledged += slot->ack_every > 0 ? (uint32_t)length : 0;
        engine->sent_data += engine->observed ? length : 0;
    } else {
        slot->line_sent += length;
        if (slot->line_sent == slot->line_length) {
            slot->state = AT_SLOT_ARMED;
            observe_sent(engine, engine->line, slot->text_length);
            at_framer_due(&engine->framer, slot->data != NULL ? engine->rules->manners.prompt : 0);
        }
    }
    at_slot_arm(slot, now);
}

static bool has_waiting(const struct at_engine *engine)
{
    return engine->end_slot || engine->end_deferred || engine->tell_reboot || engine->tell_boot_line ||
           engine->tell_desync || engine->tell_resync || engine->tell_given;
}

at_time at_engine_deadline(const struct at_engine *engine)
{
    const struct at_slot *slot = &engine->slot;
    if (has_waiting(engine))
        return 0;
    at_time deadline = at_earlier(slot->deadline, at_sync_deadline(&engine->sync));
    if (slot->state == AT_SLOT_SENDING && slot->line_sent == 0)
        deadline = at_earlier(deadline, engine->ready_at);
    return at_earlier(deadline, at_deferred_deadline(&engine->deferred));
}
