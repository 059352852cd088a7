/* The emulator's readers of command lines. */
#include "emulator/interpreter/parser.h"
#include "emulator/aithinker/grammar.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Texts of parameters end with NUL within the memory of the parser. */
static void check(const struct emu_parser *parser, const struct emu_call *call)
{
    if (strlen(call->name) > EMU_NAME_MAX || call->count > EMU_PARAMS_MAX)
        abort();
    for (size_t i = 0; i < call->count; i++) {
        const struct emu_param *param = &call->params[i];
        if (param->text < parser->text || param->text + param->length >= parser->text + sizeof parser->text ||
            strlen(param->text) != param->length)
            abort();
    }
}

static void parse(const struct emu_grammar *grammar, const char *line, size_t length)
{
    struct emu_parser *parser = malloc(sizeof *parser);
    struct emu_call call;
    if (grammar->begin(parser, line, length)) {
        for (size_t i = 0;; i++) {
            memset(&call, 0, sizeof call);
            enum emu_parsed parsed = grammar->next(parser, &call);
            if (parsed != EMU_PARSED_CALL)
                break;
            check(parser, &call);
            if (i > length)
                abort();
            if (grammar == &aithinker_grammar)
                break;
        }
    }
    free(parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length > EMU_LINE_MAX)
        return 0;
    char *line = malloc(length + 1);
    if (length > 0)
        memcpy(line + 1, bytes, length);
    parse(&emu_v250_grammar, line + 1, length);
    parse(&aithinker_grammar, line + 1, length);
    free(line);
    return 0;
}
