#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COMMANDS_MAX = 64, /* in one session */
    EVENTS_MAX = 100000,
    HEALTHY_S = 400, /* within which a healthy module is in step */
};

#define REQUIRE(truth)                                                                                       \
    do {                                                                                                     \
        if (!(truth)) {                                                                                      \
            fprintf(stderr, "%s:%d: %s is not so\n", __FILE__, __LINE__, #truth);                            \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

static void *resize(void *context, void *block, size_t old_size, size_t size)
{
    (void)context;
    (void)old_size;
    if (size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, size);
}

const struct at_alloc heap = {.resize = resize};

struct command {
    uint32_t id;
    bool ended, more;
    struct at_source *source; /* freed at FINAL */
    struct at_memory *memory;
    char *bytes;
};

struct session {
    const struct session_options *options;
    struct at_engine *engine;
    at_time now;
    struct command commands[COMMANDS_MAX];
    int count;
    char *kept[256]; /* what write_data borrows */
    int kept_count;
    uint8_t interruption; /* what to do after the next event, while others are left */
    struct session_log *log;
    enum at_event_kind last; /* kind of the last entry of the log */
    uint32_t last_command;
};

size_t take_bytes(struct input *input, const char **bytes)
{
    size_t length = take(input), left = (size_t)(input->end - input->at);
    *bytes = (const char *)input->at;
    length = length < left ? length : left;
    input->at += length;
    return length;
}

static void append(struct session_log *log, const char *bytes, size_t length)
{
    if (log->length + length > log->size) {
        log->size = (log->length + length) * 2;
        log->text = realloc(log->text, log->size);
    }
    if (length > 0)
        memcpy(log->text + log->length, bytes, length);
    log->length += length;
}

/* The bytes of data are logged without their divisions. */
static void log_event(struct session *session, const struct at_event *event)
{
    bool data = event->kind == AT_EVENT_DATA || event->kind == AT_EVENT_BLOCK;
    bool divided = event->text == NULL && (event->kind == AT_EVENT_SEEN || event->kind == AT_EVENT_SENT);
    if (event->kind == AT_EVENT_PROGRESS || divided)
        return;
    char entry[200];
    if (!data || session->last != event->kind || session->last_command != event->command) {
        int length = snprintf(entry, sizeof entry,
                              "\n%d command %u result %d more %d rule %d prefix %d online %d%d%d%d "
                              "damage %d unsent %llu: ",
                              event->kind, event->command, event->result, data ? 0 : event->more, event->rule,
                              (int)event->prefix_length, event->online, event->early, event->answered,
                              event->ended, event->damage, (unsigned long long)event->unsent);
        append(session->log, entry, (size_t)length);
    }
    if (event->text != NULL)
        append(session->log, event->text, event->length);
    session->last = event->kind;
    session->last_command = event->command;
}

static struct command *find(struct session *session, uint32_t id)
{
    for (int i = 0; i < session->count; i++) {
        if (session->commands[i].id == id)
            return &session->commands[i];
    }
    return NULL;
}

static void free_source(struct command *command)
{
    free(command->source);
    free(command->memory);
    free(command->bytes);
    command->source = NULL;
    command->memory = NULL;
    command->bytes = NULL;
}

static void on_event(struct session *session, const struct at_event *event)
{
    struct command *command = find(session, event->command);
    log_event(session, event);
    REQUIRE(event->prefix_length <= event->length || event->text == NULL);
    switch (event->kind) {
    case AT_EVENT_FINAL:
        REQUIRE(command != NULL && !command->ended);
        command->ended = true;
        command->more = event->more;
        free_source(command);
        break;
    case AT_EVENT_DEFERRED:
        REQUIRE(command != NULL && (event->early ? !command->ended : command->more));
        if (!event->early)
            command->more = event->more;
        break;
    case AT_EVENT_INFO:
    case AT_EVENT_PROGRESS:
        REQUIRE(command != NULL && !command->ended);
        break;
    default:
        break;
    }
}

static bool is_due(const struct session *session)
{
    const char *bytes;
    return at_engine_deadline(session->engine, session->now) <= session->now &&
           at_engine_output(session->engine, session->now, &bytes) == 0;
}

static void interrupt(struct session *session, uint8_t what);

/* Takes all events. With nothing to send, a deadline that stays over would keep the host busy for ever. */
static void drain(struct session *session)
{
    struct at_event event;
    int rounds = 0;
    do {
        for (int i = 0; at_engine_next(session->engine, session->now, &event) != AT_EVENT_NONE; i++) {
            REQUIRE(i < EVENTS_MAX);
            on_event(session, &event);
            if (session->interruption != 0 && !session->options->sense)
                interrupt(session, session->interruption);
        }
        REQUIRE(rounds++ < 4);
    } while (is_due(session));
}

/* The bytes are there only as long as they are borrowed. */
static void feed_piece(struct session *session, const char *bytes, size_t length)
{
    char *copy = malloc(length + 1);
    if (length > 0)
        memcpy(copy, bytes, length);
    at_engine_input(session->engine, copy, length);
    drain(session);
    free(copy);
}

static void feed(struct session *session, const char *bytes, size_t length)
{
    drain(session);
    if (!session->options->cut) {
        feed_piece(session, bytes, length);
        return;
    }
    for (size_t i = 0; i < length; i++)
        feed_piece(session, bytes + i, 1);
}

static void submit(struct session *session, const char *text, size_t length, uint8_t flags)
{
    static const char data[] = "data\r\n+++OK\r\nmore data, of some length";
    if (session->count == COMMANDS_MAX)
        return;
    struct command *slot = &session->commands[session->count];
    *slot = (struct command){0};
    struct at_command command = {.text = text,
                                 .length = length,
                                 .online = (flags & 4) != 0,
                                 .block = (flags & 8) != 0    ? AT_UNKNOWN_LENGTH
                                          : (flags & 16) != 0 ? 20
                                                              : 0,
                                 .expect = (flags & 32) != 0 ? "+QFTPGET" : NULL,
                                 .progress = (flags & 64) != 0,
                                 .timeout_ms = (flags & 128) != 0 ? 300 : 0};
    command.streamed = (flags & 3) == 2;
    if ((flags & 3) == 1) {
        slot->source = malloc(sizeof *slot->source);
        slot->memory = malloc(sizeof *slot->memory);
        slot->bytes = malloc(sizeof data - 1);
        memcpy(slot->bytes, data, sizeof data - 1);
        *slot->memory = (struct at_memory){.bytes = slot->bytes, .length = sizeof data - 1};
        at_source_memory(slot->source, slot->memory);
        command.data = slot->source;
    }
    char *copy = malloc(length + 1);
    if (length > 0)
        memcpy(copy, text, length);
    command.text = copy;
    bool ready = at_engine_ready(session->engine);
    enum at_refusal possible = at_engine_check(session->engine, &command);
    enum at_refusal refusal = at_engine_submit(session->engine, &command, session->now, &slot->id);
    REQUIRE(refusal != AT_ACCEPTED || (ready && possible == AT_ACCEPTED && slot->id != 0));
    free(copy);
    if (refusal == AT_ACCEPTED)
        session->count++;
    else
        free_source(slot);
}

static void cancel(struct session *session, struct command *command)
{
    bool follows = at_engine_cancel(session->engine, command->id, session->now);
    REQUIRE(!follows || !command->ended);
    command->more = command->more && follows;
}

/* The port accepts so many bytes of what there is to send; 0: all of it. */
static size_t send(struct session *session, size_t most, char *sent, size_t size)
{
    const char *bytes;
    size_t length, total = 0;
    for (int i = 0; (length = at_engine_output(session->engine, session->now, &bytes)) > 0; i++) {
        REQUIRE(i < EVENTS_MAX);
        length = most > 0 && length > most - total ? most - total : length;
        size_t kept = total < size ? (length < size - total ? length : size - total) : 0;
        memcpy(sent + (kept > 0 ? total : 0), bytes, kept);
        total += length;
        at_engine_sent(session->engine, length, session->now);
        drain(session);
        if (most > 0 && total == most)
            break;
    }
    return total < size ? total : size;
}

static void write_data(struct session *session, const char *bytes, size_t length)
{
    if (session->kept_count == 256)
        return;
    char *copy = malloc(length + 1);
    if (length > 0)
        memcpy(copy, bytes, length);
    session->kept[session->kept_count++] = copy;
    at_engine_write_data(session->engine, copy, length);
}

static void set(struct session *session, uint8_t what, uint8_t value)
{
    static const char *const hangups[] = {"CLOSED", "NO CARRIER"};
    struct at_engine *engine = session->engine;
    switch (what % 8) {
    case 0:
        at_engine_set_echo(engine, value & 1);
        break;
    case 1:
        at_engine_observe(engine, value & 1);
        break;
    case 2:
        at_engine_set_blocks(engine, "+QSSLURC:", value, (value & 1) != 0);
        break;
    case 3:
        at_engine_set_rules(engine, value & 1 ? session->options->other_rules : session->options->rules);
        break;
    case 4:
        at_engine_set_hangups(engine, hangups, value % 3);
        break;
    case 5:
        at_engine_set_line_speed(engine, value * 100u);
        break;
    case 6:
        at_engine_set_times(engine, value * 50u, value);
        break;
    case 7:
        at_engine_set_drain_time(engine, session->now + at_ms(value));
        break;
    }
}

static void interrupt(struct session *session, uint8_t what)
{
    session->interruption = 0;
    if (what % 8 == 0)
        at_engine_end_data_mode(session->engine);
    else if (what % 8 == 1)
        at_engine_sync(session->engine, session->now, session->now + at_ms(30000));
    else if (what % 8 == 2)
        at_engine_leave_data_mode(session->engine, what & 8, session->now);
    else if (what % 8 == 3 && session->count > 0)
        cancel(session, &session->commands[session->count - 1]);
    else
        set(session, what / 8, what);
}

static const char *const snippets[] = {"\r\nOK\r\n",
                                       "\r\nERROR\r\n",
                                       "\r\n> ",
                                       "\r\nCONNECT\r\n",
                                       "\r\nNO CARRIER\r\n",
                                       "\r\nRDY\r\n",
                                       "\r\nSEND OK\r\n",
                                       "\r\n+QSSLURC: \"recv\",1,9\r\n",
                                       "\r\n+QSSLRECV: 9\r\n",
                                       "+IPD,1,5:",
                                       "\r\n+QFTPGET: 0,20\r\n",
                                       "\r\nOK\r\n\r\n+QFTPGET: 0,4\r\n",
                                       "\r\n+QSSLOPEN: 1,0\r\n",
                                       "12345678901234567890",
                                       "A",
                                       "\r\n+CMT: \"x\"\r\n"};

static void pass(struct session *session, uint8_t step)
{
    static const uint32_t steps[] = {0,   1,   10,   29,   30,   50,   100,   249,
                                     250, 500, 1000, 1100, 2000, 5000, 11000, 31000};
    session->now += at_ms(steps[step % 16]);
    drain(session);
}

static void do_one(struct session *session, struct input *input)
{
    const char *bytes;
    size_t length;
    char sent[1];
    uint8_t what = take(input), flags;
    switch (what % 16) {
    case 0:
    case 1:
        length = take_bytes(input, &bytes);
        feed(session, bytes, length);
        break;
    case 2:
        flags = take(input);
        length = take_bytes(input, &bytes);
        submit(session, bytes, length, flags);
        break;
    case 3:
    case 4:
    case 5:
        pass(session, take(input));
        break;
    case 6:
    case 7:
        send(session, 0, sent, 0);
        break;
    case 8:
        send(session, 1u + take(input) % 8, sent, 0);
        break;
    case 9:
        length = take_bytes(input, &bytes);
        write_data(session, bytes, length);
        break;
    case 10:
        at_engine_finish_data(session->engine);
        break;
    case 11:
        if (session->count > 0)
            cancel(session, &session->commands[take(input) % session->count]);
        break;
    case 12:
        at_engine_leave_data_mode(session->engine, take(input) & 1, session->now);
        break;
    case 13:
        flags = take(input);
        if (flags % 8 == 2)
            session->interruption = take(input);
        else if (flags % 8 == 0)
            at_engine_end_data_mode(session->engine);
        else if (flags % 8 == 1)
            at_engine_sync(session->engine, session->now, session->now + at_ms(30000));
        else
            set(session, (uint8_t)(flags / 8), take(input));
        break;
    case 14:
    case 15:
        bytes = snippets[take(input) % 16];
        feed(session, bytes, strlen(bytes));
        break;
    }
    drain(session);
}

/* Everything is given up, and the module answers what it is asked, as long as it takes. */
static void heal(struct session *session)
{
    char sent[64];
    at_time until = session->now + at_ms(HEALTHY_S * 1000u);
    at_engine_end_data_mode(session->engine);
    for (int i = 0; i < session->count; i++) {
        if (!session->commands[i].ended)
            cancel(session, &session->commands[i]);
    }
    drain(session);
    for (int rounds = 0; session->now < until; rounds++) {
        REQUIRE(rounds < EVENTS_MAX);
        size_t length = send(session, 0, sent, sizeof sent);
        if (length >= 3 && memcmp(sent, "AT\r", 3) == 0)
            feed_piece(session, "\r\nOK\r\n", 6);
        at_time deadline = at_engine_deadline(session->engine, session->now);
        if (deadline == AT_NEVER)
            break;
        session->now = deadline > session->now ? deadline : session->now + 1;
        drain(session);
    }
    REQUIRE(at_engine_ready(session->engine));
    for (int i = 0; i < session->count; i++)
        REQUIRE(session->commands[i].ended && !session->commands[i].more);
}

static void start(struct session *session)
{
    char sent[1];
    if (session->options->start == START_COMMANDS)
        return;
    bool download = session->options->start == START_DOWNLOAD;
    const char *text = download ? "+QFTPGET=\"f\",\"COM:\"" : "D";
    submit(session, text, strlen(text), download ? 8 : 4);
    send(session, 0, sent, 0);
    feed_piece(session, "\r\nCONNECT\r\n", 11);
}

void session_run(const struct session_options *options, struct input input, struct session_log *log)
{
    struct session session = {.options = options, .now = 1000000, .log = log};
    session.engine = at_engine_new(&heap, options->rules);
    if (session.engine == NULL)
        return;
    start(&session);
    while (input.at < input.end)
        do_one(&session, &input);
    if (options->sense)
        heal(&session);
    at_engine_free(session.engine);
    for (int i = 0; i < session.count; i++)
        free_source(&session.commands[i]);
    for (int i = 0; i < session.kept_count; i++)
        free(session.kept[i]);
}

void session_compare(struct session_options options, const uint8_t *bytes, size_t length)
{
    struct session_log whole = {0}, cut = {0};
    struct input input = {.at = bytes, .end = bytes + length};
    session_run(&options, input, &whole);
    options.cut = true;
    session_run(&options, input, &cut);
    bool same =
        whole.length == cut.length && (whole.length == 0 || memcmp(whole.text, cut.text, whole.length) == 0);
    if (!same) { /* there may be NULs in them */
        fprintf(stderr, "whole:");
        fwrite(whole.text, 1, whole.length, stderr);
        fprintf(stderr, "\n\ncut:");
        fwrite(cut.text, 1, cut.length, stderr);
        fprintf(stderr, "\n");
    }
    REQUIRE(same);
    free(whole.text);
    free(cut.text);
}
