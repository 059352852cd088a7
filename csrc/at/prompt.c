/* Prompts that nobody expected, in the answer to a command of which nothing is known. They are lines without
 * an end, as long as nothing follows. */
#include "at/engine.h"

enum {
    PROMPT_MS = 1000
};

at_time at_engine_prompt_deadline(const struct at_engine *engine)
{
    const struct at_slot *slot = &engine->slot;
    return slot->state == AT_SLOT_ARMED && slot->prompt_until != 0 ? slot->prompt_until : AT_NEVER;
}

bool at_engine_find_prompt(struct at_engine *engine, at_time now)
{
    struct at_slot *slot = &engine->slot;
    bool possible = slot->state == AT_SLOT_ARMED && slot->info == AT_INFO_ANY &&
                    slot->upload.source == NULL &&
                    at_framer_holds_prompt(&engine->framer, engine->rules->protocol.prompt);
    if (!possible) {
        slot->prompt_until = 0;
        return false;
    }
    if (slot->prompt_until == 0)
        slot->prompt_until = now + at_ms(PROMPT_MS);
    if (now < slot->prompt_until)
        return false;
    at_framer_reset(&engine->framer);
    return true;
}
