/* Checks of the parts of libhayes-at on their own, through its internal headers (at_check.c has what hosts
 * see). Prints what is wrong; exits with 0 when nothing is. */
#include "check.h"

#include "at/escape.h"
#include "at/framer.h"
#include "at/match.h"
#include "at/online.h"
#include "at/payload.h"
#include "at/slot.h"
#include "at/sync.h"
#include "at/transfer.h"

#include <string.h>

static const struct at_line_rule lines[] = {
    {.text = "OK", .kind = AT_LINE_FINAL, .success = true, .groups = AT_GROUP_GENERAL},
    {.text = "+GET:", .prefix = true, .kind = AT_LINE_RESPONSE, .block = {1, '\n', 1, "n"}},
    {.text = "+IPD,", .prefix = true, .kind = AT_LINE_URC, .block = {2, ':', 2, NULL}},
    {.text = "#,CLOSED", .kind = AT_LINE_URC},
};
static const struct at_command_rule commands[] = {
    {.name = "+PUT",
     .accepts = AT_GROUP_GENERAL,
     .data_forms = AT_FORM_WRITE,
     .data_length_param = 2,
     .deferred = "+PUT",
     .deferred_forms = AT_FORM_WRITE,
     .deferred_param = 1,
     .deferred_field = 1},
};
static const struct at_protocol protocol = {.eol = "\r",
                                            .prompt = '>',
                                            .max_line = 16,
                                            .max_command = 64,
                                            .guard_ms = 1000,
                                            .answer_ms = 1000,
                                            .escape = "+++",
                                            .cancel = 0x1b};
static const struct at_tables tables = {&protocol, lines, sizeof lines / sizeof *lines, commands, 1};
static _Alignas(16) unsigned char memory[30000];
static struct at_arena arena;

static struct at_alloc new_alloc(void)
{
    arena = (struct at_arena){.memory = memory, .size = sizeof memory};
    return at_arena_alloc(&arena);
}

static bool equals(const char *bytes, size_t length, const char *text)
{
    return length == strlen(text) && memcmp(bytes, text, length) == 0;
}

static int16_t rule_for(const struct at_trie *trie, const char *line)
{
    struct at_trie_walk walk;
    at_trie_start(&walk);
    while (*line != '\0' && at_trie_step(trie, &walk, (unsigned char)*line))
        line++;
    return at_trie_result(trie, &walk);
}

static void trie(void)
{
    struct at_alloc alloc = new_alloc();
    struct at_trie trie;
    at_trie_init(&trie);
    CHECK(at_trie_add(&trie, &alloc, "+A:", 3, true, 1) &&
          at_trie_add(&trie, &alloc, "+A: long", 8, true, 2));
    CHECK(at_trie_add(&trie, &alloc, "OK", 2, false, 3) && at_trie_add(&trie, &alloc, "#,END", 5, false, 4));
    CHECK(!at_trie_add(&trie, &alloc, "", 0, true, 5));
    CHECK(rule_for(&trie, "+A: 1") == 1 && rule_for(&trie, "+A: long one") == 2 &&
          rule_for(&trie, "+A") == AT_NO_RULE);
    CHECK(rule_for(&trie, "OK") == 3 && rule_for(&trie, "OKAY") == AT_NO_RULE);
    CHECK(rule_for(&trie, "0,END") == 4 && rule_for(&trie, "123,END") == 4 &&
          rule_for(&trie, ",END") == AT_NO_RULE);
    CHECK(at_trie_find(&trie, "OK", 2) == 3 && at_trie_find(&trie, "O", 1) == AT_NO_RULE);
    at_trie_free(&trie, &alloc);
}

/* One span, whose tokens have to be these kinds; the texts of lines are joined with `|`. */
static bool frames(struct at_framer *framer, const char *bytes, const enum at_token_kind *kinds,
                   const char *texts)
{
    struct at_token token;
    char all[100] = "";
    at_framer_input(framer, bytes, strlen(bytes));
    for (;; kinds++) {
        enum at_token_kind kind = at_framer_next(framer, &token);
        if (kind != *kinds || kind == AT_TOKEN_NONE)
            return kind == *kinds && strcmp(all, texts) == 0;
        if (kind == AT_TOKEN_LINE || kind == AT_TOKEN_HEADER || kind == AT_TOKEN_DATA)
            snprintf(all + strlen(all), sizeof all - strlen(all), "%.*s|", (int)token.length, token.text);
        if (kind == AT_TOKEN_HEADER)
            at_framer_block(framer, 3);
    }
}

#define KINDS(...) ((const enum at_token_kind[]){__VA_ARGS__, AT_TOKEN_NONE})

static void framer(void)
{
    struct at_alloc alloc = new_alloc();
    struct at_rules *rules = at_rules_from_tables(&alloc, &tables);
    struct at_framer framer;
    CHECK(rules != NULL && at_framer_init(&framer, &alloc, rules));
    CHECK(frames(&framer, "\r\nOK\r\n", KINDS(AT_TOKEN_LINE), "OK|"));
    CHECK(frames(&framer, "+X: spl", KINDS(AT_TOKEN_NONE), ""));
    CHECK(frames(&framer, "it\r", KINDS(AT_TOKEN_LINE), "+X: split|"));
    CHECK(frames(&framer, "+IPD,0,3:a\rbOK\r\n", KINDS(AT_TOKEN_HEADER, AT_TOKEN_DATA, AT_TOKEN_LINE),
                 "+IPD,0,3|a\rb|OK|"));
    CHECK(frames(&framer, "a line of 18 bytes\r\nOK\r\n", KINDS(AT_TOKEN_OVERLONG, AT_TOKEN_LINE), "OK|"));
    CHECK(frames(&framer, ">\r\n", KINDS(AT_TOKEN_LINE), ">|"));
    at_framer_expect_prompt(&framer, '>');
    CHECK(frames(&framer, "> ", KINDS(AT_TOKEN_PROMPT), ""));
    at_framer_free(&framer);
    at_rules_free(rules);
}

static struct at_token line_of(const char *text)
{
    return (struct at_token){.kind = AT_TOKEN_LINE, .text = text, .length = strlen(text), .rule = AT_NO_RULE};
}

static void match(void)
{
    struct at_token line = line_of("+GET: 12,\"a\"");
    CHECK(at_is_named(&line, "+GET", 4) && at_is_named(&line, "+GET:", 5) && !at_is_named(&line, "+GE", 3));
    CHECK(at_prefix_length(&line) == 5);
    CHECK(at_has_shape(&line, 4, "ns") && at_has_shape(&line, 4, "d|ds") && !at_has_shape(&line, 4, "n"));
    CHECK(at_has_key(&line, 4, 1, "12") && !at_has_key(&line, 4, 1, "1") && at_has_key(&line, 4, 0, "1"));
    line = line_of("+GET: 12");
    line.prefix_length = 5;
    CHECK(at_block_length(&line, &lines[1]) == 12 && at_block_length(&line, NULL) == 0);
    CHECK(at_has_key(&line, 5, 1, "") && !at_has_key(&line, 5, 2, "12"));
    for (size_t i = 0; i < 4; i++) {
        static const char *const texts[] = {"869710030002905", "+", "", "+CSQ 1,2"};
        line = line_of(texts[i]);
        CHECK(at_prefix_length(&line) == 0);
    }
    static const struct at_line_rule owned = {.block = {.length_field = 2, .after = '\n', .owner_field = 1}};
    line = (struct at_token){.kind = AT_TOKEN_LINE};
    CHECK(at_prefix_length(&line) == 0);
    line = line_of("7,5");
    CHECK(at_block_owner_number(&line, &owned) == 7);
    line = line_of("-7,5");
    CHECK(at_block_owner_number(&line, &owned) == UINT64_MAX);
    line = line_of("\"seven\",5");
    CHECK(at_block_owner_number(&line, &owned) == UINT64_MAX);
    line = line_of("");
    CHECK(at_block_owner_number(&line, &owned) == UINT64_MAX);
}

static void slot(void)
{
    struct at_alloc alloc = new_alloc();
    struct at_rules *rules = at_rules_from_tables(&alloc, &tables);
    struct at_source source = {.remaining = 5};
    struct at_command command = {.text = "+put=7,5", .length = 8};
    struct at_slot slot;
    CHECK(at_slot_fill(&slot, rules, &command, 9000) == AT_REFUSED_NO_DATA);
    command.data = &source;
    CHECK(at_slot_fill(&slot, rules, &command, 9000) == AT_ACCEPTED && slot.timeout_ms == 9000);
    CHECK(equals(slot.name, slot.name_length, "+PUT") && strcmp(slot.expect.key, "7") == 0);
    CHECK(at_slot_wants_prompt(&slot) && at_slot_data_owed(&slot) == 0);
    slot.prompted = true;
    CHECK(at_slot_data_owed(&slot) == 5 && at_slot_is_unfinished(&slot));
    command = (struct at_command){.text = "+PUT=7,0", .length = 8};
    CHECK(at_slot_fill(&slot, rules, &command, 9000) == AT_ACCEPTED && !at_slot_wants_prompt(&slot));
    command = (struct at_command){.text = "+PUT=7,x", .length = 8, .data = &source};
    CHECK(at_slot_fill(&slot, rules, &command, 9000) == AT_ACCEPTED && at_slot_wants_prompt(&slot));
    command = (struct at_command){.text = "+PUT=7,5;+X", .length = 11}; /* the rule is for a command alone */
    CHECK(at_slot_fill(&slot, rules, &command, 9000) == AT_ACCEPTED && slot.expect.prefix_length == 0);
}

/* Lets the time come for which the sync waits, and takes what it then sends. */
static bool sync_sends(struct at_sync *sync, at_time *now, const char *text)
{
    static const struct at_escape escape;
    const char *bytes;
    *now = at_sync_deadline(sync);
    CHECK(*now != AT_NEVER && !at_sync_tick(sync, &escape, &protocol, *now));
    size_t length = at_sync_output(sync, &bytes);
    bool same = equals(bytes, length, text);
    if (length > 0)
        at_sync_sent(sync, length, *now);
    return same;
}

static void sync(void)
{
    static const struct at_escape escape;
    struct at_sync sync;
    at_time now = 0;
    at_sync_start(&sync, &(struct at_sync_start){.quiet_ms = 100, .give_up = AT_NEVER}, now);
    CHECK(at_sync_deadline(&sync) == at_ms(100) && sync_sends(&sync, &now, "AT\r"));
    at_sync_final(&sync, true, now);
    CHECK(sync_sends(&sync, &now, "AT\r")); /* one answer is not enough */
    at_sync_final(&sync, true, now);
    now = at_sync_deadline(&sync);
    CHECK(at_sync_tick(&sync, &escape, &protocol, now) && sync.phase == AT_SYNC_OFF);
    CHECK(!at_sync_tick(&sync, &escape, &protocol, now));

    at_sync_start(&sync, &(struct at_sync_start){.give_up = AT_NEVER}, now);
    CHECK(sync_sends(&sync, &now, "AT\r") && sync_sends(&sync, &now, "AT\r")); /* no answer: again, then … */
    CHECK(sync_sends(&sync, &now, "\x1b") && sync_sends(&sync, &now, "AT\r"));
    CHECK(sync_sends(&sync, &now, "") && sync_sends(&sync, &now, "+++"));

    at_sync_start(&sync, &(struct at_sync_start){.data_mode = true, .give_up = AT_NEVER}, now);
    CHECK(sync_sends(&sync, &now, "") && sync.phase == AT_SYNC_GUARD);
    at_sync_set_drain_time(&sync, now + at_ms(400)); /* what the port has queued is no silence */
    at_sync_set_drain_time(&sync, now + at_ms(100)); /* nor is it shorter for what it says later */
    CHECK(at_sync_deadline(&sync) == now + at_ms(1400) && sync_sends(&sync, &now, "+++"));
}

static enum at_online_event_kind online_next(struct at_online *online, const char *bytes, at_time now,
                                             struct at_online_event *event)
{
    const char *at = bytes;
    return at_online_next(online, &protocol, &at, bytes + strlen(bytes), now, event);
}

static void online(void)
{
    struct at_alloc alloc = new_alloc();
    struct at_escape escape = {0};
    struct at_online online;
    struct at_online_event event;
    const char *bytes;
    CHECK(at_online_init(&online, &alloc, &escape) && !at_online_write(&online, "x", 1));
    at_ending_add(&online.ending, "NO CARRIER", 10, false);
    at_online_begin(&online);
    CHECK(at_online_write(&online, "x", 1) && !at_online_write(&online, "y", 1));
    CHECK(online_next(&online, "data\r\nNO CARRIER\r\n", 0, &event) == AT_ONLINE_DATA);
    CHECK(equals(event.bytes, event.length, "data"));
    CHECK(online_next(&online, "\r\nNO CARRIER\r\n", 0, &event) == AT_ONLINE_NOTHING);
    CHECK(at_online_output(&online, &protocol, 0, &bytes) == 0); /* the module may be in command mode */
    at_time now = at_ms(AT_ENDING_QUIET_MS);
    CHECK(online_next(&online, "", now, &event) == AT_ONLINE_HANGUP_SUSPECTED);
    at_online_leave(&online, false, now);
    now = at_ms(2000);
    CHECK(online_next(&online, "", now, &event) == AT_ONLINE_NOTHING);
    size_t length = at_online_output(&online, &protocol, now, &bytes);
    CHECK(equals(bytes, length, "+++"));
    at_online_sent(&online, &protocol, length, now);
    CHECK(online_next(&online, "", at_ms(6000), &event) == AT_ONLINE_ENDED && !event.answered && event.ended);
    at_online_free(&online, &alloc);
}

/* The next event of a download, for bytes that have come; how many of them were used is not looked at. */
static enum at_download_event download_next(struct at_download *download, struct at_ending *ending,
                                            const char *bytes, at_time now, size_t *length)
{
    const char *at = bytes, *data;
    return at_download_next(download, ending, &at, bytes + strlen(bytes), now, &data, length);
}

static void transfer(void)
{
    struct at_alloc alloc = new_alloc();
    struct at_download download;
    struct at_ending ending;
    struct at_escape escape = {0};
    size_t length;
    CHECK(at_ending_init(&ending, &alloc) && at_ending_add(&ending, "OK\r\n\r\n+GET:", 11, true));
    at_download_begin(&download, "+GET", 4, AT_UNKNOWN_LENGTH);
    CHECK(download_next(&download, &ending, "12345", 0, &length) == AT_DOWNLOAD_DATA && length == 5);
    CHECK(download_next(&download, &ending, "\r\nOK\r\n\r\n+GET: 0,5\r\n", 0, &length) ==
          AT_DOWNLOAD_NOTHING);
    CHECK(download_next(&download, &ending, "", at_download_deadline(&download, &ending), &length) ==
          AT_DOWNLOAD_END);
    CHECK(at_download_deadline(&download, &ending) == AT_NEVER); /* it is over */
    static const char *const no_results[] = {
        ": 0,0,1", ": 0,", ": ,0", ": /,0", "S: 0,0", " 0,0", ": 0,12345678901234567890"};
    for (size_t i = 0; i < sizeof no_results / sizeof *no_results; i++) {
        char text[64];
        snprintf(text, sizeof text, "\r\nOK\r\n\r\n+GET%s\r\n", no_results[i]);
        at_ending_reset(&ending);
        at_download_begin(&download, "+GET", 4, AT_UNKNOWN_LENGTH);
        enum at_download_event event = download_next(&download, &ending, text, 0, &length);
        CHECK(event == AT_DOWNLOAD_NOTHING || event == AT_DOWNLOAD_DATA);
    }
    for (int i = 1; i < AT_ENDINGS_MAX; i++)
        CHECK(at_ending_add(&ending, "TEXT", 4, false));
    CHECK(!at_ending_add(&ending, "TEXT", 4, false));
    at_ending_free(&ending, &alloc);

    struct at_memory text = {"12345678", 8};
    struct at_source source;
    struct at_upload upload = {.source = &source, .ack_every = 5, .ack_byte = 'A'};
    const char *bytes;
    at_source_memory(&source, &text);
    CHECK(at_upload_output(&upload, &escape, &protocol, 0, &bytes) == 5); /* up to the acknowledgement */
    CHECK(at_upload_sent(&upload, &escape, &protocol, 5, 0) == 5 && at_upload_unsent(&upload) == 3);
    CHECK(at_upload_output(&upload, &escape, &protocol, 0, &bytes) == 0);
    upload.unacknowledged = 0;
    CHECK(at_upload_output(&upload, &escape, &protocol, 0, &bytes) == 3 && bytes[0] == '6');
}

/* Data never becomes an escape sequence: it waits, or is cut, where a module could take it for one. */
static void escape(void)
{
    struct at_protocol patient = protocol, hasty = protocol, without = protocol;
    struct at_escape line = {0};
    at_time until = 0, now = at_ms(5000);
    hasty.idle_ms = 20;
    without.escape[0] = '\0';
    CHECK(at_escape_allowed(&line, &without, "+++", 3, now, &until) == 3);
    CHECK(at_escape_allowed(&line, &patient, "text+++", 7, now, &until) == 7);
    CHECK(at_escape_allowed(&line, &hasty, "+++", 3, now, &until) == 2); /* up to the last but one */
    at_escape_sent(&line, &hasty, "++", 2, now);
    at_escape_sent(&line, &hasty, "", 0, now);
    CHECK(at_escape_allowed(&line, &hasty, "+", 1, now, &until) == 0 && until > now);
    CHECK(at_escape_allowed(&line, &hasty, "+", 1, until, &until) == 1);
    CHECK(at_escape_allowed(&line, &hasty, "x+", 2, now, &until) == 2);
}

/* An echo of the data that was sent is dropped; what only begins like one is not. */
static void payload(void)
{
    struct at_payload echo;
    size_t unmatched;
    at_payload_begin(&echo, 5);
    CHECK(at_payload_skip(&echo, "12345", 5, &unmatched) == 0); /* nothing has been sent yet */
    at_payload_sent(&echo, "12345", 5);
    at_payload_sent(&echo, "", 0);
    CHECK(at_payload_skip(&echo, "", 0, &unmatched) == 0 && unmatched == 0);
    CHECK(at_payload_skip(&echo, " 123", 4, &unmatched) == 4 && unmatched == 0);
    CHECK(at_payload_skip(&echo, "45\r\n", 4, &unmatched) == 2 && unmatched == 0 && !echo.active);
    at_payload_sent(&echo, "more", 4);
    CHECK(at_payload_skip(&echo, "more", 4, &unmatched) == 0);

    at_payload_begin(&echo, 5);
    at_payload_sent(&echo, "123", 3);
    CHECK(at_payload_skip(&echo, "12", 2, &unmatched) == 2 && unmatched == 0);
    CHECK(at_payload_skip(&echo, "x", 1, &unmatched) == 0 && unmatched == 2 && !echo.active);

    at_payload_begin(&echo, 5);
    at_payload_sent(&echo, "12", 2);
    CHECK(at_payload_skip(&echo, "123", 3, &unmatched) == 2 && unmatched == 2); /* the third was not sent */

    at_payload_begin(&echo, 40);
    at_payload_sent(&echo, " 0123456789abcdef0123456789", 27);
    CHECK(at_payload_skip(&echo, " 0123456789abcdef", 17, &unmatched) == 17 && echo.remaining == 23);
    CHECK(at_payload_skip(&echo, "anything, now", 13, &unmatched) == 13 && echo.active);
    at_payload_begin(&echo, 4);
    at_payload_sent(&echo, "\r\nOK", 4);
    CHECK(!echo.active); /* it could not be told from an answer */
    at_payload_begin(&echo, 0);
    CHECK(!echo.active);
}

int main(void)
{
    trie();
    framer();
    match();
    slot();
    escape();
    payload();
    sync();
    online();
    transfer();
    return failures > 0;
}
