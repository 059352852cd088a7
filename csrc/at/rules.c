#include "at/rules.h"

#include <string.h>

const struct at_protocol at_default_protocol = {
    .eol = "\r",
    .prompt = '>',
    .max_line = 4096,
    .max_command = 2048,
    .max_prompt = 2048,
    .gap_ms = 0,
    .guard_ms = 1100,
    .answer_ms = 1100,
    .escape = "+++",
    .cancel = 0x1b,
    .crlf_after_block = false,
    .result_codes_on = "ATQ0V1E0",
};

bool at_is_escape(const char *text)
{
    size_t length = strlen(text);
    return length != 1 && strspn(text, (char[]){text[0], '\0'}) == length;
}

struct at_rules *at_rules_new(const struct at_alloc *alloc, const struct at_protocol *protocol)
{
    if (protocol != NULL && !at_is_escape(protocol->escape))
        return NULL;
    struct at_rules *rules = at_resize(alloc, NULL, 0, sizeof *rules);
    if (rules == NULL)
        return NULL;
    memset(rules, 0, sizeof *rules);
    rules->alloc = *alloc;
    rules->protocol = protocol != NULL ? *protocol : at_default_protocol;
    at_trie_init(&rules->lines);
    at_trie_init(&rules->commands);
    return rules;
}

static bool is_too_long(const char *text)
{
    return text != NULL && strlen(text) > AT_NAME_MAX;
}

/* Whether the names and prefixes fit into a slot. */
static bool fits(const struct at_command_rule *rule)
{
    return !is_too_long(rule->name) && !is_too_long(rule->info_prefix) && !is_too_long(rule->deferred);
}

static bool add_tables(struct at_rules *rules, const struct at_tables *tables)
{
    if (tables->line_count > INT16_MAX || tables->command_count > INT16_MAX)
        return false;
    rules->constant = true;
    rules->line_rules = tables->lines;
    rules->command_rules = tables->commands;
    for (; rules->line_count < (int16_t)tables->line_count; rules->line_count++) {
        const struct at_line_rule *rule = &tables->lines[rules->line_count];
        if (!at_trie_add(&rules->lines, &rules->alloc, rule->text, strlen(rule->text), rule->prefix,
                         rules->line_count))
            return false;
    }
    for (; rules->command_count < (int16_t)tables->command_count; rules->command_count++) {
        const struct at_command_rule *rule = &tables->commands[rules->command_count];
        if (!fits(rule) || !at_trie_add(&rules->commands, &rules->alloc, rule->name, strlen(rule->name),
                                        false, rules->command_count))
            return false;
    }
    return true;
}

struct at_rules *at_rules_from_tables(const struct at_alloc *alloc, const struct at_tables *tables)
{
    struct at_rules *rules = at_rules_new(alloc, tables->protocol);
    if (rules == NULL || add_tables(rules, tables))
        return rules;
    at_rules_free(rules);
    return NULL;
}

static void free_text(const struct at_alloc *alloc, const char *text)
{
    if (text != NULL)
        at_resize(alloc, (void *)text, strlen(text) + 1, 0);
}

static void free_line_rule(const struct at_alloc *alloc, const struct at_line_rule *rule)
{
    free_text(alloc, rule->text);
    free_text(alloc, rule->shape);
    free_text(alloc, rule->block.shape);
}

static void free_command_rule(const struct at_alloc *alloc, const struct at_command_rule *rule)
{
    free_text(alloc, rule->name);
    free_text(alloc, rule->info_shape);
    free_text(alloc, rule->info_prefix);
    free_text(alloc, rule->deferred);
    free_text(alloc, rule->deferred_end);
}

static void free_tables(struct at_rules *rules, const struct at_alloc *alloc)
{
    for (int16_t i = 0; i < rules->line_count; i++)
        free_line_rule(alloc, &rules->line_rules[i]);
    for (int16_t i = 0; i < rules->command_count; i++)
        free_command_rule(alloc, &rules->command_rules[i]);
    if (rules->line_rules != NULL)
        at_resize(alloc, (void *)rules->line_rules, (size_t)rules->line_room * sizeof *rules->line_rules, 0);
    if (rules->command_rules != NULL)
        at_resize(alloc, (void *)rules->command_rules,
                  (size_t)rules->command_room * sizeof *rules->command_rules, 0);
}

void at_rules_free(struct at_rules *rules)
{
    const struct at_alloc alloc = rules->alloc;
    if (!rules->constant)
        free_tables(rules, &alloc);
    at_trie_free(&rules->lines, &alloc);
    at_trie_free(&rules->commands, &alloc);
    at_resize(&alloc, rules, sizeof *rules, 0);
}

/* Replaces *text by a copy. False when there is no memory; *text is then NULL. */
static bool own_text(const struct at_alloc *alloc, const char **text)
{
    if (*text == NULL)
        return true;
    size_t size = strlen(*text) + 1;
    char *copy = at_resize(alloc, NULL, 0, size);
    if (copy != NULL)
        memcpy(copy, *text, size);
    *text = copy;
    return copy != NULL;
}

/* Returns the table with room for one more element. NULL when there is no memory, or the table has as many
 * elements as an index can address. */
static void *make_room(const struct at_alloc *alloc, const void *table, int16_t count, int16_t *room,
                       size_t size)
{
    if (count < *room)
        return (void *)table;
    int wanted = *room == 0 ? 32 : *room * 2;
    if (wanted > INT16_MAX)
        return NULL;
    void *grown = at_resize(alloc, (void *)table, (size_t)*room * size, (size_t)wanted * size);
    if (grown != NULL)
        *room = (int16_t)wanted;
    return grown;
}

bool at_rules_add_line(struct at_rules *rules, const struct at_line_rule *rule)
{
    if (rules->constant)
        return false;
    struct at_line_rule *table =
        make_room(&rules->alloc, rules->line_rules, rules->line_count, &rules->line_room, sizeof *rule);
    if (table == NULL)
        return false;
    rules->line_rules = table;

    struct at_line_rule own = *rule;
    bool text = own_text(&rules->alloc, &own.text);
    bool shape = own_text(&rules->alloc, &own.shape);
    bool block = own_text(&rules->alloc, &own.block.shape);
    if (!text || !shape || !block ||
        !at_trie_add(&rules->lines, &rules->alloc, own.text, strlen(own.text), own.prefix,
                     rules->line_count)) {
        free_line_rule(&rules->alloc, &own);
        return false;
    }
    table[rules->line_count++] = own;
    return true;
}

bool at_rules_add_command(struct at_rules *rules, const struct at_command_rule *rule)
{
    if (rules->constant || !fits(rule))
        return false;
    struct at_command_rule *table = make_room(&rules->alloc, rules->command_rules, rules->command_count,
                                              &rules->command_room, sizeof *rule);
    if (table == NULL)
        return false;
    rules->command_rules = table;

    struct at_command_rule own = *rule;
    bool name = own_text(&rules->alloc, &own.name);
    bool info = own_text(&rules->alloc, &own.info_shape);
    bool prefix = own_text(&rules->alloc, &own.info_prefix);
    bool deferred = own_text(&rules->alloc, &own.deferred);
    bool end = own_text(&rules->alloc, &own.deferred_end);
    if (!name || !info || !prefix || !deferred || !end ||
        !at_trie_add(&rules->commands, &rules->alloc, own.name, strlen(own.name), false,
                     rules->command_count)) {
        free_command_rule(&rules->alloc, &own);
        return false;
    }
    table[rules->command_count++] = own;
    return true;
}

const struct at_line_rule *at_rules_line(const struct at_rules *rules, int index)
{
    return index >= 0 && index < rules->line_count ? &rules->line_rules[index] : NULL;
}

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/* V.250 5.4: a basic command is one letter, or `&` and one letter, with an optional number after it; an
 * extended one is `+` and a name of letters, digits and ! % - . / : _ (vendors also use `#`, `$`, `*`, `^` in
 * place of `+`). */
size_t at_command_name(const char *command, size_t length)
{
    if (length == 0)
        return 0;
    if (command[0] == '&')
        return length > 1 && is_letter(command[1]) ? 2 : 1;
    if (is_letter(command[0]))
        return 1;
    size_t end = 1;
    while (end < length && (is_letter(command[end]) || (command[end] >= '0' && command[end] <= '9') ||
                            strchr("!%-./:_", command[end]) != NULL))
        end++;
    return end;
}

char at_upper(char byte)
{
    return (char)(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte);
}

const char *at_next_command(const char *text, const char *end)
{
    bool quoted = false;
    for (; text < end; text++) {
        if (*text == '"')
            quoted = !quoted;
        else if (*text == ';' && !quoted)
            return text + 1;
    }
    return end;
}

enum at_form at_command_form(const char *command, size_t length)
{
    size_t name = at_command_name(command, length);
    if (name < length && command[name] == '?')
        return AT_FORM_READ;
    if (name < length && command[name] == '=')
        return name + 1 < length && command[name + 1] == '?' ? AT_FORM_TEST : AT_FORM_WRITE;
    return AT_FORM_EXECUTE;
}

const struct at_command_rule *at_rules_command(const struct at_rules *rules, const char *name, size_t length)
{
    int16_t index = at_trie_find(&rules->commands, name, length);
    return index == AT_NO_RULE ? NULL : &rules->command_rules[index];
}
