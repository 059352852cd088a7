#include "emulator/interpreter/parser.h"

#include <ctype.h>
#include <string.h>

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) != 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) != 0 || (c != '\0' && strchr("!%-./:_", c));
}

static bool begin(struct emu_parser *parser, const char *line, size_t length)
{
    size_t kept = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)line[i];
        if (c == '"')
            quoted = !quoted;
        if (c < 0x20 || c == 0x7f || (c == ' ' && !quoted))
            continue;
        parser->line[kept++] = (char)c;
    }
    parser->line[kept] = '\0';
    parser->at = 2;
    return kept >= 2 && toupper((unsigned char)parser->line[0]) == 'A' &&
           toupper((unsigned char)parser->line[1]) == 'T';
}

/* Measures the parameter at `from`, up to a ',' or ';' outside quotes. Returns false if a quote is not
 * closed. */
static bool measure(const char *from, size_t *length)
{
    bool quoted = false;
    size_t i = 0;
    for (; from[i] != '\0'; i++) {
        if (from[i] == '"')
            quoted = !quoted;
        else if (!quoted && (from[i] == ',' || from[i] == ';'))
            break;
    }
    *length = i;
    return !quoted;
}

static bool add_param(struct emu_call *call, char *text, const char *from, size_t length)
{
    if (call->count == EMU_PARAMS_MAX)
        return false;
    struct emu_param *param = &call->params[call->count++];
    param->quoted = length >= 2 && from[0] == '"' && from[length - 1] == '"';
    if (param->quoted) {
        from++;
        length -= 2;
    }
    memcpy(text, from, length);
    text[length] = '\0';
    param->text = text;
    param->length = length;
    return !memchr(text, '"', length);
}

static bool read_params(struct emu_parser *parser, struct emu_call *call)
{
    char *text = parser->text;
    for (;;) {
        const char *from = parser->line + parser->at;
        size_t length;
        if (!measure(from, &length) || !add_param(call, text, from, length))
            return false;
        text += length + 1;
        parser->at += length;
        if (from[length] != ',')
            return true;
        parser->at++;
    }
}

/* Reads a numeric value as in ATE0 or ATS0=1. */
static void read_number(struct emu_parser *parser, struct emu_call *call)
{
    size_t length = strspn(parser->line + parser->at, "0123456789");
    call->form = EMU_WRITE;
    add_param(call, parser->text, parser->line + parser->at, length);
    parser->at += length;
}

static void copy_name(struct emu_call *call, const char *from, size_t length)
{
    for (size_t i = 0; i < length; i++)
        call->name[i] = (char)toupper((unsigned char)from[i]);
    call->name[length] = '\0';
}

static enum emu_parsed read_s_register(struct emu_parser *parser, struct emu_call *call)
{
    const char *from = parser->line + parser->at;
    size_t digits = strspn(from + 1, "0123456789");
    if (digits == 0 || digits > 3)
        return EMU_PARSED_ERROR;
    copy_name(call, from, digits + 1);
    parser->at += digits + 1;
    if (from[digits + 1] == '?') {
        call->form = EMU_READ;
        parser->at++;
    } else if (from[digits + 1] == '=') {
        parser->at++;
        read_number(parser, call);
    }
    return EMU_PARSED_CALL;
}

static enum emu_parsed read_basic(struct emu_parser *parser, struct emu_call *call)
{
    const char *from = parser->line + parser->at;
    size_t length = from[0] == '&' ? 2 : 1;
    if (!is_letter(from[length - 1]))
        return EMU_PARSED_ERROR;
    if (toupper((unsigned char)from[0]) == 'S')
        return read_s_register(parser, call);
    copy_name(call, from, length);
    parser->at += length;
    if (toupper((unsigned char)from[0]) == 'D') {
        /* V.250 6.3.1: the dial string extends to the end of the line. */
        parser->at += strlen(parser->line + parser->at);
        return EMU_PARSED_CALL;
    }
    if (is_digit(from[length]))
        read_number(parser, call);
    return EMU_PARSED_CALL;
}

static enum emu_parsed end_extended(struct emu_parser *parser)
{
    char c = parser->line[parser->at];
    if (c == ';')
        parser->at++;
    return c == ';' || c == '\0' ? EMU_PARSED_CALL : EMU_PARSED_ERROR;
}

static enum emu_parsed read_extended(struct emu_parser *parser, struct emu_call *call)
{
    const char *from = parser->line + parser->at;
    size_t length = 1;
    while (is_name_char(from[length]))
        length++;
    if (length > EMU_NAME_MAX || length < 2)
        return EMU_PARSED_ERROR;
    copy_name(call, from, length);
    parser->at += length;
    if (from[length] == '?') {
        call->form = EMU_READ;
        parser->at++;
    } else if (from[length] == '=' && from[length + 1] == '?') {
        call->form = EMU_TEST;
        parser->at += 2;
    } else if (from[length] == '=') {
        call->form = EMU_WRITE;
        parser->at++;
        if (!read_params(parser, call))
            return EMU_PARSED_ERROR;
    }
    return end_extended(parser);
}

static enum emu_parsed next(struct emu_parser *parser, struct emu_call *call)
{
    while (parser->line[parser->at] == ';')
        parser->at++;
    char c = parser->line[parser->at];
    call->count = 0;
    call->form = EMU_EXECUTE;
    if (c == '\0')
        return EMU_PARSED_END;
    if (c == '+' || c == '*' || c == '^' || c == '$' || c == '%')
        return read_extended(parser, call);
    return read_basic(parser, call);
}

const struct emu_grammar emu_v250_grammar = {.begin = begin, .next = next};
