/* What goes out: command lines, data, and how far the port has taken them. */
#include "at/engine.h"

enum {
    /* Some servers are slow to confirm an upload, and some firmware waits for them before it sends OK. */
    UPLOAD_ANSWER_MS = 10000,
};

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
    if (!engine->observed)
        return;
    engine->sent_text = text;
    engine->sent_length = length;
}

static void sent_data(struct at_engine *engine, size_t length, at_time now)
{
    struct at_slot *slot = &engine->slot;
    const struct at_protocol *protocol = &engine->rules->protocol;
    const char *bytes;
    if (engine->payload.active && slot->upload.source->peek(slot->upload.source->context, &bytes) >= length)
        at_payload_sent(&engine->payload, bytes, length);
    slot->transferred += at_upload_sent(&slot->upload, &engine->escape, protocol, length, now);
    engine->sent_data += engine->observed ? length : 0;
    if (slot->upload.phase != AT_UPLOAD_DATA && !at_upload_is_open_ended(&slot->upload))
        return; /* the module has been waited for since the last byte of the data */
    if (slot->upload.phase == AT_UPLOAD_ENDED)
        slot->deadline = engine->escape.drained_at + at_ms(protocol->guard_ms) + at_ms(UPLOAD_ANSWER_MS);
    else
        at_slot_arm(slot, now);
}

void at_engine_sent(struct at_engine *engine, size_t length, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (engine->sync.phase != AT_SYNC_OFF) {
        if (at_sync_sent(&engine->sync, length, now))
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
    if (slot->upload.source != NULL && slot->prompt_ms > 0)
        slot->deadline = at_earlier(slot->deadline, now + at_ms(slot->prompt_ms));
}
