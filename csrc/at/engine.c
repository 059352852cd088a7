/* What hosts call, what goes out, and time. Longer than 500 lines: the functions of at.h are here. */
#include "at/engine.h"

#include <string.h>

enum {
    BLOCK_MS = 5000, /* longest gap within a block that no command is waiting for */
    DEFAULT_TIMEOUT_MS = 10000,
    PROGRESS_MS = 100, /* least time between two PROGRESS events */
    /* Some servers are slow to confirm an upload, and some firmware waits for them before it sends OK. */
    UPLOAD_ANSWER_MS = 10000,
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
    if (engine->slot.state != AT_SLOT_EMPTY || engine->deferred.count > 0 || !at_engine_has_room_for(rules))
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
    engine->report_at = now;
    write_line(engine, command);
    at_slot_arm(&engine->slot, now);
    if (++engine->last_id == 0)
        engine->last_id = 1;
    *id = engine->slot.id = engine->last_id;
    return AT_ACCEPTED;
}

void at_engine_free_slot(struct at_engine *engine, at_time now)
{
    engine->slot.state = AT_SLOT_EMPTY;
    engine->slot.deadline = AT_NEVER;
    engine->slot.upload.source = NULL;
    at_feed_clear(&engine->feed);
    uint32_t gap_ms = engine->rules->protocol.gap_ms;
    engine->ready_at = now + at_ms(engine->gap_ms > gap_ms ? engine->gap_ms : gap_ms);
    at_framer_expect_prompt(&engine->framer, 0);
}

void at_engine_start_sync(struct at_engine *engine, const struct at_sync_start *start, at_time now)
{
    if (engine->sync.phase == AT_SYNC_OFF)
        engine->desync_pending = true;
    at_sync_start(&engine->sync, start, now);
}

void at_engine_sync_when_idle(struct at_engine *engine, bool prompted, uint64_t data_owed, at_time now)
{
    struct at_sync_start start = {.quiet_ms = AT_QUIET_MS,
                                  .give_up = now + at_ms(AT_UNRESPONSIVE_MS),
                                  .prompted = prompted,
                                  .data_owed = data_owed};
    at_engine_start_sync(engine, &start, now);
}

void at_engine_end_slot_with(struct at_engine *engine, enum at_result result)
{
    engine->end_slot = true;
    engine->final_result = result;
    engine->final_unsent = at_slot_abandon(&engine->slot);
    at_feed_clear(&engine->feed);
}

void at_engine_give_up(struct at_engine *engine, enum at_result result, at_time now)
{
    struct at_slot *slot = &engine->slot;
    bool untouched = slot->state == AT_SLOT_SENDING && slot->line_sent == 0;
    struct at_sync_start start = {
        .quiet_ms = AT_QUIET_MS,
        .give_up = now + at_ms(AT_UNRESPONSIVE_MS),
        .final_owed = true,
        .prompted = slot->prompted,
        .data_mode = engine->download.active ||
                     (slot->prompted && (slot->connected || at_upload_is_open_ended(&slot->upload))),
        .data_owed = at_slot_data_owed(slot),
    };
    at_engine_end_slot_with(engine, result);
    if (untouched) {
        slot->state = AT_SLOT_EMPTY;
        return;
    }
    if (engine->download.active)
        at_online_end(&engine->online);
    engine->block_owner = AT_BLOCK_OTHER;
    at_engine_start_sync(engine, &start, now);
}

void at_engine_sync(struct at_engine *engine, at_time now, at_time give_up)
{
    struct at_slot *slot = &engine->slot;
    at_engine_end_data_mode(engine);
    if (slot->state != AT_SLOT_EMPTY && slot->state != AT_SLOT_GIVEN_UP)
        at_engine_give_up(engine, AT_RESULT_CANCELLED, now);
    at_engine_start_sync(engine, &(struct at_sync_start){.give_up = give_up}, now);
}

bool at_engine_is_streaming(const struct at_engine *engine)
{
    const struct at_slot *slot = &engine->slot;
    return slot->upload.source == &engine->fed && slot->state != AT_SLOT_EMPTY &&
           slot->state != AT_SLOT_GIVEN_UP;
}

bool at_engine_write_data(struct at_engine *engine, const char *bytes, size_t length)
{
    if (at_engine_is_streaming(engine))
        return at_feed_write(&engine->feed, bytes, length);
    return !engine->download.active && at_online_write(&engine->online, bytes, length);
}

void at_engine_finish_data(struct at_engine *engine)
{
    if (at_engine_is_streaming(engine))
        engine->fed.ended = true;
}

void at_engine_leave_data_mode(struct at_engine *engine, bool dtr, at_time now)
{
    at_online_leave(&engine->online, dtr, now);
}

void at_engine_set_line_speed(struct at_engine *engine, uint32_t bytes_per_second)
{
    engine->escape.speed = bytes_per_second;
}

bool at_engine_needs_drain_time(const struct at_engine *engine)
{
    return engine->online.phase == AT_ONLINE_GUARD || engine->sync.phase == AT_SYNC_GUARD ||
           (engine->slot.state == AT_SLOT_DATA && engine->slot.upload.phase == AT_UPLOAD_GUARD);
}

void at_engine_set_drain_time(struct at_engine *engine, at_time drained_at)
{
    at_escape_set_drain_time(&engine->escape, drained_at);
    at_sync_set_drain_time(&engine->sync, drained_at);
}

bool at_engine_cancel(struct at_engine *engine, uint32_t id, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (id == 0 || at_deferred_abandon(&engine->deferred, id) || slot->id != id)
        return false;
    if (slot->state != AT_SLOT_EMPTY && slot->state != AT_SLOT_GIVEN_UP)
        at_engine_give_up(engine, AT_RESULT_CANCELLED, now);
    return engine->end_slot;
}

void at_engine_input(struct at_engine *engine, const char *bytes, size_t length)
{
    if (at_engine_is_in_data(engine)) {
        bool skip = engine->skip_lf && length > 0 && bytes[0] == '\n';
        engine->skip_lf = engine->skip_lf && length == 0;
        engine->span = bytes + skip;
        engine->span_end = bytes + length;
    } else {
        at_framer_input(&engine->framer, bytes, length);
    }
}

static enum at_event_kind emit_deferred_end(struct at_event *event, uint32_t id, enum at_result result)
{
    at_event_init(event, AT_EVENT_DEFERRED, NULL);
    event->command = id;
    event->result = result;
    return AT_EVENT_DEFERRED;
}

/* At most once every PROGRESS_MS. */
static enum at_event_kind emit_progress(struct at_engine *engine, struct at_event *event, at_time now)
{
    const struct at_slot *slot = &engine->slot;
    if (!engine->reports_progress || now < engine->report_at || !at_slot_is_awaiting(slot) ||
        slot->transferred == engine->reported)
        return at_event_init(event, AT_EVENT_NONE, NULL);
    engine->reported = slot->transferred;
    engine->report_at = now + at_ms(PROGRESS_MS);
    at_event_init(event, AT_EVENT_PROGRESS, NULL);
    event->command = slot->id;
    event->block = slot->transferred;
    return AT_EVENT_PROGRESS;
}

static bool test_and_clear(bool *flag)
{
    bool was = *flag;
    *flag = false;
    return was;
}

/* Queued events, which are due regardless of input and time. */
static enum at_event_kind next_pending(struct at_engine *engine, struct at_event *event)
{
    if (test_and_clear(&engine->feed.written))
        return at_event_init(event, AT_EVENT_DATA_WRITTEN, NULL);
    if (test_and_clear(&engine->end_slot)) {
        at_event_init(event, AT_EVENT_FINAL, NULL);
        event->command = engine->slot.id;
        event->result = engine->final_result;
        event->unsent = engine->final_unsent;
        return AT_EVENT_FINAL;
    }
    if (engine->deferred_ends_pending) {
        bool abandoned;
        at_deferred_forget_abandoned(&engine->deferred);
        uint32_t id = at_deferred_expire(&engine->deferred, AT_NEVER, &abandoned);
        if (id != 0)
            return emit_deferred_end(event, id, AT_RESULT_REBOOT);
        engine->deferred_ends_pending = false;
    }
    if (test_and_clear(&engine->reboot_pending))
        return at_event_init(event, AT_EVENT_REBOOT, &engine->boot_line);
    if (test_and_clear(&engine->boot_line_pending))
        return at_event_init(event, AT_EVENT_URC, &engine->boot_line);
    if (test_and_clear(&engine->desync_pending))
        return at_event_init(event, AT_EVENT_DESYNC, NULL);
    if (test_and_clear(&engine->resync_pending))
        return at_event_init(event, AT_EVENT_RESYNC, NULL);
    return AT_EVENT_NONE;
}

/* Advances resynchronisation. True once the host's deadline has passed. */
static bool tick_sync(struct at_engine *engine, at_time now)
{
    struct at_sync *sync = &engine->sync;
    if (sync->phase == AT_SYNC_OFF)
        return false;
    if (now >= sync->until && engine->framer.block_remaining > 0)
        at_framer_reset(&engine->framer); /* the rest of the block is not coming */
    if (sync->phase == AT_SYNC_PROBE)
        at_engine_stop_download(engine);
    if (at_sync_tick(sync, &engine->escape, &engine->rules->protocol, now)) {
        engine->rebooting = false;
        engine->resync_pending = true;
        at_engine_free_slot(engine, now);
        return false;
    }
    if (now < sync->give_up)
        return false;
    sync->give_up = AT_NEVER;
    return true;
}

/* While a command waits for its source, its time-out does not run. */
static at_time slot_deadline(const struct at_engine *engine)
{
    const struct at_slot *slot = &engine->slot;
    return slot->state == AT_SLOT_DATA && at_upload_is_starved(&slot->upload) ? AT_NEVER : slot->deadline;
}

/* When to give up on the rest of a block that no command is waiting for: its length was damaged, or bytes
 * were lost. */
static at_time block_deadline(const struct at_engine *engine)
{
    bool waits = engine->framer.block_remaining > 0 && engine->block_owner != AT_BLOCK_COMMAND &&
                 !at_engine_is_in_data(engine);
    return waits ? engine->block_at + at_ms(BLOCK_MS) : AT_NEVER;
}

static enum at_event_kind abandon_block(struct at_engine *engine, struct at_event *event)
{
    at_framer_reset(&engine->framer);
    engine->damaged++;
    at_event_init(event, engine->block_owner == AT_BLOCK_URC ? AT_EVENT_DAMAGE : AT_EVENT_NONE, NULL);
    event->damage = AT_SHORT;
    return event->kind;
}

/* Events that are due because time has passed. */
static enum at_event_kind next_timed(struct at_engine *engine, at_time now, struct at_event *event)
{
    if (now >= block_deadline(engine) && abandon_block(engine, event) != AT_EVENT_NONE)
        return event->kind;
    if (now >= slot_deadline(engine))
        at_engine_give_up(engine, AT_RESULT_TIMEOUT, now);
    if (tick_sync(engine, now))
        return at_event_init(event, AT_EVENT_UNRESPONSIVE, NULL);
    if (next_pending(engine, event) != AT_EVENT_NONE)
        return event->kind;
    bool abandoned;
    uint32_t id = at_deferred_expire(&engine->deferred, now, &abandoned);
    if (id == 0)
        return emit_progress(engine, event, now);
    return abandoned ? at_event_init(event, AT_EVENT_LATE, NULL)
                     : emit_deferred_end(event, id, AT_RESULT_TIMEOUT);
}

static enum at_event_kind emit_sent(struct at_engine *engine, struct at_event *event)
{
    at_event_init(event, AT_EVENT_SENT, NULL);
    event->text = engine->sent_text;
    event->length = engine->sent_length;
    event->block = engine->sent_text == NULL ? engine->sent_data : 0;
    if (engine->sent_text == NULL)
        engine->sent_data = 0;
    engine->sent_text = NULL;
    return AT_EVENT_SENT;
}

static enum at_event_kind emit_seen(struct at_engine *engine, struct at_event *event,
                                    const struct at_token *token)
{
    engine->seen_token = *token;
    at_event_init(event, AT_EVENT_SEEN, token);
    if (token->kind == AT_TOKEN_PROMPT) {
        event->text = &engine->rules->protocol.prompt;
        event->length = 1;
    } else if (token->kind != AT_TOKEN_LINE && token->kind != AT_TOKEN_HEADER) {
        event->text = NULL;
        event->block = token->length;
    }
    return AT_EVENT_SEEN;
}

/* Input that follows the end of data mode, or of a download, goes to the framer as well. */
static enum at_token_kind next_framer_token(struct at_engine *engine, struct at_token *token)
{
    if (at_framer_next(&engine->framer, token) != AT_TOKEN_NONE)
        return token->kind;
    if (engine->span == engine->span_end)
        return AT_TOKEN_NONE;
    at_framer_input(&engine->framer, engine->span, (size_t)(engine->span_end - engine->span));
    engine->span = engine->span_end;
    return at_framer_next(&engine->framer, token);
}

/* The next token. While the host observes, each token is returned twice: for SEEN, and to be interpreted. */
static enum at_token_kind next_token(struct at_engine *engine, struct at_token *token)
{
    if (engine->seen_token.kind == AT_TOKEN_NONE)
        return next_framer_token(engine, token);
    *token = engine->seen_token;
    engine->seen_token.kind = AT_TOKEN_NONE;
    return token->kind;
}

enum at_event_kind at_engine_next(struct at_engine *engine, at_time now, struct at_event *event)
{
    struct at_token token;
    if (next_pending(engine, event) != AT_EVENT_NONE)
        return event->kind;
    if (engine->sent_text != NULL || engine->sent_data > 0)
        return emit_sent(engine, event);
    for (;;) {
        if (at_engine_is_in_data(engine)) {
            if (at_engine_next_data(engine, event, now) != AT_EVENT_NONE)
                return event->kind;
            if (at_engine_is_in_data(engine))
                break;
        }
        bool again = engine->seen_token.kind != AT_TOKEN_NONE;
        if (next_token(engine, &token) == AT_TOKEN_NONE)
            break;
        if (engine->observed && !again)
            return emit_seen(engine, event, &token);
        if (at_engine_on_token(engine, event, &token, now) != AT_EVENT_NONE ||
            next_pending(engine, event) != AT_EVENT_NONE)
            return event->kind;
    }
    if (test_and_clear(&engine->sync_after_lines) && engine->sync.phase == AT_SYNC_OFF) {
        if (at_slot_is_awaiting(&engine->slot))
            at_engine_give_up(engine, AT_RESULT_TIMEOUT, now);
        at_engine_sync_when_idle(engine, false, 0, now);
    }
    return next_timed(engine, now, event);
}

size_t at_engine_output(struct at_engine *engine, at_time now, const char **bytes)
{
    struct at_slot *slot = &engine->slot;
    const struct at_protocol *protocol = &engine->rules->protocol;
    if (engine->sync.phase != AT_SYNC_OFF)
        return at_sync_output(&engine->sync, bytes);
    if (engine->online.phase != AT_ONLINE_OFF)
        return at_online_output(&engine->online, protocol, now, bytes);
    if (slot->state == AT_SLOT_SENDING && now >= engine->ready_at) {
        *bytes = engine->line + slot->line_sent;
        return slot->line_length - slot->line_sent;
    }
    return slot->state == AT_SLOT_DATA
               ? at_upload_output(&slot->upload, &engine->escape, protocol, now, bytes)
               : 0;
}

static void observe_sent(struct at_engine *engine, const char *text, size_t length)
{
    if (!engine->observed || length == 0)
        return;
    engine->sent_text = text;
    engine->sent_length = length;
}

static void sent_data(struct at_engine *engine, size_t length, at_time now)
{
    struct at_slot *slot = &engine->slot;
    const struct at_protocol *protocol = &engine->rules->protocol;
    slot->transferred += at_upload_sent(&slot->upload, &engine->escape, protocol, length, now);
    engine->sent_data += engine->observed ? length : 0;
    if (slot->upload.phase == AT_UPLOAD_ENDED)
        slot->deadline = engine->escape.drained_at + at_ms(protocol->guard_ms) + at_ms(UPLOAD_ANSWER_MS);
    else
        at_slot_arm(slot, now);
}

void at_engine_sent(struct at_engine *engine, size_t length, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (engine->sync.phase != AT_SYNC_OFF) {
        at_sync_sent(&engine->sync, length, now);
        observe_sent(engine, engine->sync.text, engine->sync.text_length);
        return;
    }
    if (engine->online.phase != AT_ONLINE_OFF) {
        at_online_sent(&engine->online, &engine->rules->protocol, length, now);
        engine->sent_data += engine->observed ? length : 0;
        return;
    }
    if (slot->state == AT_SLOT_DATA) {
        sent_data(engine, length, now);
        return;
    }
    slot->line_sent += length;
    if (slot->line_sent == slot->line_length) {
        slot->state = AT_SLOT_ARMED;
        observe_sent(engine, engine->line, slot->text_length);
        at_framer_expect_prompt(&engine->framer,
                                at_slot_wants_prompt(slot) ? engine->rules->protocol.prompt : 0);
    }
    at_slot_arm(slot, now);
}

static bool has_pending(const struct at_engine *engine)
{
    return engine->end_slot || engine->deferred_ends_pending || engine->reboot_pending ||
           engine->boot_line_pending || engine->desync_pending || engine->resync_pending ||
           engine->observed_length > 0 || engine->feed.written;
}

bool at_engine_has_event(const struct at_engine *engine)
{
    return has_pending(engine) || engine->online.feed.written || engine->sent_text != NULL ||
           engine->sent_data > 0;
}

static at_time data_deadline(const struct at_engine *engine, at_time now)
{
    const struct at_slot *slot = &engine->slot;
    const struct at_protocol *protocol = &engine->rules->protocol;
    if (engine->online.phase != AT_ONLINE_OFF)
        return at_online_deadline(&engine->online, protocol, now);
    if (engine->download.active)
        return at_download_deadline(&engine->download, &engine->online.ending);
    if (slot->state == AT_SLOT_DATA)
        return at_upload_deadline(&slot->upload, &engine->escape, protocol, now);
    return AT_NEVER;
}

at_time at_engine_deadline(const struct at_engine *engine, at_time now)
{
    const struct at_slot *slot = &engine->slot;
    if (at_engine_has_event(engine))
        return now;
    at_time deadline = at_earlier(slot_deadline(engine), at_sync_deadline(&engine->sync));
    deadline = at_earlier(deadline, data_deadline(engine, now));
    deadline = at_earlier(deadline, block_deadline(engine));
    if (engine->reports_progress && at_slot_is_awaiting(slot) && slot->transferred != engine->reported)
        deadline = at_earlier(deadline, engine->report_at);
    if (slot->state == AT_SLOT_SENDING && engine->ready_at > now)
        deadline = at_earlier(deadline, engine->ready_at);
    return at_earlier(deadline, at_deferred_deadline(&engine->deferred));
}
