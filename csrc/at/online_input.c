/* Input that does not consist of lines: data mode, and downloads whose end has to be recognised. */
#include "at/engine.h"

#include <string.h>

bool at_engine_is_in_data(const struct at_engine *engine)
{
    return engine->online.phase != AT_ONLINE_OFF || engine->download.active;
}

/* Hands the unread input to data mode or the download. Bytes that were held back before are copied: they lie
 * where others are held from here on, or more input follows them elsewhere. */
static void take_unread_input(struct at_engine *engine)
{
    struct at_framer *framer = &engine->framer;
    struct at_ending *ending = &engine->online.ending;
    const char *bytes;
    size_t length = at_framer_take_unread(framer, &bytes);
    engine->skip_lf = framer->skip_lf;
    framer->skip_lf = false;
    at_framer_expect_prompt(framer, 0);
    if (length > 0 && engine->skip_lf) {
        length -= *bytes == '\n';
        bytes += *bytes == '\n';
        engine->skip_lf = false;
    }
    if (length == 0 && engine->skip_lf && engine->span < engine->span_end) {
        engine->span += *engine->span == '\n';
        engine->skip_lf = false;
    }
    if (length == 0)
        return;
    if (at_ending_has(ending, bytes) || engine->span < engine->span_end) {
        at_ending_take(ending, bytes, length);
        return;
    }
    engine->span = bytes;
    engine->span_end = bytes + length;
}

/* Adds the texts of rules: lines of a restart, or final result codes (all of them, or only those that are
 * URCs when idle). */
static void add_rules(struct at_ending *ending, const struct at_rules *rules, bool boot, bool all_finals)
{
    for (int16_t i = 0; i < rules->line_count; i++) {
        const struct at_line_rule *rule = &rules->line_rules[i];
        bool is_final = rule->kind == AT_LINE_FINAL && !boot && (all_finals || rule->urc_when_idle);
        bool is_boot = rule->kind == AT_LINE_BOOT && boot;
        if (is_final || is_boot)
            at_ending_add(ending, rule->text, strlen(rule->text), rule->prefix);
    }
}

/* Beside the texts of these rules, the result of a download and its `OK` have room. */
bool at_engine_has_room_for(const struct at_rules *rules)
{
    size_t count = 2, bytes = 2 * (AT_NAME_MAX + sizeof "\r\nOK\r\n\r\n:");
    for (int16_t i = 0; i < rules->line_count; i++) {
        const struct at_line_rule *rule = &rules->line_rules[i];
        if (rule->kind != AT_LINE_FINAL && rule->kind != AT_LINE_BOOT)
            continue;
        count++;
        bytes += strlen(rule->text) + 4;
    }
    return count <= AT_ENDINGS_MAX && bytes <= AT_ENDING_BYTES;
}

/* Do these texts have room beside the lines of a restart? */
static bool has_room_for_hangups(const struct at_rules *rules, const char *const *texts, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += strlen(texts[i]) + 4;
    for (int16_t i = 0; i < rules->line_count; i++) {
        if (rules->line_rules[i].kind != AT_LINE_BOOT)
            continue;
        count++;
        bytes += strlen(rules->line_rules[i].text) + 4;
    }
    return count <= AT_ENDINGS_MAX && bytes <= AT_ENDING_BYTES;
}

bool at_engine_set_hangups(struct at_engine *engine, const char *const *texts, size_t count)
{
    struct at_ending *ending = &engine->online.ending;
    if (at_engine_is_in_data(engine) || !has_room_for_hangups(engine->rules, texts, count))
        return false;
    at_ending_clear(ending);
    engine->own_hangups = count > 0;
    for (size_t i = 0; i < count; i++)
        at_ending_add(ending, texts[i], strlen(texts[i]), false);
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
    at_escape_set_drain_time(&engine->escape, now); /* measure the silence from here, not from the command */
    take_unread_input(engine);
}

void at_engine_begin_download(struct at_engine *engine, uint64_t total, at_time now)
{
    struct at_ending *ending = &engine->online.ending;
    const struct at_expectation *expect = &engine->slot.expect;
    static const char ok[] = "OK\r\n\r\n";
    char result[sizeof ok + AT_NAME_MAX];
    memcpy(result, ok, sizeof ok - 1);
    memcpy(result + sizeof ok - 1, expect->prefix, expect->prefix_length);
    result[sizeof ok - 1 + expect->prefix_length] = ':';
    at_ending_clear(ending);
    engine->own_hangups = false;
    at_ending_add(ending, result, sizeof ok + expect->prefix_length, true);
    at_ending_add(ending, result + sizeof ok - 1, expect->prefix_length + 1, true);
    add_rules(ending, engine->rules, true, false);
    add_rules(ending, engine->rules, false, true);
    at_download_begin(&engine->download, expect->prefix, expect->prefix_length, total);
    at_escape_set_drain_time(&engine->escape, now); /* measure the silence from here, not from the command */
    take_unread_input(engine);
}

/* The name of the command ends its body only where a final result code follows (`+QFDWL: 10,6c6b`, `OK`). */
void at_engine_begin_body(struct at_engine *engine)
{
    struct at_ending *ending = &engine->online.ending;
    struct at_slot *slot = &engine->slot;
    at_ending_clear(ending);
    engine->own_hangups = false;
    add_rules(ending, engine->rules, true, false);
    add_rules(ending, engine->rules, false, true);
    memcpy(slot->body_end, "\r\n", 2);
    memcpy(slot->body_end + 2, slot->prefix, slot->prefix_length);
    slot->body_end[2 + slot->prefix_length] = ':';
    at_ending_expect(ending, slot->body_end, NULL);
    at_body_begin(&engine->download);
    take_unread_input(engine);
}

/* Returns to lines: first the given bytes, then the rest of the input. */
static void resume_lines(struct at_engine *engine, const char *bytes, size_t length)
{
    at_framer_reset(&engine->framer);
    at_framer_input(&engine->framer, bytes, length);
    engine->skip_lf = false;
}

/* The line after the data, and the module's byte count, show whether the data is complete. */
static void finish_download(struct at_engine *engine)
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
        return at_feed_clear(&engine->online.feed);
    engine->observed_length = 0;
    resume_lines(engine, NULL, 0);
    return at_online_end(&engine->online);
}

void at_engine_stop_download(struct at_engine *engine)
{
    const char *held;
    if (!engine->download.active)
        return;
    engine->download.active = false;
    size_t length = at_ending_held(&engine->online.ending, &held), answer = AT_ANSWER_LENGTH;
    at_online_end(&engine->online);
    if (length > answer && memcmp(held + length - answer, at_answer_text, answer) == 0) {
        held += length - answer; /* the module was in data mode, and what precedes its answer is data */
        length = answer;
    }
    resume_lines(engine, held, length);
}

/* The module was asked, by the escape sequence, whether a download is still going on. If it answered, it was
 * in data mode: the data so far is intact, and the download has been aborted. Otherwise the suspected end was
 * real. */
static enum at_event_kind resolve_uncertainty(struct at_engine *engine, struct at_event *event,
                                              const struct at_online_event *end, at_time now)
{
    engine->download.active = false;
    resume_lines(engine, end->bytes, end->length);
    if (end->answered && at_slot_is_awaiting(&engine->slot))
        at_engine_give_up(engine, AT_RESULT_CANCELLED, now);
    else
        finish_download(engine);
    engine->sync_after_lines = true;
    return at_event_init(event, AT_EVENT_NONE, NULL);
}

static enum at_event_kind emit_data_mode_end(struct at_engine *engine, struct at_event *event,
                                             const struct at_online_event *end, at_time now)
{
    if (engine->download.active)
        return resolve_uncertainty(engine, event, end, now);
    at_event_init(event, AT_EVENT_DATA_MODE_END, NULL);
    event->answered = end->answered;
    event->ended = end->ended;
    event->unsent = end->ended ? at_feed_clear(&engine->online.feed) : engine->online.feed.length;
    engine->sync_after_lines = !end->answered;
    engine->ready_at = now + at_ms(engine->rules->protocol.settle_ms);
    resume_lines(engine, end->bytes, end->length);
    return AT_EVENT_DATA_MODE_END;
}

/* Data of the answer to the command in flight, or to one that was given up. */
static enum at_event_kind emit_block(struct at_engine *engine, struct at_event *event, at_time now)
{
    const struct at_download *download = &engine->download;
    if (engine->slot.state == AT_SLOT_GIVEN_UP) {
        at_sync_data(&engine->sync, false, now);
        return at_event_init(event, AT_EVENT_NONE, NULL);
    }
    at_event_init(event, AT_EVENT_BLOCK, NULL);
    event->text = engine->observed_data;
    event->length = engine->observed_length;
    event->block =
        download->total == AT_UNKNOWN_LENGTH ? AT_UNKNOWN_LENGTH : download->total - download->received;
    event->command = engine->slot.id;
    engine->slot.transferred += event->length;
    at_slot_arm(&engine->slot, now);
    return AT_EVENT_BLOCK;
}

/* Delivers the bytes that have been reported as SEEN, if the host observes. */
static enum at_event_kind emit_data(struct at_engine *engine, struct at_event *event, at_time now)
{
    if (engine->download.active) {
        emit_block(engine, event, now);
    } else {
        at_event_init(event, AT_EVENT_DATA, NULL);
        event->text = engine->observed_data;
        event->length = engine->observed_length;
    }
    engine->observed_length = 0;
    return event->kind;
}

static enum at_event_kind on_data_bytes(struct at_engine *engine, struct at_event *event, const char *bytes,
                                        size_t length, at_time now)
{
    at_event_init(event, AT_EVENT_NONE, NULL);
    engine->observed_data = bytes;
    engine->observed_length = length;
    if (!engine->observed)
        return emit_data(engine, event, now);
    at_event_init(event, AT_EVENT_SEEN, NULL);
    event->block = length;
    return AT_EVENT_SEEN;
}

static enum at_event_kind next_online(struct at_engine *engine, struct at_event *event, at_time now)
{
    struct at_online_event online_event;
    const struct at_protocol *protocol = &engine->rules->protocol;
    for (;;) {
        switch (
            at_online_next(&engine->online, protocol, &engine->span, engine->span_end, now, &online_event)) {
        case AT_ONLINE_NOTHING:
            return at_event_init(event, AT_EVENT_NONE, NULL);
        case AT_ONLINE_DATA: /* of a download that was given up: not reported */
            if (on_data_bytes(engine, event, online_event.bytes, online_event.length, now) != AT_EVENT_NONE)
                return event->kind;
            break;
        case AT_ONLINE_WRITTEN:
            return at_event_init(event, AT_EVENT_DATA_WRITTEN, NULL);
        case AT_ONLINE_HANGUP_SUSPECTED:
            return at_event_init(event, AT_EVENT_HANGUP_SUSPECTED, NULL);
        case AT_ONLINE_ENDED:
            return emit_data_mode_end(engine, event, &online_event, now);
        }
    }
}

static enum at_event_kind next_download(struct at_engine *engine, struct at_event *event, at_time now)
{
    struct at_ending *ending = &engine->online.ending;
    const char *bytes;
    size_t length;
    for (;;) {
        switch (at_download_next(&engine->download, ending, &engine->span, engine->span_end, now, &bytes,
                                 &length)) {
        case AT_DOWNLOAD_NOTHING:
            return at_event_init(event, AT_EVENT_NONE, NULL);
        case AT_DOWNLOAD_DATA: /* of a command that was given up: not reported */
            if (on_data_bytes(engine, event, bytes, length, now) != AT_EVENT_NONE)
                return event->kind;
            break;
        case AT_DOWNLOAD_END:
            length = at_ending_held(ending, &bytes);
            at_ending_reset(ending);
            resume_lines(engine, bytes, length);
            finish_download(engine);
            return at_event_init(event, AT_EVENT_NONE, NULL);
        case AT_DOWNLOAD_UNCERTAIN:
            at_online_begin(&engine->online);
            at_online_leave(&engine->online, false, now);
            return next_online(engine, event, now);
        }
    }
}

enum at_event_kind at_engine_next_data(struct at_engine *engine, struct at_event *event, at_time now)
{
    if (engine->observed_length > 0 && emit_data(engine, event, now) != AT_EVENT_NONE)
        return event->kind;
    return engine->online.phase != AT_ONLINE_OFF ? next_online(engine, event, now)
                                                 : next_download(engine, event, now);
}
