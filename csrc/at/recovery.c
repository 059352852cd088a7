/* A command that ends without an answer: it is given up, and the engine resynchronises with the module. */
#include "at/engine.h"

void at_engine_free_slot(struct at_engine *engine, at_time now)
{
    engine->slot.state = AT_SLOT_EMPTY;
    engine->slot.deadline = AT_NEVER;
    engine->slot.upload.source = NULL;
    engine->payload.active = false;
    engine->answer_in_doubt = engine->data_suspected = false;
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

void at_engine_leave_unwanted(struct at_engine *engine, at_time now)
{
    struct at_sync_start start = {
        .quiet_ms = AT_QUIET_MS, .give_up = now + at_ms(AT_UNRESPONSIVE_MS), .data_mode = true};
    at_escape_set_drain_time(&engine->escape, now);
    at_engine_start_sync(engine, &start, now);
}

void at_engine_end_slot_with(struct at_engine *engine, enum at_result result)
{
    engine->end_slot = true;
    engine->final_result = result;
    engine->final_unsent = at_slot_abandon(&engine->slot);
    engine->payload.active = false;
    at_feed_clear(&engine->feed);
}

void at_engine_give_up(struct at_engine *engine, enum at_result result, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (at_engine_confirm_boot(engine, now))
        return;
    if (at_download_is_over(&engine->download, &engine->online.ending))
        at_engine_stop_download(engine);
    bool untouched = slot->state == AT_SLOT_SENDING && slot->line_sent == 0;
    struct at_sync_start start = {
        .quiet_ms = AT_QUIET_MS,
        .give_up = now + at_ms(AT_UNRESPONSIVE_MS),
        .final_owed = true,
        .prompted = slot->prompted,
        .data_mode = engine->download.active || slot->online || slot->prompt_enters_data_mode ||
                     (slot->prompted && (slot->connected || at_upload_is_open_ended(&slot->upload))),
        .data_owed = at_slot_data_owed(slot),
    };
    /* Without data, the silence that the escape sequence needs begins here: the command line was sent last.
     */
    if (start.data_mode && !slot->connected && !engine->download.active)
        at_escape_set_drain_time(&engine->escape, now);
    at_engine_end_slot_with(engine, result);
    if (untouched) {
        bool doubtful = engine->answer_in_doubt; /* the next command's answer would be */
        at_engine_free_slot(engine, now);
        if (doubtful && engine->sync.phase == AT_SYNC_OFF)
            at_engine_sync_when_idle(engine, false, 0, now);
        return;
    }
    if (engine->download.active)
        at_online_stop_asking(&engine->online);
    if (engine->block_owner == AT_BLOCK_COMMAND)
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

bool at_engine_cancel(struct at_engine *engine, uint32_t id, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (id == 0 || at_deferred_abandon(&engine->deferred, id) || slot->id != id)
        return false;
    if (slot->state != AT_SLOT_EMPTY && slot->state != AT_SLOT_GIVEN_UP)
        at_engine_give_up(engine, AT_RESULT_CANCELLED, now);
    return engine->end_slot;
}

/* Whether a module may send this as a line. */
static bool may_be_line(const struct at_token *token)
{
    if (token->kind == AT_TOKEN_OVERLONG)
        return false; /* and its text is gone */
    for (size_t i = 0; i < token->length; i++) {
        if (token->text[i] < ' ' || token->text[i] > '~')
            return false;
    }
    return true;
}

void at_engine_suspect_data(struct at_engine *engine, const struct at_token *token)
{
    if (!at_slot_is_awaiting(&engine->slot) || may_be_line(token))
        return;
    if (engine->slot.online)
        engine->data_suspected = true;
    else
        engine->answer_in_doubt = true;
}
