#include "emulator/profile/tokens.h"

#include <string.h>

/* The library's reader goes by the C locale, too. */
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_control(unsigned char c)
{
    return c < 32 || c == 127;
}

void emu_tokens_init(struct emu_tokens *tokens, const char *bytes, size_t length)
{
    *tokens = (struct emu_tokens){.at = bytes, .end = bytes + length, .line = 1};
}

bool emu_tokens_fail(struct emu_tokens *tokens, const char *what)
{
    if (!tokens->mistake)
        tokens->mistake = what;
    return false;
}

/* The byte so far ahead; '\0' behind the end. */
static char ahead(const struct emu_tokens *tokens, size_t count)
{
    return count < (size_t)(tokens->end - tokens->at) ? tokens->at[count] : '\0';
}

/* "--" is ahead. */
static void skip_comment(struct emu_tokens *tokens)
{
    size_t level = 3;
    while (ahead(tokens, level) == '=')
        level++;
    if (ahead(tokens, 2) == '[' && ahead(tokens, level) == '[')
        emu_tokens_fail(tokens, "comments of several lines are not allowed");
    while (tokens->at < tokens->end && *tokens->at != '\n')
        tokens->at++;
}

static void skip(struct emu_tokens *tokens)
{
    while (tokens->at < tokens->end && !tokens->mistake) {
        char c = *tokens->at;
        if (c == '-' && ahead(tokens, 1) == '-') {
            skip_comment(tokens);
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            tokens->line += c == '\n';
            tokens->at++;
        } else {
            return;
        }
    }
}

char emu_tokens_next(struct emu_tokens *tokens)
{
    skip(tokens);
    if (tokens->mistake || tokens->at == tokens->end)
        return '\0';
    /* A NUL byte is none of the words either, and is not to be taken for the end. */
    return *tokens->at ? *tokens->at : '\1';
}

bool emu_tokens_take(struct emu_tokens *tokens, char byte)
{
    if (emu_tokens_next(tokens) != byte)
        return false;
    tokens->at++;
    return true;
}

bool emu_tokens_word(struct emu_tokens *tokens)
{
    if (!is_letter(emu_tokens_next(tokens)))
        return false;
    size_t length = 0;
    while (is_letter(ahead(tokens, length)) || is_digit(ahead(tokens, length)))
        length++;
    if (length > EMU_PROFILE_NAME)
        return emu_tokens_fail(tokens, "a name is longer than 48 bytes");
    memcpy(tokens->name, tokens->at, length);
    tokens->name[length] = '\0';
    tokens->at += length;
    return true;
}

bool emu_tokens_key(struct emu_tokens *tokens)
{
    emu_tokens_next(tokens);
    const char *at = tokens->at;
    int line = tokens->line;
    if (emu_tokens_word(tokens) && emu_tokens_take(tokens, '='))
        return true;
    if (!tokens->mistake) {
        tokens->at = at;
        tokens->line = line;
    }
    return false;
}

/* Reads the byte that an escape stands for; a backslash is ahead. */
static bool read_escape(struct emu_tokens *tokens, char *byte)
{
    size_t digits = 0;
    int code = 0;
    while (digits < 3 && is_digit(ahead(tokens, digits + 1)))
        code = code * 10 + (ahead(tokens, ++digits) - '0');
    char plain = ahead(tokens, 1);
    if (digits == 0 && plain != '"' && plain != '\\')
        return emu_tokens_fail(tokens, "an escape is \\\", \\\\ or a backslash and three decimal digits");
    if (code > 255)
        return emu_tokens_fail(tokens, "an escape is no byte");
    if (digits > 0 && is_control((unsigned char)code))
        return emu_tokens_fail(tokens, "a text holds a control character");
    *byte = digits > 0 ? (char)code : plain;
    tokens->at += digits > 0 ? digits + 1 : 2;
    return true;
}

static bool read_text(struct emu_tokens *tokens)
{
    tokens->length = 0;
    tokens->at++;
    while (ahead(tokens, 0) != '"') {
        char c = ahead(tokens, 0);
        if (tokens->at == tokens->end || c == '\n' || c == '\r')
            return emu_tokens_fail(tokens, "a text does not end on its line");
        if (is_control((unsigned char)c))
            return emu_tokens_fail(tokens, "a text holds a control character");
        if (c != '\\')
            tokens->at++;
        else if (!read_escape(tokens, &c))
            return false;
        if (tokens->length == EMU_PROFILE_TEXT)
            return emu_tokens_fail(tokens, "a text is longer than 2000 bytes");
        tokens->text[tokens->length++] = c;
    }
    tokens->text[tokens->length] = '\0';
    tokens->at++;
    return true;
}

static bool read_number(struct emu_tokens *tokens, long long *number)
{
    bool negative = ahead(tokens, 0) == '-';
    size_t first = negative, length = first;
    while (is_digit(ahead(tokens, length)))
        length++;
    if (length == first)
        return emu_tokens_fail(tokens, "a value is a table, a text, a whole number, true or false");
    if (length - first > EMU_PROFILE_DIGITS)
        return emu_tokens_fail(tokens, "a number has more than 15 digits");
    *number = 0;
    for (size_t i = first; i < length; i++)
        *number = *number * 10 + (tokens->at[i] - '0');
    if (negative)
        *number = -*number;
    tokens->at += length;
    if (is_letter(ahead(tokens, 0)) || ahead(tokens, 0) == '.')
        return emu_tokens_fail(tokens, "a number is a whole one, in decimal digits");
    return true;
}

enum emu_value emu_tokens_value(struct emu_tokens *tokens, long long *number)
{
    if (++tokens->values > EMU_PROFILE_VALUES)
        emu_tokens_fail(tokens, "there are more than 16384 values");
    char next = emu_tokens_next(tokens);
    if (tokens->mistake)
        return EMU_VALUE_NONE;
    if (next == '{')
        return EMU_VALUE_TABLE;
    if (next == '"')
        return read_text(tokens) ? EMU_VALUE_TEXT : EMU_VALUE_NONE;
    if (!is_letter(next))
        return read_number(tokens, number) ? EMU_VALUE_NUMBER : EMU_VALUE_NONE;
    if (!emu_tokens_word(tokens))
        return EMU_VALUE_NONE;
    if (strcmp(tokens->name, "true") == 0)
        return EMU_VALUE_TRUE;
    if (strcmp(tokens->name, "false") == 0)
        return EMU_VALUE_FALSE;
    emu_tokens_fail(tokens, "a word is no value: texts stand in quotes");
    return EMU_VALUE_NONE;
}

bool emu_tokens_between(struct emu_tokens *tokens)
{
    if (emu_tokens_take(tokens, ',') || emu_tokens_next(tokens) == '}')
        return !tokens->mistake;
    return emu_tokens_fail(tokens, "a comma or \"}\" is missing");
}
