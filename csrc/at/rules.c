#include "at/rules.h"

#include <string.h>

const struct at_manners at_default_manners = {
    .eol = "\r",
    .prompt = '>',
    .max_line = 4096,
    .max_command = 2048,
    .gap_ms = 0,
    .guard_ms = 1100,
    .answer_ms = 1100,
    .escape = "+++",
    .cancel = 0x1b,
    .crlf_after_block = false,
};

struct at_rules *at_rules_new(const struct at_alloc *alloc)
{
    struct at_rules *rules = at_resize(alloc, NULL, 0, sizeof *rules);
    if (rules == NULL)
        return NULL;
    memset(rules, 0, sizeof *rules);
    rules->alloc = *alloc;
    rules->manners = at_default_manners;
    at_trie_init(&rules->lines);
    at_trie_init(&rules->commands);
    return rules;
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

static void free_traits(const struct at_alloc *alloc, const struct at_traits *traits)
{
    free_text(alloc, traits->name);
    free_text(alloc, traits->info_shape);
    free_text(alloc, traits->info_prefix);
    free_text(alloc, traits->deferred);
    free_text(alloc, traits->deferred_end);
}

void at_rules_free(struct at_rules *rules)
{
    const struct at_alloc alloc = rules->alloc;
    for (int16_t i = 0; i < rules->line_count; i++)
        free_line_rule(&alloc, &rules->line_rules[i]);
    for (int16_t i = 0; i < rules->traits_count; i++)
        free_traits(&alloc, &rules->traits[i]);
    at_trie_free(&rules->lines, &alloc);
    at_trie_free(&rules->commands, &alloc);
    if (rules->line_rules != NULL)
        at_resize(&alloc, rules->line_rules, (size_t)rules->line_room * sizeof *rules->line_rules, 0);
    if (rules->traits != NULL)
        at_resize(&alloc, rules->traits, (size_t)rules->traits_room * sizeof *rules->traits, 0);
    at_resize(&alloc, rules, sizeof *rules, 0);
}

/* Replaces *text by a copy of its own; false when there is no memory, *text is then NULL. */
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

/* Room for one more element; false when there is no memory or the table is as large as an index can tell. */
static bool make_room(const struct at_alloc *alloc, void **table, int16_t count, int16_t *room, size_t size)
{
    if (count < *room)
        return true;
    int wanted = *room == 0 ? 32 : *room * 2;
    if (wanted > INT16_MAX)
        return false;
    void *grown = at_resize(alloc, *table, (size_t)*room * size, (size_t)wanted * size);
    if (grown == NULL)
        return false;
    *table = grown;
    *room = (int16_t)wanted;
    return true;
}

bool at_rules_add_line(struct at_rules *rules, const struct at_line_rule *rule)
{
    void *table = rules->line_rules;
    if (!make_room(&rules->alloc, &table, rules->line_count, &rules->line_room, sizeof *rule))
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
    rules->line_rules[rules->line_count++] = own;
    return true;
}

bool at_rules_add_traits(struct at_rules *rules, const struct at_traits *traits)
{
    void *table = rules->traits;
    if (!make_room(&rules->alloc, &table, rules->traits_count, &rules->traits_room, sizeof *traits))
        return false;
    rules->traits = table;

    struct at_traits own = *traits;
    bool name = own_text(&rules->alloc, &own.name);
    bool info = own_text(&rules->alloc, &own.info_shape);
    bool prefix = own_text(&rules->alloc, &own.info_prefix);
    bool deferred = own_text(&rules->alloc, &own.deferred);
    bool end = own_text(&rules->alloc, &own.deferred_end);
    if (!name || !info || !prefix || !deferred || !end ||
        !at_trie_add(&rules->commands, &rules->alloc, own.name, strlen(own.name), false,
                     rules->traits_count)) {
        free_traits(&rules->alloc, &own);
        return false;
    }
    rules->traits[rules->traits_count++] = own;
    return true;
}

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/* V.250 5.4: a basic command is one letter, or `&` and one letter, with a number behind it; an extended one
 * is `+` and a name of letters, digits and ! % - . / : _ (vendors also write `#`, `$`, `*`, `^` for `+`).
 * Ai-Thinker's commands are plain words (`AT+SOCKET` has the plus, `ATE0` not). */
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

enum at_form at_command_form(const char *command, size_t length)
{
    size_t name = at_command_name(command, length);
    if (name < length && command[name] == '?')
        return AT_FORM_READ;
    if (name < length && command[name] == '=')
        return name + 1 < length && command[name + 1] == '?' ? AT_FORM_TEST : AT_FORM_WRITE;
    return AT_FORM_EXECUTE;
}

const struct at_traits *at_rules_traits(const struct at_rules *rules, const char *name, size_t length)
{
    int16_t index = at_trie_find(&rules->commands, name, length);
    return index == AT_NO_RULE ? NULL : &rules->traits[index];
}
