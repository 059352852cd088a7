/* Restarts of the module. */
#include "at/engine.h"

#include <string.h>

enum {
    BOOT_QUIET_MS =
        500, /* boot URCs arrive in a burst, and some modules (EG25, BG96) lose commands sent during it */
    SUSPICION_MS = 1000, /* a module that has not restarted goes on with its answer within this time */
};

/* The module has lost all state, so everything pending fails. */
enum at_event_kind at_engine_on_boot(struct at_engine *engine, const struct at_token *line, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (slot->state != AT_SLOT_EMPTY && slot->state != AT_SLOT_GIVEN_UP)
        at_engine_end_slot_with(engine, AT_RESULT_REBOOT);
    engine->deferred_ends_pending = engine->deferred.count > 0;
    engine->reboot_pending = !engine->rebooting;
    engine->boot_line_pending = true;
    engine->boot_line = *line;
    engine->rebooting = true;
    engine->echo = true;
    at_framer_expect_prompt(&engine->framer, 0);
    at_time give_up =
        engine->sync.phase == AT_SYNC_OFF ? now + at_ms(AT_UNRESPONSIVE_MS) : engine->sync.give_up;
    struct at_sync_start start = {.quiet_ms = BOOT_QUIET_MS, .give_up = give_up, .restarted = true};
    at_engine_start_sync(engine, &start, now);
    return AT_EVENT_NONE;
}

void at_engine_put_off_boot(struct at_engine *engine, at_time now)
{
    engine->slot.boot_at = now + at_ms(SUSPICION_MS);
}

at_time at_engine_boot_deadline(const struct at_engine *engine)
{
    const struct at_slot *slot = &engine->slot;
    return slot->boot_suspected && at_slot_is_awaiting(slot) ? slot->boot_at : AT_NEVER;
}

bool at_engine_confirm_boot(struct at_engine *engine, at_time now)
{
    struct at_slot *slot = &engine->slot;
    if (!slot->boot_suspected || !at_slot_is_awaiting(slot))
        return false;
    const char *text = engine->rules->line_rules[slot->boot_rule].text;
    const struct at_token line = {.kind = AT_TOKEN_LINE,
                                  .text = text,
                                  .length = strlen(text),
                                  .rule = slot->boot_rule,
                                  .prefix_length = strlen(text)};
    slot->boot_suspected = false;
    at_engine_on_boot(engine, &line, now);
    return true;
}
