/* The engine's input while it is no lines: data mode, and downloads whose end is looked for. */
#include "at/engine.h"

#include <string.h>

bool at_engine_is_in_data(const struct at_engine *engine)
{
    return engine->online.phase != AT_ONLINE_OFF || engine->download.active;
}

/* What has come and not been looked at is for data mode, or for the download. */
static void take_rest(struct at_engine *engine)
{
    struct at_framer *framer = &engine->framer;
    size_t length = at_framer_take_rest(framer, &engine->span);
    engine->span_end = engine->span + length;
    engine->skip_lf = framer->skip_lf && length == 0;
    if (framer->skip_lf && length > 0 && *engine->span == '\n')
        engine->span++;
    framer->skip_lf = false;
    at_framer_due(framer, 0);
}

/* Texts of the rules: lines of a restart, and final result codes, or those alone that are URCs, too. */
static bool add_rules(struct at_ending *ending, const struct at_rules *rules, bool boot, bool all_finals)
{
    for (int16_t i = 0; i < rules->line_count; i++) {
        const struct at_line_rule *rule = &rules->line_rules[i];
        bool is_final = rule->kind == AT_LINE_FINAL && !boot && (all_finals || rule->urc_when_idle);
        bool is_boot = rule->kind == AT_LINE_BOOT && boot;
        if ((is_final || is_boot) && !at_ending_add(ending, rule->text, strlen(rule->text), rule->prefix))
            return false;
    }
    return true;
}

bool at_engine_set_hangups(struct at_engine *engine, const char *const *texts, size_t count)
{
    struct at_ending *ending = &engine->online.ending;
    at_ending_clear(ending);
    engine->own_hangups = count > 0;
    for (size_t i = 0; i < count; i++) {
        if (!at_ending_add(ending, texts[i], strlen(texts[i]), false))
            return false;
    }
    return true;
}

void at_engine_begin_data_mode(struct at_engine *engine, at_time now)
{
    struct at_ending *ending = &engine->online.ending;
    if (!engine->own_hangups) {
        at_ending_clear(ending);
        add_rules(ending, engine->rules, false, false);
    }
    add_rules(ending, engine->rules, true, false);
    engine->own_hangups = false;
    at_online_begin(&engine->online);
    at_escape_waiting(&engine->escape, now); /* the silence counts from here, not from the command */
    take_rest(engine);
}

void at_engine_begin_download(struct at_engine *engine, uint64_t total)
{
    struct at_ending *ending = &engine->online.ending;
    const struct at_expectation *expect = &engine->slot.expect;
    static const char ok[] = "OK\r\n\r\n";
    char result[sizeof ok + AT_NAME_MAX];
    memcpy(result, ok, sizeof ok - 1);
    memcpy(result + sizeof ok - 1, expect->prefix, expect->prefix_length);
    result[sizeof ok - 1 + expect->prefix_length] = ':';
    at_ending_clear(ending);
    at_ending_add(ending, result, sizeof ok + expect->prefix_length, true);
    at_ending_add(ending, result + sizeof ok - 1, expect->prefix_length + 1, true);
    add_rules(ending, engine->rules, true, false);
    add_rules(ending, engine->rules, false, true);
    at_download_begin(&engine->download, expect->prefix, expect->prefix_length, total);
    take_rest(engine);
}

/* What is held, and then what follows in the input, is lines. */
static void go_on_with_lines(struct at_engine *engine, const char *bytes, size_t length)
{
    at_framer_reset(&engine->framer);
    at_framer_input(&engine->framer, bytes, length);
    engine->skip_lf = false;
}

/* What stands behind the data tells whether it is whole, and so does the module's count. */
static void end_of_download(struct at_engine *engine)
{
    if (engine->download.is_short)
        at_engine_note_damage(engine, AT_SHORT);
    at_framer_follow_block(&engine->framer);
}

size_t at_engine_end_data_mode(struct at_engine *engine)
{
    if (engine->download.active)
        return 0;
    if (engine->online.phase == AT_ONLINE_OFF)
        return at_feed_drop(&engine->online.feed);
    go_on_with_lines(engine, NULL, 0);
    return at_online_end(&engine->online);
}

void at_engine_stop_download(struct at_engine *engine)
{
    const char *held;
    if (!engine->download.active)
        return;
    engine->download.active = false;
    size_t length = at_ending_held(&engine->online.ending, &held);
    at_online_end(&engine->online);
    go_on_with_lines(engine, held, length);
}

/* The module was asked whether a download goes on. If it was in data mode, its data is whole up to here, and
 * the question has ended it; else what looked like its last words was that. */
static enum at_event_kind resolve_doubt(struct at_engine *engine, struct at_event *event,
                                        const struct at_online_event *left, at_time now)
{
    engine->download.active = false;
    go_on_with_lines(engine, left->bytes, left->length);
    if (left->answered && at_slot_is_awaiting(&engine->slot))
        at_engine_give_up(engine, AT_RESULT_CANCELLED, now);
    else
        end_of_download(engine);
    engine->sync_after_lines = true;
    return at_engine_tell(event, AT_EVENT_NONE, NULL);
}

static enum at_event_kind tell_left(struct at_engine *engine, struct at_event *event,
                                    const struct at_online_event *left, at_time now)
{
    if (engine->download.active)
        return resolve_doubt(engine, event, left, now);
    at_engine_tell(event, AT_EVENT_LEFT, NULL);
    event->answered = left->answered;
    event->ended = left->ended;
    event->unsent = left->ended ? at_feed_drop(&engine->online.feed) : engine->online.feed.length;
    engine->sync_after_lines = !left->answered;
    engine->ready_at = now + at_ms(engine->rules->protocol.settle_ms);
    go_on_with_lines(engine, left->bytes, left->length);
    return AT_EVENT_LEFT;
}

/* Data of a command's answer, or of one that was given up. */
static enum at_event_kind tell_block(struct at_engine *engine, struct at_event *event, at_time now)
{
    const struct at_download *download = &engine->download;
    if (engine->slot.state == AT_SLOT_GIVEN_UP) {
        at_sync_data(&engine->sync, now);
        return AT_EVENT_NONE;
    }
    at_engine_tell(event, AT_EVENT_BLOCK, NULL);
    event->text = engine->data;
    event->length = engine->data_length;
    event->block =
        download->total == AT_UNKNOWN_LENGTH ? AT_UNKNOWN_LENGTH : download->total - download->received;
    event->command = engine->slot.id;
    engine->slot.passed += event->length;
    at_slot_arm(&engine->slot, now);
    return AT_EVENT_BLOCK;
}

/* The bytes that have just come, after they were observed. */
static enum at_event_kind tell_data(struct at_engine *engine, struct at_event *event, at_time now)
{
    if (engine->download.active) {
        tell_block(engine, event, now);
    } else {
        at_engine_tell(event, AT_EVENT_DATA, NULL);
        event->text = engine->data;
        event->length = engine->data_length;
    }
    engine->data_length = 0;
    return event->kind;
}

static enum at_event_kind data_came(struct at_engine *engine, struct at_event *event, const char *bytes,
                                    size_t length, at_time now)
{
    at_engine_tell(event, AT_EVENT_NONE, NULL);
    engine->data = bytes;
    engine->data_length = length;
    if (!engine->observed)
        return tell_data(engine, event, now);
    at_engine_tell(event, AT_EVENT_SEEN, NULL);
    event->block = length;
    return AT_EVENT_SEEN;
}

static enum at_event_kind next_online(struct at_engine *engine, struct at_event *event, at_time now)
{
    struct at_online_event told;
    const struct at_protocol *protocol = &engine->rules->protocol;
    switch (at_online_next(&engine->online, protocol, &engine->span, engine->span_end, now, &told)) {
    case AT_ONLINE_NOTHING:
        break;
    case AT_ONLINE_DATA:
        return data_came(engine, event, told.bytes, told.length, now);
    case AT_ONLINE_GIVEN:
        return at_engine_tell(event, AT_EVENT_GIVEN, NULL);
    case AT_ONLINE_DOUBT:
        return at_engine_tell(event, AT_EVENT_DOUBT, NULL);
    case AT_ONLINE_LEFT:
        return tell_left(engine, event, &told, now);
    }
    return at_engine_tell(event, AT_EVENT_NONE, NULL);
}

static enum at_event_kind next_download(struct at_engine *engine, struct at_event *event, at_time now)
{
    struct at_ending *ending = &engine->online.ending;
    const char *bytes;
    size_t length;
    switch (
        at_download_next(&engine->download, ending, &engine->span, engine->span_end, now, &bytes, &length)) {
    case AT_DOWNLOAD_NOTHING:
        break;
    case AT_DOWNLOAD_DATA:
        return data_came(engine, event, bytes, length, now);
    case AT_DOWNLOAD_END:
        length = at_ending_held(ending, &bytes);
        at_ending_forget(ending);
        go_on_with_lines(engine, bytes, length);
        end_of_download(engine);
        break;
    case AT_DOWNLOAD_DOUBT:
        at_online_begin(&engine->online);
        at_online_leave(&engine->online, false, now);
        return next_online(engine, event, now);
    }
    return at_engine_tell(event, AT_EVENT_NONE, NULL);
}

enum at_event_kind at_engine_next_data(struct at_engine *engine, struct at_event *event, at_time now)
{
    if (engine->data_length > 0 && tell_data(engine, event, now) != AT_EVENT_NONE)
        return event->kind;
    return engine->online.phase != AT_ONLINE_OFF ? next_online(engine, event, now)
                                                 : next_download(engine, event, now);
}
