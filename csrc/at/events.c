/* The next event: what is queued, what the input says, and what is due because time has passed. */
#include "at/engine.h"

enum {
    BLOCK_MS = 5000,     /* longest gap within a block that no command is waiting for */
    SYNC_BLOCK_MS = 250, /* the same while resynchronising, which a wrong length must not hold up */
    PROGRESS_MS = 100,   /* least time between two PROGRESS events */
    STREAMING_MS = 1000, /* data of a server or of the module's flash has no longer pauses while it comes */
};

static enum at_event_kind emit_deferred_end(struct at_event *event, uint32_t id, enum at_result result)
{
    at_event_init(event, AT_EVENT_DEFERRED, NULL);
    event->command = id;
    event->result = result;
    return AT_EVENT_DEFERRED;
}

/* When there is progress to report: at once the first time, then at most once every PROGRESS_MS; AT_NEVER:
 * there is none. */
static at_time progress_due(const struct at_engine *engine)
{
    const struct at_slot *slot = &engine->slot;
    bool due = engine->reports_progress && at_slot_is_awaiting(slot) && slot->transferred != engine->reported;
    return due ? engine->report_at : AT_NEVER;
}

static enum at_event_kind emit_progress(struct at_engine *engine, struct at_event *event, at_time now)
{
    const struct at_slot *slot = &engine->slot;
    if (now < progress_due(engine))
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
        at_deferred_forget_abandoned(&engine->deferred, "");
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

/* The longest gap within a block that no command is waiting for. The rest of one that was given up in the
 * middle may be file data, which must not be read as lines. */
static uint32_t block_gap_ms(const struct at_engine *engine)
{
    if (engine->sync.phase == AT_SYNC_OFF)
        return BLOCK_MS;
    return engine->block_owner == AT_BLOCK_OTHER ? STREAMING_MS : SYNC_BLOCK_MS;
}

/* Advances resynchronisation. True once the host's deadline has passed. */
static bool tick_sync(struct at_engine *engine, at_time now)
{
    struct at_sync *sync = &engine->sync;
    if (sync->phase == AT_SYNC_OFF)
        return false;
    bool cut = now >= sync->until && engine->framer.block_remaining > 0;
    if (cut && engine->block_owner == AT_BLOCK_COMMAND)
        at_framer_reset(&engine->framer); /* the rest of the block is not coming */
    else if (cut)
        sync->until = engine->block_at + at_ms(block_gap_ms(engine)); /* it is, or block_deadline ends it */
    bool done = at_sync_tick(sync, &engine->escape, &engine->rules->protocol, now);
    if (sync->phase == AT_SYNC_PROBE)
        at_engine_stop_download(engine);
    if (done) {
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

/* While a command waits for its source, its time-out does not run; nor once it has ended. */
static at_time slot_deadline(const struct at_engine *engine)
{
    const struct at_slot *slot = &engine->slot;
    if (slot->state == AT_SLOT_EMPTY || slot->state == AT_SLOT_GIVEN_UP)
        return AT_NEVER;
    return slot->state == AT_SLOT_DATA && at_upload_is_starved(&slot->upload) ? AT_NEVER : slot->deadline;
}

/* When to give up on the rest of a block that no command is waiting for: its length was damaged, or bytes
 * were lost. */
static at_time block_deadline(const struct at_engine *engine)
{
    bool waits = engine->framer.block_remaining > 0 && engine->block_owner != AT_BLOCK_COMMAND &&
                 !at_engine_is_in_data(engine);
    return waits ? engine->block_at + at_ms(block_gap_ms(engine)) : AT_NEVER;
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
    if (now >= at_engine_boot_deadline(engine))
        at_engine_confirm_boot(engine, now);
    if (at_engine_find_prompt(engine, now))
        return at_engine_on_token(engine, event,
                                  &(struct at_token){.kind = AT_TOKEN_PROMPT, .rule = AT_NO_RULE}, now);
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
    if (next_timed(engine, now, event) != AT_EVENT_NONE || engine->framer.at == engine->framer.end)
        return event->kind;
    return at_engine_next(engine, now, event); /* what a download held back is lines */
}

static bool has_pending(const struct at_engine *engine)
{
    return engine->end_slot || engine->deferred_ends_pending || engine->reboot_pending ||
           engine->boot_line_pending || engine->desync_pending || engine->resync_pending ||
           engine->observed_length > 0 || engine->feed.written || progress_due(engine) == 0;
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
    deadline = at_earlier(deadline, at_engine_boot_deadline(engine));
    deadline = at_earlier(deadline, at_engine_prompt_deadline(engine));
    deadline = at_earlier(deadline, progress_due(engine));
    if (slot->state == AT_SLOT_SENDING && engine->ready_at > now)
        deadline = at_earlier(deadline, engine->ready_at);
    return at_earlier(deadline, at_deferred_deadline(&engine->deferred));
}
