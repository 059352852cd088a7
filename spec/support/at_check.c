/* Checks of libhayes-at as a program in C sees it, beside what the engine's specs hold: limits, constant
 * tables, and memory that runs out. Prints what is wrong; ends with 0 when nothing is. */
#include "check.h"

#include <hayes/at.h>

#include <stdlib.h>
#include <string.h>

#define NAME_32 "+ABCDEFGHIJKLMNOPQRSTUVWXYZ12345"

static const struct at_line_rule lines[] = {
    {.text = "OK", .kind = AT_LINE_FINAL, .success = true, .groups = AT_GROUP_GENERAL},
    {.text = "+URC:", .prefix = true, .kind = AT_LINE_URC},
    {.text = "CONNECT", .kind = AT_LINE_CONNECT},
};
static const struct at_command_rule commands[] = {
    {.name = "+TWO",
     .accepts = AT_GROUP_GENERAL,
     .deferred = "+TWO",
     .deferred_forms = AT_FORM_WRITE,
     .deferred_param = 1,
     .deferred_field = 1},
    {.name = NAME_32, .accepts = AT_GROUP_GENERAL},
};
static const struct at_tables tables = {
    .lines = lines, .line_count = 3, .commands = commands, .command_count = 2};
static _Alignas(16) unsigned char memory[30000];
static struct at_arena arena = {.memory = memory, .size = sizeof memory};

static struct at_engine *new_engine(size_t size)
{
    arena.used = 0;
    arena.size = size;
    struct at_alloc alloc = at_arena_alloc(&arena);
    return at_engine_new(&alloc, at_rules_from_tables(&alloc, &tables));
}

static enum at_refusal check(const struct at_engine *engine, const char *text, const char *expect)
{
    struct at_command command = {.text = text, .length = strlen(text), .expect = expect};
    return at_engine_check(engine, &command);
}

static void limits(void)
{
    struct at_engine *engine = new_engine(sizeof memory);
    CHECK(check(engine, NAME_32 "=1", NULL) == AT_ACCEPTED);
    CHECK(check(engine, NAME_32 "6=1", NULL) == AT_REFUSED_NAME);
    CHECK(check(engine, "+X", NAME_32) == AT_ACCEPTED);
    CHECK(check(engine, "+X", NAME_32 "6") == AT_REFUSED_NAME);
    CHECK(check(engine, "+TWO=123456789012345", NULL) == AT_ACCEPTED);
    CHECK(check(engine, "+TWO=1234567890123456", NULL) == AT_REFUSED_KEY);
    CHECK(check(engine, "+X\rY", NULL) == AT_REFUSED_BYTE);

    struct at_alloc alloc = at_arena_alloc(&arena);
    struct at_rules *rules = at_rules_new(&alloc, NULL);
    CHECK(at_rules_add_command(rules, &(struct at_command_rule){.name = NAME_32}));
    CHECK(!at_rules_add_command(rules, &(struct at_command_rule){.name = NAME_32 "6"}));
    CHECK(!at_rules_add_command(rules, &(struct at_command_rule){.name = "+X", .deferred = NAME_32 "6"}));
    CHECK(!at_rules_add_command(rules, &(struct at_command_rule){.name = "+X", .info_prefix = NAME_32 "6"}));
    struct at_rules *constant = at_rules_from_tables(&alloc, &tables);
    CHECK(!at_rules_add_line(constant, &lines[0]) && !at_rules_add_command(constant, &commands[0]));
    CHECK(at_rules_line(constant, 1) == &lines[1] && at_rules_line(constant, 3) == NULL);
    const struct at_command_rule too_long = {.name = NAME_32 "6"};
    CHECK(at_rules_from_tables(&alloc, &(struct at_tables){.commands = &too_long, .command_count = 1}) ==
          NULL);
}

/* Takes all output, and hands `text` in. */
static void exchange(struct at_engine *engine, const char *text, at_time now)
{
    const char *bytes;
    size_t length;
    while ((length = at_engine_output(engine, now, &bytes)) > 0)
        at_engine_sent(engine, length, now);
    at_engine_input(engine, text, strlen(text));
}

/* The order of events that at.h promises for a two-phase command. */
static void two_phases(void)
{
    struct at_engine *engine = new_engine(sizeof memory);
    struct at_command command = {.text = "+TWO=4,1", .length = 8};
    struct at_event event;
    uint32_t first, second;
    CHECK(at_engine_submit(engine, &command, 0, &first) == AT_ACCEPTED);
    CHECK(at_engine_submit(engine, &command, 0, &second) == AT_REFUSED_BUSY);
    exchange(engine, "\r\nOK\r\n", 1000);
    CHECK(at_engine_next(engine, 1000, &event) == AT_EVENT_FINAL);
    CHECK(event.command == first && event.result == AT_RESULT_OK && event.more);
    CHECK(at_engine_next(engine, 1000, &event) == AT_EVENT_NONE);
    CHECK(at_engine_submit(engine, &(struct at_command){.text = "+X", .length = 2}, 2000, &second) ==
          AT_ACCEPTED);
    exchange(engine, "\r\n+TWO: 5,0\r\n\r\n+TWO: 4,0\r\n\r\nOK\r\n", 3000);
    CHECK(at_engine_next(engine, 3000, &event) == AT_EVENT_UNKNOWN);
    CHECK(at_engine_next(engine, 3000, &event) == AT_EVENT_DEFERRED && event.command == first && !event.more);
    CHECK(event.length == 9 && memcmp(event.text, "+TWO: 4,0", 9) == 0 && event.prefix_length == 5);
    CHECK(at_engine_next(engine, 3000, &event) == AT_EVENT_FINAL && event.command == second && !event.more);
    CHECK(at_engine_next(engine, 3000, &event) == AT_EVENT_NONE);
}

/* The source of a command is the host's again after FINAL, also if the module asks for data later. */
static void late_prompt(void)
{
    struct at_engine *engine = new_engine(sizeof memory);
    struct at_memory *text = malloc(sizeof *text);
    struct at_source *source = malloc(sizeof *source);
    struct at_event event;
    uint32_t id;
    *text = (struct at_memory){.bytes = "hello", .length = 5};
    at_source_memory(source, text);
    struct at_command command = {.text = "+PUT=5", .length = 6, .data = source, .timeout_ms = 1000};
    CHECK(at_engine_submit(engine, &command, 0, &id) == AT_ACCEPTED);
    exchange(engine, "", 0);
    CHECK(at_engine_next(engine, at_ms(2000), &event) == AT_EVENT_FINAL);
    CHECK(event.result == AT_RESULT_TIMEOUT && event.unsent == 5);
    free(source);
    free(text);
    exchange(engine, "\r\n> ", at_ms(2001));
    for (at_time now = at_ms(2001); now < at_ms(9000); now += at_ms(100)) {
        while (at_engine_next(engine, now, &event) != AT_EVENT_NONE)
            CHECK(event.kind != AT_EVENT_FINAL);
        exchange(engine, "", now);
    }
}

/* Texts that end data mode are refused together if they have no room, and the earlier ones stay. */
static void hangups(void)
{
    const char *texts[AT_ENDINGS_MAX + 1];
    struct at_engine *engine = new_engine(sizeof memory);
    struct at_event event;
    uint32_t id;
    for (int i = 0; i <= AT_ENDINGS_MAX; i++)
        texts[i] = "CLOSED";
    CHECK(at_engine_set_hangups(engine, texts, 1));
    CHECK(!at_engine_set_hangups(engine, texts, AT_ENDINGS_MAX + 1));
    struct at_command command = {.text = "+DATA", .length = 5, .online = true};
    CHECK(at_engine_submit(engine, &command, 0, &id) == AT_ACCEPTED);
    exchange(engine, "\r\nCONNECT\r\n", 0);
    CHECK(at_engine_next(engine, 0, &event) == AT_EVENT_FINAL && event.online);
    CHECK(at_engine_next(engine, 0, &event) == AT_EVENT_NONE);
    exchange(engine, "\r\nCLOSED\r\n", 0);
    CHECK(at_engine_next(engine, 0, &event) == AT_EVENT_NONE);
    CHECK(at_engine_next(engine, at_ms(5000), &event) == AT_EVENT_HANGUP_SUSPECTED);
}

/* Hands text in and gives the kind of the last event; bytes of blocks are gathered. */
static char gathered[64];
static size_t gathered_length;

static enum at_event_kind take_in(struct at_engine *engine, const char *text, at_time now)
{
    struct at_event event;
    enum at_event_kind last = AT_EVENT_NONE;
    char *bytes = malloc(strlen(text));
    memcpy(bytes, text, strlen(text));
    at_engine_input(engine, bytes, strlen(text));
    while (at_engine_next(engine, now, &event) != AT_EVENT_NONE) {
        last = event.kind;
        if (event.kind == AT_EVENT_BLOCK && gathered_length + event.length < sizeof gathered) {
            memcpy(gathered + gathered_length, event.text, event.length);
            gathered_length += event.length;
        }
    }
    free(bytes);
    return last;
}

/* A download of seven bytes that end in the beginning of a text that may be its end. */
static void download(bool cancelled)
{
    struct at_engine *engine = new_engine(sizeof memory);
    struct at_command command = {.text = "+GET=1", .length = 6, .expect = "+GET", .block = 7};
    uint32_t id;
    gathered_length = 0;
    CHECK(at_engine_submit(engine, &command, 0, &id) == AT_ACCEPTED);
    exchange(engine, "", 0);
    take_in(engine, "\r\nCONNECT\r\nabc\r\nOK\r", 0);
    if (cancelled) {
        CHECK(at_engine_cancel(engine, id, at_ms(1)));
        take_in(engine, "\nOK\r\n\r\n+GET: 0,7\r\n", at_ms(1));
        return;
    }
    take_in(engine, "", at_ms(300));
    CHECK(take_in(engine, "\nOK\r\n\r\n+GET: 0,7\r\n", at_ms(600)) == AT_EVENT_DEFERRED);
    CHECK(gathered_length == 7 && memcmp(gathered, "abc\r\nOK", 7) == 0);
}

static void fields(void)
{
    const char text[] = " 4, \"a,b\" ,,(1,2),-7";
    struct at_fields list;
    struct at_field field;
    int64_t number = 0;
    int count = 0;
    at_fields_init(&list, text, sizeof text - 1);
    while (at_fields_next(&list, &field))
        count++;
    CHECK(count == 5 && at_field_number(&field, &number) && number == -7);
    CHECK(at_fields_get(text, sizeof text - 1, 2, &field) && field.quoted && field.length == 3);
    CHECK(at_fields_get(text, sizeof text - 1, 3, &field) && field.length == 0 &&
          !at_field_number(&field, &number));
    CHECK(!at_fields_get(text, sizeof text - 1, 6, &field) && !at_fields_get("", 0, 1, &field));
    CHECK(at_fields_match("n|sd", "\"recv\",12", 9) && !at_fields_match("n|sd", "\"recv\",0X12", 11));
    CHECK(at_fields_match("'recv'*", "\"recv\",1,2", 10) && !at_fields_match("'closed'*", "\"recv\",1", 8));
    CHECK(at_fields_match(NULL, "", 0) && !at_fields_match("n", "", 0));
}

/* A line that is too long is told of by its length alone. */
static void overlong_line(void)
{
    static char line[5000];
    struct at_event event;
    struct at_engine *engine = new_engine(sizeof memory);
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    at_engine_observe(engine, true);
    at_engine_input(engine, line, sizeof line);
    CHECK(at_engine_next(engine, 0, &event) == AT_EVENT_SEEN && event.text == NULL &&
          event.block == sizeof line - 1);
    CHECK(at_engine_next(engine, 0, &event) == AT_EVENT_OVERLONG && event.length == sizeof line - 1);
    CHECK(event.prefix_length == 0);
}

/* An allocator of which the call after so many fails, and that knows how much is out. */
static long calls_left;
static size_t bytes_out;

static void *resize_or_fail(void *context, void *block, size_t old_size, size_t size)
{
    (void)context;
    if (size > 0 && calls_left-- == 0)
        return NULL;
    bytes_out += size - old_size;
    if (size == 0)
        free(block);
    return size > 0 ? realloc(block, size) : NULL;
}

static bool add_rules(struct at_rules *rules)
{
    char text[16], name[16];
    for (int i = 0; i < 40; i++) { /* more than the tables have room for at first */
        snprintf(text, sizeof text, "+LINE%d:", i);
        snprintf(name, sizeof name, "+NAME%d", i);
        const struct at_line_rule line = {
            .text = text, .prefix = true, .shape = "nn", .block = {.shape = "n"}};
        const struct at_command_rule command = {
            .name = name, .info_shape = "n", .info_prefix = text, .deferred = text, .deferred_end = "OK"};
        if (!at_rules_add_line(rules, &line) || !at_rules_add_command(rules, &command))
            return false;
    }
    return at_rules_add_line(rules, &lines[0]);
}

/* Whether all of it could be had. What was had works, and is given back. */
static bool use_with_failure(long after)
{
    const struct at_alloc alloc = {.resize = resize_or_fail};
    calls_left = after;
    struct at_rules *rules = at_rules_new(&alloc, NULL), *constant = at_rules_from_tables(&alloc, &tables);
    bool added = rules != NULL && add_rules(rules);
    struct at_engine *engine = added ? at_engine_new(&alloc, rules) : NULL;
    bool changed = engine != NULL && constant != NULL && at_engine_set_rules(engine, constant);
    if (engine != NULL) {
        struct at_event event;
        uint32_t id;
        CHECK(at_engine_submit(engine, &(struct at_command){.text = "+X", .length = 2}, 0, &id) ==
              AT_ACCEPTED);
        exchange(engine, "\r\nOK\r\n", 1000);
        CHECK(at_engine_next(engine, 1000, &event) == AT_EVENT_FINAL && event.result == AT_RESULT_OK);
        at_engine_free(engine);
    }
    if (rules != NULL)
        at_rules_free(rules);
    if (constant != NULL)
        at_rules_free(constant);
    CHECK(bytes_out == 0);
    return changed;
}

static void failing_allocations(void)
{
    long after = 0;
    while (!use_with_failure(after) && after < 10000)
        after++;
    CHECK(after > 300 && after < 10000);
}

int main(void)
{
    size_t size = 0;
    limits();
    fields();
    overlong_line();
    two_phases();
    late_prompt();
    hangups();
    download(false);
    download(true);
    failing_allocations();
    while (new_engine(size) == NULL && size < sizeof memory)
        size += 16;
    CHECK(size > 4096 && size <= 24000);
    return failures > 0;
}
