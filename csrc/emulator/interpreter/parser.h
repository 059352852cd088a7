/* Splits a command line into commands, using the grammar of the module.
 *
 * This file contains V.250's grammar (5.2 to 5.4): basic commands follow each other without a separator
 * (ATE0V1); extended commands end with ';' or at the end of the line. Spaces and control characters
 * outside strings are ignored. */
#ifndef EMU_INTERPRETER_PARSER_H
#define EMU_INTERPRETER_PARSER_H

#include "emulator/interpreter/command.h"

enum {
    EMU_LINE_MAX = 2048
};

struct emu_parser {
    char line[EMU_LINE_MAX + 1];     /* the unread part starts at `at` */
    char text[2 * EMU_LINE_MAX + 2]; /* parameters of the current command, each terminated by NUL */
    size_t at;
};

enum emu_parsed {
    EMU_PARSED_CALL,
    EMU_PARSED_END,
    EMU_PARSED_ERROR,   /* answered with ERROR; the call contains the name if there is one */
    EMU_PARSED_UNKNOWN, /* not a command at all */
};

struct emu_grammar {
    /* Starts parsing a line, passed without its terminator. Returns false if the line gets no answer.
     * `length` must not exceed EMU_LINE_MAX. */
    bool (*begin)(struct emu_parser *parser, const char *line, size_t length);
    /* Parses the next command. The call refers to memory of the parser that is valid until the next use. */
    enum emu_parsed (*next)(struct emu_parser *parser, struct emu_call *call);
};

/* Lines that do not start with AT are ignored (V.250 5.2.1). */
extern const struct emu_grammar emu_v250_grammar;

#endif
