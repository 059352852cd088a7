#include "emulator/control/control.h"
#include "emulator/injection/injection.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/world/power.h"

#include "emulator/alloc.h"
#include "emulator/emu.h"
#include "emulator/interpreter/reply.h"
#include "emulator/module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct verb {
    const char *name;
    const char *usage;
    void (*run)(struct emu *emu, struct emu_control_line *line);
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int hex_byte(const char *text)
{
    int high = hex_digit(text[0]);
    int low = high < 0 ? -1 : hex_digit(text[1]);
    return low < 0 ? -1 : high * 16 + low;
}

static bool read_number(const char *text, long long max, long long *number)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || value > max)
        return false;
    *number = value;
    return true;
}

/* Replaces \r, \n, \\ and \xNN in place. Returns false for any other escape and for \x00. */
static bool unescape(char *text)
{
    char *to = text;
    while (*text) {
        if (*text != '\\') {
            *to++ = *text++;
            continue;
        }
        int byte = text[1] == 'r' ? '\r' : text[1] == 'n' ? '\n' : text[1] == '\\' ? '\\' : 0;
        text += 2;
        if (text[-1] == 'x') {
            byte = hex_byte(text);
            text += byte < 0 ? 0 : 2;
        }
        if (byte <= 0)
            return false;
        *to++ = (char)byte;
    }
    *to = '\0';
    return true;
}

static void run_urc(struct emu *emu, struct emu_control_line *line)
{
    emu_insert_urc(emu, line->rest);
}

static void run_raw(struct emu *emu, struct emu_control_line *line)
{
    char *hex = line->rest;
    size_t length = 0;
    for (; hex[0]; hex += 2) {
        int byte = hex_byte(hex);
        if (byte < 0) {
            emu_control_fail(line, "expected raw HEX with pairs of hex digits");
            return;
        }
        line->rest[length++] = (char)byte;
    }
    emu_output_insert(&emu->uart.output, line->rest, length);
}

/* Settings that AT&W has saved stay, as on a module: after ATQ1&W it prints its boot URCs and answers no
 * command with a result code. */
static void run_reboot(struct emu *emu, struct emu_control_line *line)
{
    (void)line;
    emu_power_cycle(emu, true);
}

static void add_fault(struct emu *emu, struct emu_control_line *line, const char *prefix,
                      const struct emu_fault *fault)
{
    if (*prefix)
        emu_faults_add(&emu->faults, prefix, fault);
    else
        emu_control_fail(line, "expected a PREFIX of a command line, such as AT+CSQ");
}

static void run_hold(struct emu *emu, struct emu_control_line *line)
{
    const char *prefix = emu_control_word(line);
    long long delay;
    if (read_number(emu_control_word(line), 86400000, &delay))
        add_fault(emu, line, prefix, &(struct emu_fault){.delay = emu_ms(delay)});
    else
        emu_control_fail(line, "expected hold PREFIX MS");
}

static void run_swallow(struct emu *emu, struct emu_control_line *line)
{
    add_fault(emu, line, emu_control_word(line), &(struct emu_fault){.swallow = true});
}

static void run_answer(struct emu *emu, struct emu_control_line *line)
{
    const char *prefix = emu_control_word(line);
    if (unescape(line->rest))
        add_fault(emu, line, prefix, &(struct emu_fault){.answer = line->rest});
    else
        emu_control_fail(line, "invalid escape; expected \\r, \\n, \\\\ or \\xNN (not \\x00)");
}

/* Without a list: what was injected since the last one was set. */
static void run_faults(struct emu *emu, struct emu_control_line *line)
{
    if (!*line->rest) {
        size_t used = (size_t)snprintf(line->reply, sizeof line->reply, "ok ");
        emu_injection_report(emu, line->reply + used, sizeof line->reply - used);
        return;
    }
    const char *problem = emu_injection_set(emu, line->rest);
    if (problem)
        emu_control_fail(line, "%s", problem);
}

static void run_seed(struct emu *emu, struct emu_control_line *line)
{
    long long seed;
    if (read_number(line->rest, INT64_MAX, &seed))
        emu->injection->seed = (uint64_t)seed;
    else
        emu_control_fail(line, "expected seed NUMBER");
}

static void run_hangup(struct emu *emu, struct emu_control_line *line)
{
    (void)line;
    emu_power_unplug(emu);
}

/* Where the port is now. The pty of one that is away may be another program's by now. */
static void run_port(struct emu *emu, struct emu_control_line *line)
{
    if (emu->uart.master < 0)
        emu_control_fail(line, "the port is away");
    else
        snprintf(line->reply, sizeof line->reply, "ok %s", emu_injection_port(emu));
}

static void run_stats(struct emu *emu, struct emu_control_line *line)
{
    char more[512] = "";
    if (emu->module->print_stats)
        emu->module->print_stats(emu, more, sizeof more);
    snprintf(line->reply, sizeof line->reply,
             "commands=%llu bytes_in=%llu bytes_out=%llu tls_handshakes=%llu tls_resumed=%llu%s",
             (unsigned long long)emu->dispatch->commands, (unsigned long long)emu->uart.bytes_in,
             (unsigned long long)emu->uart.bytes_out, (unsigned long long)emu->net.handshakes,
             (unsigned long long)emu->net.resumed, more);
}

static void run_quit(struct emu *emu, struct emu_control_line *line)
{
    (void)line;
    emu->loop.stopping = true;
}

static const char *set_clock(struct emu *emu, const char *value)
{
    long long seconds;
    if (!read_number(value, 4102444799, &seconds))
        return "Unix time in seconds, up to the year 2099";
    emu_clock_set(&emu->clock, emu_loop_now(&emu->loop), seconds);
    return NULL;
}

/* Sets what every module has. Returns NULL on success, else a description of valid values. Clears *handled
 * if the key is not one of these. */
static const char *set_common(struct emu *emu, const char *key, const char *value, bool *handled)
{
    long long number;
    *handled = true;
    if (strcmp(key, "clock") == 0)
        return set_clock(emu, value);
    if (strcmp(key, "listen") == 0)
        return emu_listen_add(&emu->net.listen, value);
    if (strcmp(key, "latency") == 0) {
        if (!read_number(value, 3600000, &number))
            return "a number of milliseconds from 0 to 3600000";
        emu->uart.latency = emu_ms(number);
    } else if (strcmp(key, "boot-ms") == 0) {
        if (!read_number(value, 3600000, &number))
            return "a number of milliseconds from 0 to 3600000";
        emu->power->boot_time = emu_ms(number);
    } else if (strcmp(key, "echo") == 0) {
        if (!read_number(value, 1, &number))
            return "0 or 1";
        emu->mode->profile.echo = number == 1;
    } else {
        *handled = false;
    }
    return NULL;
}

static void run_set(struct emu *emu, struct emu_control_line *line)
{
    const char *key = emu_control_word(line);
    bool handled;
    const char *expected = set_common(emu, key, line->rest, &handled);
    if (!handled && emu->module->set)
        expected = emu->module->set(emu, key, line->rest, &handled);
    if (!handled)
        emu_control_fail(line, "unknown setting; try help");
    else if (expected)
        emu_control_fail(line, "%s: expected %s", key, expected);
}

static void run_help(struct emu *emu, struct emu_control_line *line);

static const struct verb verbs[] = {
    {"urc", "TEXT", run_urc},
    {"raw", "HEX", run_raw},
    {"reboot", "", run_reboot},
    {"set", NULL, run_set},
    {"hold", "PREFIX MS", run_hold},
    {"swallow", "PREFIX", run_swallow},
    {"answer", "PREFIX TEXT", run_answer},
    {"faults", "[LIST]", run_faults},
    {"seed", "NUMBER", run_seed},
    {"hangup", "", run_hangup},
    {"port", "", run_port},
    {"stats", "", run_stats},
    {"quit", "", run_quit},
    {"help", "", run_help},
};

static void run_help(struct emu *emu, struct emu_control_line *line)
{
    const struct emu_module *module = emu->module;
    char settings[160];
    snprintf(settings, sizeof settings, "clock|latency|boot-ms|echo|listen%s%s VALUE",
             module->set_usage ? "|" : "", module->set_usage ? module->set_usage : "");
    size_t used = 0;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs && used < sizeof line->reply; i++) {
        const struct verb *verb = &verbs[i];
        const char *parameters = verb->run == run_set ? settings : verb->usage;
        used += (size_t)snprintf(line->reply + used, sizeof line->reply - used, "%s%s%s; ", verb->name,
                                 *parameters ? " " : "", parameters);
    }
    if (used < sizeof line->reply)
        snprintf(line->reply + used, sizeof line->reply - used, "%s",
                 module->control_usage ? module->control_usage : "");
}

void emu_control_run(struct emu *emu, struct emu_control_line *line)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(line->verb, verbs[i].name) == 0) {
            verbs[i].run(emu, line);
            return;
        }
    }
    if (!emu->module->control || !emu->module->control(emu, line))
        emu_control_fail(line, "unknown command; try help");
}
