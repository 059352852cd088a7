#include "emulator/aithinker/grammar.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool begin(struct emu_parser *parser, const char *line, size_t length)
{
    memcpy(parser->line, line, length);
    parser->line[length] = '\0';
    parser->at = 0;
    return length > 0;
}

/* Copies a quoted parameter without its quotes. Returns the text after the closing quote, or NULL if there
 * is none. */
static const char *unquote(const char *from, char *to)
{
    for (from++; *from && *from != '"'; from++) {
        if (from[0] == '\\' && from[1] == '"')
            from++;
        *to++ = *from;
    }
    *to = '\0';
    return *from ? from + 1 : NULL;
}

static const char *copy_bare(const char *from, char *to)
{
    size_t length = strcspn(from, ",");
    memcpy(to, from, length);
    to[length] = '\0';
    return from + length;
}

static bool read_params(struct emu_parser *parser, struct emu_call *call, const char *from)
{
    char *text = parser->text;
    for (;;) {
        if (call->count == EMU_PARAMS_MAX)
            return false;
        struct emu_param *param = &call->params[call->count++];
        param->quoted = *from == '"';
        from = param->quoted ? unquote(from, text) : copy_bare(from, text);
        if (!from || (*from && *from != ','))
            return false;
        param->text = text;
        param->length = strlen(text);
        text += param->length + 1;
        if (!*from)
            return true;
        from++;
    }
}

/* Reads a name in upper case, as the command tables spell it. Returns the text after it. */
static const char *read_name(const char *from, struct emu_call *call)
{
    size_t length = 0;
    while (length < EMU_NAME_MAX && (isalnum((unsigned char)from[length]) || strchr("+_", from[length])) &&
           from[length]) {
        call->name[length] = (char)toupper((unsigned char)from[length]);
        length++;
    }
    call->name[length] = '\0';
    return from + length;
}

static enum emu_parsed read_echo(struct emu_parser *parser, struct emu_call *call, const char *from)
{
    if ((from[1] != '0' && from[1] != '1') || from[2])
        return EMU_PARSED_UNKNOWN;
    call->form = EMU_WRITE;
    memcpy(call->name, "E", 2);
    return read_params(parser, call, from + 1) ? EMU_PARSED_CALL : EMU_PARSED_ERROR;
}

static enum emu_parsed next(struct emu_parser *parser, struct emu_call *call)
{
    const char *from = parser->line;
    parser->at = strlen(from);
    call->count = 0;
    call->form = EMU_EXECUTE;
    if (strncasecmp(from, "AT", 2) != 0)
        return EMU_PARSED_UNKNOWN;
    from += 2;
    if (!*from)
        return EMU_PARSED_END;
    if (toupper((unsigned char)*from) == 'E')
        return read_echo(parser, call, from);
    const char *rest = *from == '+' ? read_name(from, call) : from;
    if (rest == from)
        return EMU_PARSED_UNKNOWN;
    if (!*rest)
        return EMU_PARSED_CALL;
    if (strcmp(rest, "?") == 0) {
        call->form = EMU_READ;
        return EMU_PARSED_CALL;
    }
    if (strcmp(rest, "=?") == 0) {
        call->form = EMU_TEST;
        return EMU_PARSED_CALL;
    }
    if (*rest != '=')
        return EMU_PARSED_UNKNOWN;
    call->form = EMU_WRITE;
    return read_params(parser, call, rest + 1) ? EMU_PARSED_CALL : EMU_PARSED_ERROR;
}

const struct emu_grammar aithinker_grammar = {.begin = begin, .next = next};
