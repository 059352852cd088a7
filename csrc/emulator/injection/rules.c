/* The names of faults, lists of them, and when they take place. */
#include "emulator/injection/injection.h"

#include "emulator/alloc.h"
#include "emulator/emu.h"
#include "emulator/nearest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_RATE 0.02

static const struct {
    const char *name, *of, *meaning;
} kinds[EMU_FAULT_KINDS] = {
    [EMU_FAULT_SPLIT] = {"split", "word", "a word arrives in pieces"},
    [EMU_FAULT_MERGE] = {"merge", "word", "a word arrives with the next one"},
    [EMU_FAULT_DELAY] = {"delay", "word", "a word arrives up to 1 s later, and everything after it"},
    [EMU_FAULT_LATE_ANSWER] = {"late answer", "command", "a command is carried out up to 3 s later"},
    [EMU_FAULT_LOST_ANSWER] = {"lost answer", "command",
                               "a command is carried out, and its answer is not said"},
    [EMU_FAULT_DEAF] = {"deaf", "command", "a command is not heard"},
    [EMU_FAULT_REFUSED] = {"refused", "command", "a command is answered with ERROR or +CME ERROR"},
    [EMU_FAULT_URC] = {"urc", "word", "a URC that concerns nobody comes before a word"},
    [EMU_FAULT_DROP] = {"drop", "word", "a byte of a word is lost"},
    [EMU_FAULT_DOUBLE] = {"double", "word", "a byte of a word comes twice"},
    [EMU_FAULT_FLIP] = {"flip", "word", "a bit of a word is changed"},
    [EMU_FAULT_COMMAND_DROP] = {"command drop", "64 bytes", "a byte on the way to the module is lost"},
    [EMU_FAULT_COMMAND_FLIP] = {"command flip", "64 bytes", "a bit on the way to the module is changed"},
    [EMU_FAULT_NUL_FLOOD] = {"nul flood", "word", "up to 3000 NUL bytes come before a word"},
    [EMU_FAULT_GARBAGE] = {"garbage", "word", "up to 200 bytes as of a wrong speed come before a word"},
    [EMU_FAULT_SHORT_BLOCK] = {"short block", "block", "a block has fewer bytes than it announces"},
    [EMU_FAULT_SEND_FAIL] = {"send fail", "command", "connections take no data for up to 2 s"},
    [EMU_FAULT_SERVER_CLOSES] = {"server closes", "command", "a server closes its connection"},
    [EMU_FAULT_PDPDEACT] = {"pdpdeact", "command", "the network drops the PDP context (Quectel)"},
    [EMU_FAULT_REBOOT] = {"reboot", "word", "in the middle of a word; the banner whole, garbled or missing"},
    [EMU_FAULT_PORT_GONE] = {"port gone", "command", "the port goes; with --link it is back up to 2 s later"},
    [EMU_FAULT_PORT_RENAMED] = {"port renamed", "command",
                                "the port goes, and is back up to 2 s later under another name"},
    [EMU_FAULT_SETTINGS_CHANGED] = {"settings changed", "command",
                                    "another program weakens a setting of an SSL context (Quectel)"},
    [EMU_FAULT_STALL] = {"stall", "command", "nothing passes in either direction for up to 2 s"},
    [EMU_FAULT_TTY_FULL] = {"tty full", "64 bytes", "the module reads nothing for up to 2 s"},
};

/* What is wrong with the last list. */
static char problem[256];

static bool refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
static bool refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem, sizeof problem, format, arguments);
    va_end(arguments);
    return false;
}

void emu_injection_list(FILE *file)
{
    for (int kind = 0; kind < EMU_FAULT_KINDS; kind++)
        fprintf(file, "%-16s each %-9s %s\n", kinds[kind].name, kinds[kind].of, kinds[kind].meaning);
}

void emu_injection_report(const struct emu *emu, char *text, size_t size)
{
    size_t used = 0;
    *text = '\0';
    for (int kind = 0; kind < EMU_FAULT_KINDS && used < size; kind++)
        if (emu->injection->injected[kind] > 0)
            used += (size_t)snprintf(text + used, size - used, "%s%s=%llu", used > 0 ? ", " : "",
                                     kinds[kind].name, (unsigned long long)emu->injection->injected[kind]);
}

/* The spaces of a name may be written as `-` or `_`. */
static bool is_name(const char *name, const char *text, size_t length)
{
    for (; length > 0 && *name; name++, text++, length--)
        if (*text != *name && !(*name == ' ' && (*text == '-' || *text == '_')))
            return false;
    return length == 0 && !*name;
}

static bool is_command_kind(int kind)
{
    return strcmp(kinds[kind].of, "command") == 0;
}

static bool read_rate(struct emu_injection_rule *rule, const char *text)
{
    char *end;
    rule->rate = strtod(text, &end);
    return (end != text && !*end && rule->rate >= 0 && rule->rate <= 1) ||
           refuse("%.40s=%.40s: a rate is a probability, from 0 to 1; %.40s:3 is the third %s alone",
                  kinds[rule->kind].name, text, kinds[rule->kind].name, kinds[rule->kind].of);
}

static bool read_number(struct emu_injection_rule *rule, const char *text)
{
    char *end;
    errno = 0;
    rule->at = strtoull(text, &end, 10);
    return (*text != '-' && !*end && rule->at > 0 && errno == 0) ||
           refuse("%.40s:%.40s: each %s has a number, from 1", kinds[rule->kind].name, text,
                  kinds[rule->kind].of);
}

static bool read_prefix(struct emu_injection_rule *rule, const char *text)
{
    const char *name = kinds[rule->kind].name;
    if (!*text)
        return refuse("%s: a number, or the beginning of a command line, must follow the colon", name);
    if (!is_command_kind(rule->kind))
        return refuse("%s:%.40s: it takes place at each %s, not at a command; a number must follow the colon",
                      name, text, kinds[rule->kind].of);
    rule->prefix = emu_copy_text(text);
    return true;
}

static bool read_argument(struct emu_injection_rule *rule, char sign, const char *text)
{
    if (sign == '=')
        return read_rate(rule, text);
    rule->rate = 0;
    return *text == '-' || (*text >= '0' && *text <= '9') ? read_number(rule, text) : read_prefix(rule, text);
}

static const char *name_of(size_t kind)
{
    return kind < EMU_FAULT_KINDS ? kinds[kind].name : NULL;
}

static bool refuse_name(const char *text, size_t length)
{
    if (length == 0)
        return refuse("a fault without a name; expected NAME, NAME=RATE, NAME:NUMBER or NAME:PREFIX, with "
                      "commas between several");
    const char *nearest = emu_nearest(text, length, name_of);
    return refuse("no fault is called %.*s%s%s%s; --faults list prints their names",
                  (int)(length < 40 ? length : 40), text, nearest ? " (did you mean " : "",
                  nearest ? nearest : "", nearest ? "?)" : "");
}

static struct emu_injection_rule *read_rule(char *text)
{
    text += strspn(text, " ");
    size_t length = strcspn(text, "=:");
    char sign = text[length];
    for (int kind = 0; kind < EMU_FAULT_KINDS; kind++) {
        if (!is_name(kinds[kind].name, text, length))
            continue;
        struct emu_injection_rule *rule = emu_alloc(sizeof *rule);
        rule->kind = (enum emu_fault_kind)kind;
        rule->rate = DEFAULT_RATE;
        if (!sign || read_argument(rule, sign, text + length + 1))
            return rule;
        free(rule->prefix);
        free(rule);
        return NULL;
    }
    refuse_name(text, length);
    return NULL;
}

static void free_rules(struct emu_injection_rule *rule)
{
    while (rule) {
        struct emu_injection_rule *next = rule->next;
        free(rule->prefix);
        free(rule);
        rule = next;
    }
}

static bool read_list(const char *list, struct emu_injection_rule **rules)
{
    char *copy = emu_copy_text(list), *rest = copy, *entry;
    bool good = true;
    struct emu_injection_rule **at = rules;
    while (good && (entry = strsep(&rest, ","))) {
        good = (*at = read_rule(entry)) != NULL;
        if (good)
            at = &(*at)->next;
    }
    free(copy);
    return good;
}

const char *emu_injection_set(struct emu *emu, const char *list)
{
    struct emu_injection_rule *rules = NULL;
    bool good = strcmp(list, "off") == 0 || read_list(list, &rules);
    if (!good || !emu) {
        free_rules(rules);
        return good ? NULL : problem;
    }
    struct emu_injection *injection = emu->injection;
    free_rules(injection->rules);
    injection->rules = rules;
    injection->bytes_in = 0;
    memset(injection->injected, 0, sizeof injection->injected);
    emu->uart.output.on_word = rules || injection->cut_off ? emu_injection_word : NULL;
    emu->uart.output.owner = injection;
    emu->uart.on_bytes = rules ? emu_injection_input : NULL;
    emu->uart.bytes_owner = injection;
    return NULL;
}

bool emu_injection_strikes(struct emu_injection *injection, enum emu_fault_kind kind, const char *line,
                           struct emu_random *random)
{
    bool strikes = false;
    for (struct emu_injection_rule *rule = injection->rules; rule; rule = rule->next) {
        if (rule->kind != kind)
            continue;
        rule->seen++;
        struct emu_random own = emu_random_for(injection->seed, kinds[kind].name, rule->seen);
        bool hit = emu_random_real(&own) < rule->rate || (rule->at > 0 && rule->seen == rule->at);
        if (rule->prefix && line && !rule->over && strncasecmp(line, rule->prefix, strlen(rule->prefix)) == 0)
            hit = rule->over = true;
        if (hit)
            *random = own;
        strikes = strikes || hit;
    }
    if (strikes)
        injection->injected[kind]++;
    return strikes;
}

void emu_injection_free(struct emu *emu)
{
    struct emu_injection *injection = emu->injection;
    emu->uart.output.on_word = NULL;
    emu->uart.on_bytes = NULL;
    free_rules(injection->rules);
    injection->rules = NULL;
    free(injection->link);
    injection->link = NULL;
    free(injection->scratch);
    injection->scratch = NULL;
}
