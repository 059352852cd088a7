/* Fetches a page through a TCP socket of a Quectel module, with libhayes-at and no heap:
 *     fetch /dev/ttyUSB2 example.com 80 */
#include <hayes/at.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define GROUP_SEND 2u /* SEND OK */
#define CLOSED     3  /* in the table */

static const struct at_line_rule lines[] = {
    {"OK", .kind = AT_LINE_FINAL, .success = true, .groups = AT_GROUP_GENERAL},
    {"ERROR", .kind = AT_LINE_FINAL, .groups = AT_GROUP_ANY},
    {"SEND OK", .kind = AT_LINE_FINAL, .success = true, .groups = GROUP_SEND},
    {"+QIURC: \"closed\"", .prefix = true, .kind = AT_LINE_URC},
    {"+QIURC:", .prefix = true, .kind = AT_LINE_URC, .block = {3, '\n', 3, "snn"}}, /* "recv",0,1460 */
};
static const struct at_command_rule commands[] = {
    {"+QIACT", .accepts = AT_GROUP_GENERAL, .timeout_ms = 150000},
    {"+QIOPEN", .accepts = AT_GROUP_GENERAL, .deferred = "+QIOPEN", .deferred_forms = AT_FORM_WRITE,
     .deferred_ms = 150000},
    {"+QISEND", .accepts = GROUP_SEND, .data_forms = AT_FORM_WRITE, .data_length_param = 2},
};
static const struct at_tables tables = {NULL, lines, sizeof lines / sizeof *lines, commands, 3};
static _Alignas(16) unsigned char memory[24000];
static struct at_engine *engine;
static int port;
static bool closed;

static at_time now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (at_time)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* Waits for one event and prints the bytes of the page. False when the port is lost. */
static bool next(struct at_event *event)
{
    static char input[512];
    const char *bytes;
    size_t length;
    while (at_engine_next(engine, now(), event) == AT_EVENT_NONE) {
        while ((length = at_engine_output(engine, now(), &bytes)) > 0) {
            ssize_t taken = write(port, bytes, length);
            if (taken <= 0)
                return false;
            at_engine_sent(engine, (size_t)taken, now());
        }
        at_time deadline = at_engine_deadline(engine, now()), left = deadline - now();
        struct pollfd ready = {.fd = port, .events = POLLIN};
        if (poll(&ready, 1, deadline == AT_NEVER ? -1 : left < 0 ? 0 : (int)(left / 1000) + 1) < 1)
            continue;
        ssize_t count = read(port, input, sizeof input);
        if (count <= 0)
            return false;
        at_engine_input(engine, input, (size_t)count);
    }
    closed = closed || (event->kind == AT_EVENT_URC && event->rule == CLOSED);
    if (event->kind == AT_EVENT_BLOCK)
        fwrite(event->text, 1, event->length, stdout);
    return true;
}

/* Runs a command until its deferred result, if it has one, or else its final result code. A deferred result
 * whose last digit is 0, as in `+QIOPEN: 0,0`, means success. */
static bool run(const char *text, struct at_source *data)
{
    struct at_command command = {.text = text, .length = strlen(text), .data = data};
    struct at_event event = {0};
    uint32_t id;
    bool over = at_engine_submit(engine, &command, now(), &id) != AT_ACCEPTED;
    while (!over && next(&event))
        over = event.command == id && event.kind != AT_EVENT_INFO && !event.more;
    bool done = event.kind == AT_EVENT_FINAL || (event.length > 0 && event.text[event.length - 1] == '0');
    if (!over || event.result != AT_RESULT_OK || !done)
        fprintf(stderr, "AT%s failed: %.*s\n", text, (int)event.length, event.text);
    return over && event.result == AT_RESULT_OK && done;
}

int main(int count, char **words)
{
    char line[300], request[300];
    struct termios settings;
    struct at_arena arena = {.memory = memory, .size = sizeof memory};
    struct at_alloc alloc = at_arena_alloc(&arena);
    engine = at_engine_new(&alloc, at_rules_from_tables(&alloc, &tables));
    port = count == 4 && strlen(words[2]) < 200 ? open(words[1], O_RDWR | O_NOCTTY) : -1;
    if (port < 0 || tcgetattr(port, &settings) != 0)
        return fprintf(stderr, "usage: fetch PORT HOST TCP-PORT\n"), 2;
    cfmakeraw(&settings);
    cfsetspeed(&settings, B115200);
    tcsetattr(port, TCSANOW, &settings);

    struct at_memory text = {request,
                             (size_t)snprintf(request, 300, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", words[2])};
    struct at_source data;
    struct at_event event;
    at_source_memory(&data, &text);
    snprintf(line, sizeof line, "+QIOPEN=1,0,\"TCP\",\"%s\",%s,0,1", words[2], words[3]);
    bool opened = run("E0", NULL) && run("+QIACT=1", NULL) && run(line, NULL);
    snprintf(line, sizeof line, "+QISEND=0,%zu", text.length);
    bool sent = opened && run(line, &data);
    while (sent && !closed && next(&event))
        continue;
    return opened && run("+QICLOSE=0", NULL) && sent ? 0 : 1;
}
