#include "at/at.h"

#include <string.h>

void at_fields_init(struct at_fields *fields, const char *text, size_t length)
{
    fields->next = text;
    fields->end = text + length;
    while (fields->next < fields->end && *fields->next == ' ')
        fields->next++;
    fields->more = fields->next < fields->end;
}

/* The end of a field: the next comma outside quotes and parentheses, or the end of the line. */
static const char *find_separator(const char *at, const char *end)
{
    bool quoted = false;
    unsigned depth = 0;
    for (; at < end; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (quoted)
            continue;
        else if (*at == '(')
            depth++;
        else if (*at == ')' && depth > 0)
            depth--;
        else if (*at == ',' && depth == 0)
            return at;
    }
    return end;
}

bool at_fields_next(struct at_fields *fields, struct at_field *field)
{
    if (!fields->more)
        return false;
    const char *from = fields->next;
    while (from < fields->end && *from == ' ')
        from++;
    const char *to = find_separator(from, fields->end);
    fields->more = to < fields->end;
    fields->next = fields->more ? to + 1 : to;

    while (to > from && to[-1] == ' ')
        to--;
    field->quoted = from < to && *from == '"';
    if (field->quoted) {
        from++;
        if (to > from && to[-1] == '"')
            to--;
    }
    field->text = from;
    field->length = (size_t)(to - from);
    return true;
}

bool at_fields_get(const char *text, size_t length, unsigned index, struct at_field *field)
{
    struct at_fields fields;
    at_fields_init(&fields, text, length);
    while (at_fields_next(&fields, field)) {
        if (--index == 0)
            return true;
    }
    return false;
}

bool at_field_number(const struct at_field *field, int64_t *value)
{
    const char *at = field->text;
    const char *end = at + field->length;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (field->quoted || at == end)
        return false;
    int64_t number = 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        int digit = *at - '0';
        if (number > (INT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *value = negative ? -number : number;
    return true;
}

/* Location area codes and cells: four digits or more, so that no state or mode is taken for one. */
static bool is_hexadecimal(const struct at_field *field)
{
    for (size_t i = 0; i < field->length; i++) {
        char byte = field->text[i];
        if (!(byte >= '0' && byte <= '9') && !(byte >= 'A' && byte <= 'F') && !(byte >= 'a' && byte <= 'f'))
            return false;
    }
    return field->length >= 4;
}

static bool match_field(char kind, const struct at_field *field)
{
    if (kind == 'a')
        return true;
    if (kind == 's')
        return field->quoted;
    if (field->quoted || field->length == 0 || field->text[0] == '(')
        return false;
    if (kind == 'x')
        return is_hexadecimal(field);
    for (size_t i = 0; kind == 'd' && i < field->length; i++) {
        if (field->text[i] < '0' || field->text[i] > '9')
            return false;
    }
    return true;
}

/* Matches a quoted word in a shape. *shape points to its opening quote and advances to the closing one. */
static bool match_word(const char **shape, const struct at_field *field)
{
    const char *word = *shape + 1;
    size_t length = strcspn(word, "'");
    *shape = word + length - (word[length] == '\0');
    return field->length == length && memcmp(field->text, word, length) == 0;
}

/* Matches one alternative of a shape, which ends at `|` or the end of the shape. */
static bool match_alternative(const char *shape, const char *text, size_t length)
{
    struct at_fields fields;
    struct at_field field;
    at_fields_init(&fields, text, length);
    for (; *shape != '\0' && *shape != '|'; shape++) {
        if (*shape == '*')
            return true;
        if (!at_fields_next(&fields, &field))
            return false;
        if (*shape == '\'' ? !match_word(&shape, &field) : !match_field(*shape, &field))
            return false;
    }
    return !fields.more;
}

bool at_fields_match(const char *shape, const char *text, size_t length)
{
    if (shape == NULL)
        return true;
    for (;;) {
        if (match_alternative(shape, text, length))
            return true;
        shape = strchr(shape, '|');
        if (shape == NULL)
            return false;
        shape++;
    }
}
