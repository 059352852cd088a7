/* Interprets final result codes: which command each ends, if any, and what follows from that. */
#include "at/engine.h"

/* Whether the module has ended an upload by itself, although the escape sequence was sent: with a failure, or
 * sooner than it can have heeded that. It may then take it, and data in front of it, for the start of a
 * command. */
static bool was_ended_by_module(const struct at_engine *engine, bool success, at_time now)
{
    const struct at_upload *upload = &engine->slot.upload;
    if (upload->source == NULL || upload->phase != AT_UPLOAD_ENDED)
        return false;
    if (!at_upload_is_open_ended(upload))
        return true;
    return !success || now < engine->escape.drained_at + at_ms(engine->rules->protocol.answer_ms) / 2;
}

enum at_event_kind at_engine_end_slot(struct at_engine *engine, struct at_event *event,
                                      const struct at_token *line, bool success, at_time now)
{
    struct at_slot *slot = &engine->slot;
    at_event_init(event, AT_EVENT_FINAL, line);
    event->command = slot->id;
    event->result = success ? AT_RESULT_OK : AT_RESULT_ERROR;
    event->unsent = at_upload_unsent(&slot->upload);
    event->damage = (enum at_damage)slot->damage;
    engine->damaged += event->damage != AT_UNDAMAGED;
    event->more = success && slot->expect.prefix_length > 0 && !slot->deferred_early;
    if (event->more)
        at_deferred_add(&engine->deferred, slot, now);
    uint64_t data_owed = at_slot_data_owed(slot);
    bool unfinished = at_slot_is_unfinished(slot) || was_ended_by_module(engine, success, now);
    bool doubtful = engine->answer_in_doubt || event->damage != AT_UNDAMAGED;
    bool data_mode = engine->data_suspected;
    at_engine_free_slot(engine, now);
    if (unfinished) /* the module may take what comes next as data or as commands */
        at_engine_sync_when_idle(engine, true, data_owed, now);
    else if (data_mode)
        at_engine_leave_unwanted(engine, now);
    else if (doubtful)
        at_engine_sync_when_idle(engine, false, 0, now);
    return AT_EVENT_FINAL;
}

/* Whether a result that only data can have comes before the module has asked for the data: it is an earlier
 * command's. */
static bool precedes_data(const struct at_slot *slot, const struct at_line_rule *rule)
{
    return rule->success && rule->groups != AT_GROUP_ANY && (rule->groups & AT_GROUP_GENERAL) == 0 &&
           slot->state == AT_SLOT_ARMED && slot->upload.source != NULL;
}

/* Whether the module may have ended the command before the data arrived, and have run the data as commands,
 * whose answers are still to come. Only a general failure (`ERROR`) can mean that: the others (`SEND FAIL`)
 * are about the data. */
static bool may_have_run_data(const struct at_slot *slot, const struct at_line_rule *rule)
{
    return slot->state == AT_SLOT_DATA && !rule->success && (rule->groups & AT_GROUP_GENERAL) != 0;
}

/* The command that was given up has succeeded after all, so its deferred result is still to come. */
static void keep_late_deferred(struct at_engine *engine, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (slot->state != AT_SLOT_GIVEN_UP || slot->expect.prefix_length == 0 || slot->deferred_early ||
        engine->deferred.count == AT_DEFERRED_MAX)
        return;
    at_deferred_add(&engine->deferred, slot, now);
    at_deferred_abandon(&engine->deferred, slot->id);
}

/* Whether a result that may come by itself (`NO CARRIER`) does so: neither a probe nor the command that was
 * given up can be answered with it. */
static bool comes_by_itself(const struct at_slot *slot, const struct at_line_rule *rule)
{
    bool answers = slot->state == AT_SLOT_GIVEN_UP && (rule->groups & slot->accepts) != 0;
    return rule->urc_when_idle && (rule->groups & AT_GROUP_GENERAL) == 0 && !answers;
}

enum at_event_kind at_engine_on_final(struct at_engine *engine, struct at_event *event,
                                      const struct at_token *line, const struct at_line_rule *rule,
                                      at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (engine->sync.phase != AT_SYNC_OFF && comes_by_itself(slot, rule)) {
        at_sync_line(&engine->sync, now);
        return at_engine_emit_line(engine, event, AT_EVENT_URC, line, now);
    }
    if (engine->sync.phase != AT_SYNC_OFF) {
        bool late = engine->sync.final_owed;
        if (late && rule->success)
            keep_late_deferred(engine, now);
        at_sync_final(&engine->sync, rule->success, now);
        return late ? at_engine_emit_line(engine, event, AT_EVENT_LATE, line, now) : AT_EVENT_NONE;
    }
    if (at_slot_is_awaiting(slot) && (rule->groups & slot->accepts) != 0 && !precedes_data(slot, rule)) {
        bool ran_data = may_have_run_data(slot, rule);
        at_engine_end_slot(engine, event, line, rule->success, now);
        if (ran_data && engine->sync.phase == AT_SYNC_OFF)
            at_engine_sync_when_idle(engine, true, 0, now);
        return AT_EVENT_FINAL;
    }
    if (rule->urc_when_idle)
        return at_engine_emit_line(engine, event, AT_EVENT_URC, line, now);
    if (slot->state == AT_SLOT_ARMED && slot->upload.source != NULL && rule->success &&
        !precedes_data(slot, rule))
        return AT_EVENT_NONE; /* some modules (ESP-AT) send `OK` before the prompt */
    return at_engine_emit_line(engine, event, AT_EVENT_UNKNOWN, line, now);
}
