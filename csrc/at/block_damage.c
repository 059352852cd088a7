/* What follows a block shows whether bytes of it were lost, or came twice. */
#include "at/engine.h"

#include <string.h>

enum {
    SURE_OF_LINE_ENDS = 3 /* identical answers in a row that settle how many line ends follow a block */
};

/* Records damage to the answer of the command in flight. The first damage counts, even if everything after it
 * is intact. */
void at_engine_note_damage(struct at_engine *engine, enum at_damage damage)
{
    engine->slot.had_block = true;
    if (engine->slot.damage == AT_UNDAMAGED)
        engine->slot.damage = (uint8_t)damage;
}

/* Looks up how the block in the answer to this command ended before. A new entry replaces the oldest. */
static struct at_block_end *known_block_end(struct at_engine *engine)
{
    const struct at_slot *slot = &engine->slot;
    for (int i = 0; i < AT_BLOCK_ENDS; i++) {
        struct at_block_end *end = &engine->block_ends[i];
        if (end->line_ends > 0 && end->name_length == slot->name_length &&
            memcmp(end->name, slot->name, slot->name_length) == 0)
            return end;
    }
    struct at_block_end *end = &engine->block_ends[engine->next_block_end];
    engine->next_block_end = (uint8_t)((engine->next_block_end + 1) % AT_BLOCK_ENDS);
    *end = (struct at_block_end){.name_length = (uint8_t)slot->name_length};
    memcpy(end->name, slot->name, slot->name_length);
    return end;
}

/* Some modules send an empty line after a block and others do not, but each command does the same every time
 * (some answers of the EG800K differ from the rest). One CR LF too few means that two bytes were lost and CR
 * LF was counted as data; one too many means that two bytes were duplicated. If the very first answer was the
 * damaged one, the later ones outvote it once enough of them agree. */
static enum at_damage judge_line_ends(struct at_engine *engine, uint8_t line_ends)
{
    struct at_block_end *end = known_block_end(engine);
    end->run = (uint8_t)(line_ends == end->last ? end->run + (end->run < SURE_OF_LINE_ENDS) : 1);
    end->last = line_ends;
    if (end->line_ends == 0 || end->run == SURE_OF_LINE_ENDS)
        end->line_ends = line_ends;
    if (line_ends == end->line_ends)
        return AT_UNDAMAGED;
    return line_ends < end->line_ends ? AT_SHORT : AT_LONG;
}

/* What the line after a block says about the block. */
static enum at_damage judge_block(struct at_engine *engine, const struct at_token *line, bool final)
{
    const struct at_gap *gap = &line->gap;
    bool adjacent = gap->first != '\r' && gap->first != '\n';
    if (adjacent)
        return final ? AT_SHORT : AT_LONG;
    if (!gap->clean)
        return gap->first == '\n' ? AT_SHORT : AT_LONG;
    if (final && engine->block_owner == AT_BLOCK_COMMAND)
        return judge_line_ends(engine, gap->ends);
    return AT_UNDAMAGED;
}

/* Data that no command asked for is damaged: what looks like an answer may be more of it. */
static void doubt_answers(struct at_engine *engine, at_time now)
{
    if (engine->slot.state != AT_SLOT_EMPTY)
        engine->answer_in_doubt = true;
    else if (engine->sync.phase == AT_SYNC_OFF)
        at_engine_sync_when_idle(engine, false, 0, now);
}

/* Checks the block before this line. True when DAMAGE has to be reported first; the line is then delivered
 * after it. */
bool at_engine_check_after_block(struct at_engine *engine, struct at_event *event,
                                 const struct at_token *line, bool final, at_time now)
{
    if (!line->gap.follows_block || !engine->rules->protocol.crlf_after_block)
        return false;
    enum at_damage damage = judge_block(engine, line, final);
    if (engine->block_owner == AT_BLOCK_COMMAND) {
        at_engine_note_damage(engine, damage);
        return false;
    }
    engine->damaged += damage != AT_UNDAMAGED;
    if (damage != AT_UNDAMAGED)
        doubt_answers(engine, now);
    if (damage == AT_UNDAMAGED || engine->block_owner != AT_BLOCK_URC)
        return false;
    engine->seen_token = *line;
    engine->seen_token.gap.follows_block = false;
    at_event_init(event, AT_EVENT_DAMAGE, NULL);
    event->damage = damage;
    return true;
}
