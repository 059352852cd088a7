#include "at/match.h"

#include "at/at.h"

#include <string.h>

static bool ends_name(char byte)
{
    return byte == ':' || byte == ',' || byte == '=' || byte == ' ';
}

bool at_is_named(const struct at_token *line, const char *name, size_t length)
{
    if (length == 0 || line->length < length || memcmp(line->text, name, length) != 0)
        return false;
    return line->length == length || ends_name(name[length - 1]) || ends_name(line->text[length]);
}

static void after_prefix(const struct at_token *line, size_t prefix_length, const char **text, size_t *length)
{
    if (prefix_length < line->length && line->text[prefix_length] == ':')
        prefix_length++;
    *text = line->text + prefix_length;
    *length = line->length - prefix_length;
}

bool at_has_shape(const struct at_token *line, size_t prefix_length, const char *shape)
{
    const char *text;
    size_t length;
    after_prefix(line, prefix_length, &text, &length);
    return at_fields_match(shape, text, length);
}

bool at_has_key(const struct at_token *line, size_t prefix_length, unsigned field_index, const char *key)
{
    const char *text;
    size_t length;
    struct at_field field;
    if (field_index == 0 || key[0] == '\0')
        return true;
    after_prefix(line, prefix_length, &text, &length);
    return at_fields_get(text, length, field_index, &field) && field.length == strlen(key) &&
           memcmp(field.text, key, field.length) == 0;
}

size_t at_prefix_length(const struct at_token *line)
{
    static const char marks[] = "+^$#*%";
    if (line->text == NULL || line->length < 2 || memchr(marks, line->text[0], sizeof marks - 1) == NULL)
        return 0;
    const char *colon = memchr(line->text, ':', line->length);
    return colon != NULL ? (size_t)(colon + 1 - line->text) : 0;
}

uint64_t at_block_owner_number(const struct at_token *line, const struct at_line_rule *rule)
{
    const char *text;
    size_t length;
    struct at_field field;
    int64_t number;
    after_prefix(line, line->prefix_length, &text, &length);
    bool known = at_fields_get(text, length, rule->block.owner_field, &field) &&
                 at_field_number(&field, &number) && number >= 0;
    return known ? (uint64_t)number : UINT64_MAX;
}

uint64_t at_block_length(const struct at_token *line, const struct at_line_rule *rule)
{
    const char *text;
    size_t length;
    struct at_field field;
    int64_t number;
    if (rule == NULL || rule->block.length_field == 0)
        return 0;
    if (line->kind == AT_TOKEN_LINE && rule->block.after != '\n')
        return 0;
    after_prefix(line, line->prefix_length, &text, &length);
    if (!at_fields_match(rule->block.shape, text, length) ||
        !at_fields_get(text, length, rule->block.length_field, &field) || !at_field_number(&field, &number))
        return 0;
    return number > 0 ? (uint64_t)number : 0;
}
