/* Checks of libhayes-at: what it refuses, by the state that it is in and by what the tables have room for.
 * Prints what is wrong; ends with 0 when nothing is. */
#include "check.h"

#include <hayes/at.h>

#include <string.h>

static const struct at_line_rule lines[] = {
    {.text = "OK", .kind = AT_LINE_FINAL, .success = true, .groups = AT_GROUP_GENERAL},
    {.text = "SHUT OK", .kind = AT_LINE_FINAL, .success = true, .groups = 2},
    {.text = "CONNECT", .kind = AT_LINE_CONNECT},
    {.text = "RDY", .kind = AT_LINE_BOOT},
    {.text = "+A:",
     .prefix = true,
     .kind = AT_LINE_URC,
     .block = {.owner_field = 1, .length_field = 2, .after = '\n'}},
    {.text = "+B:",
     .prefix = true,
     .kind = AT_LINE_URC,
     .block = {.owner_field = 1, .length_field = 2, .after = '\n'}},
    {.text = "+C:",
     .prefix = true,
     .kind = AT_LINE_URC,
     .block = {.owner_field = 1, .length_field = 2, .after = '\n'}},
    {.text = "+D:",
     .prefix = true,
     .kind = AT_LINE_URC,
     .block = {.owner_field = 1, .length_field = 2, .after = '\n'}},
    {.text = "+E:",
     .prefix = true,
     .kind = AT_LINE_URC,
     .block = {.owner_field = 1, .length_field = 2, .after = '\n'}},
    {.text = "+F:", .prefix = true, .kind = AT_LINE_URC},
};
static const struct at_command_rule commands[] = {
    {.name = "+OPEN",
     .accepts = AT_GROUP_GENERAL,
     .deferred = "+OPEN",
     .deferred_forms = AT_FORM_WRITE,
     .deferred_param = 1,
     .deferred_field = 1},
    {.name = "+PING", .accepts = AT_GROUP_GENERAL, .deferred = "+PING", .deferred_forms = AT_FORM_WRITE},
    {.name = "+ONE",
     .accepts = AT_GROUP_GENERAL,
     .deferred = "+ONE",
     .deferred_forms = AT_FORM_WRITE | AT_FORM_EXECUTE,
     .deferred_param = 1,
     .deferred_field = 1},
};
static const struct at_tables tables = {.lines = lines,
                                        .line_count = sizeof lines / sizeof *lines,
                                        .commands = commands,
                                        .command_count = sizeof commands / sizeof *commands};
static _Alignas(16) unsigned char memory[600000];
static struct at_arena arena = {.memory = memory, .size = sizeof memory};
static struct at_alloc alloc;
static const struct at_rules *rules;
static at_time now;

static struct at_engine *new_engine(void)
{
    arena.used = 0;
    alloc = at_arena_alloc(&arena);
    rules = at_rules_from_tables(&alloc, &tables);
    return at_engine_new(&alloc, rules);
}

static enum at_refusal submit(struct at_engine *engine, const char *text)
{
    uint32_t id;
    struct at_command command = {.text = text, .length = strlen(text), .online = *text == 'D'};
    return at_engine_submit(engine, &command, now, &id);
}

/* Takes all output, and hands `text` in; the kind of the last event. */
static enum at_event_kind exchange(struct at_engine *engine, const char *text)
{
    const char *bytes;
    size_t length;
    struct at_event event;
    enum at_event_kind kind, last = AT_EVENT_NONE;
    now += 1000;
    while ((length = at_engine_output(engine, now, &bytes)) > 0)
        at_engine_sent(engine, length, now);
    at_engine_input(engine, text, strlen(text));
    while ((kind = at_engine_next(engine, now, &event)) != AT_EVENT_NONE)
        last = kind;
    return last;
}

static void change_of_rules(void)
{
    struct at_engine *engine = new_engine();
    struct at_event event;
    CHECK(at_engine_set_rules(engine, rules));
    CHECK(submit(engine, "+X") == AT_ACCEPTED);
    CHECK(!at_engine_set_rules(engine, rules));
    CHECK(exchange(engine, "\r\nOK\r\n") == AT_EVENT_FINAL);
    CHECK(at_engine_set_rules(engine, rules));

    CHECK(submit(engine, "+OPEN=1") == AT_ACCEPTED);
    CHECK(exchange(engine, "\r\nOK\r\n") == AT_EVENT_FINAL);
    CHECK(!at_engine_set_rules(engine, rules)); /* its result is outstanding */
    CHECK(exchange(engine, "\r\n+OPEN: 1,0\r\n") == AT_EVENT_DEFERRED);
    CHECK(at_engine_set_rules(engine, rules));

    CHECK(submit(engine, "D") == AT_ACCEPTED);
    CHECK(exchange(engine, "\r\nCONNECT\r\n") == AT_EVENT_FINAL);
    CHECK(!at_engine_set_rules(engine, rules));
    at_engine_end_data_mode(engine);
    CHECK(at_engine_set_rules(engine, rules));

    at_engine_observe(engine, true);
    at_engine_input(engine, "\r\nRDY\r\n", 7);
    CHECK(at_engine_next(engine, now, &event) == AT_EVENT_SEEN);
    CHECK(!at_engine_set_rules(engine, rules)); /* what was seen is to be reported */
    CHECK(exchange(engine, "") != AT_EVENT_NONE);
}

static void deferred_results(void)
{
    struct at_engine *engine = new_engine();
    char text[16];
    CHECK(submit(engine, "+PING=1") == AT_ACCEPTED);
    CHECK(exchange(engine, "\r\nOK\r\n") == AT_EVENT_FINAL);
    CHECK(submit(engine, "+PING=2") == AT_REFUSED_PENDING);
    CHECK(submit(engine, "+X") == AT_ACCEPTED); /* another command is no reason */
    CHECK(exchange(engine, "\r\nOK\r\n") == AT_EVENT_FINAL);
    CHECK(submit(engine, "+ONE=1") == AT_ACCEPTED);
    CHECK(exchange(engine, "\r\nOK\r\n") == AT_EVENT_FINAL);
    CHECK(submit(engine, "+ONE") == AT_REFUSED_PENDING); /* its result could be that of the first */
    for (int i = 0; i < AT_DEFERRED_MAX - 2; i++) {
        snprintf(text, sizeof text, "+OPEN=%d", i);
        CHECK(submit(engine, text) == AT_ACCEPTED);
        CHECK(exchange(engine, "\r\nOK\r\n") == AT_EVENT_FINAL);
    }
    CHECK(submit(engine, "+OPEN=100") == AT_REFUSED_DEFERRED);
    CHECK(exchange(engine, "\r\n+OPEN: 3,0\r\n") == AT_EVENT_DEFERRED);
    CHECK(submit(engine, "+OPEN=100") == AT_ACCEPTED);
    CHECK(exchange(engine, "\r\n+PING: 0\r\n\r\nOK\r\n") == AT_EVENT_FINAL);
}

static void blocks(void)
{
    struct at_engine *engine = new_engine();
    CHECK(!at_engine_set_blocks(engine, "+F:", 1, false));
    CHECK(!at_engine_set_blocks(engine, "+NONE:", 1, false));
    CHECK(!at_engine_set_blocks(engine, "+A:", 32, false));
    CHECK(at_engine_set_blocks(engine, "+A:", 31, false) && at_engine_set_blocks(engine, "+B:", 1, false));
    CHECK(at_engine_set_blocks(engine, "+C:", 1, false) && at_engine_set_blocks(engine, "+D:", 1, false));
    CHECK(!at_engine_set_blocks(engine, "+E:", 1, false)); /* too many have exceptions */
    CHECK(at_engine_set_blocks(engine, "+A:", 31, true));
    CHECK(exchange(engine, "\r\n+A: 31,3\r\nabc\r\n+B: 1,3\r\n\r\n+B: -1,3\r\nabc\r\n+B: \"x\",3\r\nabc") ==
          AT_EVENT_BLOCK);
}

static void names(void)
{
    struct at_engine *engine = new_engine();
    CHECK(submit(engine, "&F") == AT_ACCEPTED && exchange(engine, "\r\nOK\r\n") == AT_EVENT_FINAL);
    CHECK(submit(engine, "&") == AT_ACCEPTED && exchange(engine, "\r\nOK\r\n") == AT_EVENT_FINAL);
    CHECK(submit(engine, "&1") == AT_ACCEPTED && exchange(engine, "\r\nOK\r\n") == AT_EVENT_FINAL);
    CHECK(submit(engine, "+X=\"a;b\";+CSQ;+Y") == AT_ACCEPTED);
    CHECK(exchange(engine, "\r\n+CSQ: 1,2\r\n\r\nOK\r\n") == AT_EVENT_FINAL);
    CHECK(submit(engine, "E0;+CSQ;&D2;") == AT_ACCEPTED);
    CHECK(exchange(engine, "\r\n+CSQ: 1,2\r\n") == AT_EVENT_INFO);
    CHECK(exchange(engine, "\r\nOK\r\n") == AT_EVENT_FINAL);
    CHECK(at_rules_line(rules, -1) == NULL && at_rules_line(rules, 0) == &lines[0]);
}

static void sizes(void)
{
    static struct at_line_rule many[2000];
    static char texts[2000][48];
    arena.used = 0;
    alloc = at_arena_alloc(&arena);
    CHECK(at_rules_from_tables(&alloc, &(struct at_tables){.lines = lines, .line_count = 40000}) == NULL);
    CHECK(at_rules_from_tables(&alloc, &(struct at_tables){.commands = commands, .command_count = 40000}) ==
          NULL);
    for (int i = 0; i < 2000; i++) { /* they have nothing in common: more than 32,767 characters */
        snprintf(texts[i], sizeof texts[i], "%04d a text of its own, which ends", i);
        many[i] = (struct at_line_rule){.text = texts[i]};
    }
    CHECK(at_rules_from_tables(&alloc, &(struct at_tables){.lines = many, .line_count = 2000}) == NULL);
    arena.used = 0;
    CHECK(at_rules_from_tables(&alloc, &(struct at_tables){.lines = many, .line_count = 500}) != NULL);
}

/* The texts that may end data. */
static void endings(void)
{
    static char texts[AT_ENDINGS_MAX + 1][8];
    static struct at_line_rule many[AT_ENDINGS_MAX + 1];
    static char long_text[AT_ENDING_BYTES + 1];
    const char *hangups[AT_ENDINGS_MAX + 1];
    struct at_engine *engine = new_engine();
    for (int i = 0; i <= AT_ENDINGS_MAX; i++) {
        snprintf(texts[i], sizeof texts[i], "END %d", i);
        many[i] = (struct at_line_rule){.text = texts[i], .kind = AT_LINE_FINAL};
        hangups[i] = texts[i];
    }
    memset(long_text, 'x', AT_ENDING_BYTES);
    struct at_tables too_many = {.lines = many, .line_count = AT_ENDINGS_MAX + 1};
    struct at_line_rule too_long = {.text = long_text, .kind = AT_LINE_FINAL};
    struct at_tables one = {.lines = &too_long, .line_count = 1};
    CHECK(!at_engine_set_rules(engine, at_rules_from_tables(&alloc, &too_many)));
    CHECK(!at_engine_set_rules(engine, at_rules_from_tables(&alloc, &one)));
    CHECK(at_engine_new(&alloc, at_rules_from_tables(&alloc, &too_many)) == NULL);
    CHECK(!at_engine_set_hangups(engine, hangups, AT_ENDINGS_MAX + 1));
    hangups[0] = long_text;
    CHECK(!at_engine_set_hangups(engine, hangups, 1));
    CHECK(at_engine_set_hangups(engine, hangups + 1, 2) && at_engine_set_hangups(engine, NULL, 0));
    CHECK(submit(engine, "D") == AT_ACCEPTED && exchange(engine, "\r\nCONNECT\r\n") == AT_EVENT_FINAL);
    CHECK(!at_engine_set_hangups(engine, hangups + 1, 1)); /* in data mode */
}

/* Calls that change nothing. */
static void nothing(void)
{
    struct at_engine *engine = new_engine();
    const char *bytes;
    CHECK(!at_engine_write_data(engine, "x", 1));
    CHECK(!at_engine_cancel(engine, 0, now) && !at_engine_cancel(engine, 77, now));
    CHECK(at_engine_end_data_mode(engine) == 0);
    at_engine_leave_data_mode(engine, false, now);
    at_engine_finish_data(engine);
    at_engine_input(engine, "", 0);
    CHECK(exchange(engine, "") == AT_EVENT_NONE && at_engine_output(engine, now, &bytes) == 0);
    CHECK(submit(engine, "D") == AT_ACCEPTED && exchange(engine, "\r\nCONNECT\r") == AT_EVENT_FINAL);
    CHECK(exchange(engine, "") == AT_EVENT_NONE);
    CHECK(exchange(engine, "\n") == AT_EVENT_NONE); /* the end of the line is no data */
    CHECK(exchange(engine, "data") == AT_EVENT_DATA);
    CHECK(!at_engine_cancel(engine, 1, now));
    CHECK(!at_engine_write_data(engine, "", 0));
    CHECK(at_engine_write_data(engine, "x", 1) && !at_engine_write_data(engine, "y", 1));
    CHECK(at_engine_end_data_mode(engine) == 1);
}

/* Everything sent and received is reported, and a change of rules waits for the report. */
static void observed(void)
{
    struct at_engine *engine = new_engine();
    struct at_event event;
    const char *bytes;
    size_t length;
    at_engine_observe(engine, true);
    CHECK(submit(engine, "D") == AT_ACCEPTED);
    length = at_engine_output(engine, now, &bytes);
    at_engine_sent(engine, 0, now);
    at_engine_sent(engine, length, now);
    CHECK(!at_engine_set_rules(engine, rules));
    CHECK(at_engine_has_event(engine));
    CHECK(at_engine_next(engine, now, &event) == AT_EVENT_SENT && event.length == 3);
    CHECK(exchange(engine, "\r\nCONNECT\r\n") == AT_EVENT_FINAL);
    CHECK(at_engine_write_data(engine, "bytes", 5));
    CHECK(exchange(engine, "more bytes") == AT_EVENT_DATA);
    CHECK(at_engine_write_data(engine, "bytes", 5));
}

/* Data of a download has been reported as SEEN when its command is given up: it is not delivered, and what
 * the host has left in the event means nothing. */
static void given_up_while_observed(void)
{
    static const enum at_event_kind after[] = {AT_EVENT_FINAL, AT_EVENT_DESYNC, AT_EVENT_NONE};
    struct at_engine *engine = new_engine();
    struct at_event event;
    uint32_t id;
    struct at_command command = {.text = "+GET", .length = 4, .expect = "+GET", .block = AT_UNKNOWN_LENGTH};
    CHECK(at_engine_submit(engine, &command, now, &id) == AT_ACCEPTED);
    exchange(engine, "\r\nCONNECT\r\n");
    at_engine_observe(engine, true);
    at_engine_input(engine, "data", 4);
    CHECK(at_engine_next(engine, now, &event) == AT_EVENT_SEEN && event.block == 4);
    CHECK(at_engine_cancel(engine, id, now));
    for (size_t i = 0; i < sizeof after / sizeof *after; i++)
        CHECK(at_engine_next(engine, now, &event) == after[i]);
}

/* What the host asks between events. */
static void questions(void)
{
    struct at_engine *engine = new_engine();
    const char *bytes;
    uint32_t id = 0;
    struct at_command command = {.text = "+X", .length = 2};
    CHECK(!at_engine_has_event(engine) && !at_engine_needs_drain_time(engine));
    CHECK(at_engine_submit(engine, &command, now, &id) == AT_ACCEPTED);
    CHECK(at_engine_cancel(engine, id, now) && at_engine_has_event(engine) && !at_engine_ready(engine));
    CHECK(exchange(engine, "") == AT_EVENT_FINAL && !at_engine_has_event(engine));

    engine = new_engine();
    CHECK(submit(engine, "D") == AT_ACCEPTED && exchange(engine, "\r\nCONNECT\r\n") == AT_EVENT_FINAL);
    CHECK(!at_engine_needs_drain_time(engine));
    at_engine_leave_data_mode(engine, false, now);
    CHECK(at_engine_output(engine, now, &bytes) == 0 && at_engine_needs_drain_time(engine));

    engine = new_engine();
    at_engine_sync(engine, now, AT_NEVER);
    CHECK(!at_engine_ready(engine) && submit(engine, "+X") == AT_REFUSED_BUSY);
    at_engine_end_data_mode(engine);
}

static void arenas(void)
{
    unsigned char *first, *second;
    arena.used = 0;
    alloc = at_arena_alloc(&arena);
    first = alloc.resize(alloc.context, NULL, 0, 100);
    memset(first, 'a', 100);
    second = alloc.resize(alloc.context, NULL, 0, 100);
    CHECK(alloc.resize(alloc.context, second, 100, 50) == second); /* the last one stays where it is */
    unsigned char *moved = alloc.resize(alloc.context, first, 100, 200);
    CHECK(moved != first && moved[0] == 'a' && moved[99] == 'a');
    unsigned char *smaller = alloc.resize(alloc.context, first, 100, 10);
    CHECK(smaller != NULL && smaller[9] == 'a');
    CHECK(alloc.resize(alloc.context, NULL, 0, sizeof memory) == NULL);
    CHECK(alloc.resize(alloc.context, NULL, 0, SIZE_MAX) == NULL);
    CHECK(alloc.resize(alloc.context, second, 50, 0) == NULL);
}

int main(void)
{
    change_of_rules();
    deferred_results();
    blocks();
    names();
    sizes();
    endings();
    nothing();
    observed();
    given_up_while_observed();
    questions();
    arenas();
    return failures > 0;
}
