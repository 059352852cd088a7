/* Cuts a command line into its commands, by the grammar of the module.
 *
 * The one that is here is V.250's (5.2-5.4): basic commands follow each other without a separator (ATE0V1),
 * extended ones are ended by ';' or the end of the line. Spaces and control characters outside strings mean
 * nothing. */
#ifndef EMU_INTERPRETER_PARSER_H
#define EMU_INTERPRETER_PARSER_H

#include "emulator/interpreter/command.h"

enum {
    EMU_LINE_MAX = 2048
};

struct emu_parser {
    char line[EMU_LINE_MAX + 1];     /* what is left of it begins at `at` */
    char text[2 * EMU_LINE_MAX + 2]; /* the parameters of the current command, each ended by NUL */
    size_t at;
};

enum emu_parsed {
    EMU_PARSED_CALL,
    EMU_PARSED_END,
    EMU_PARSED_ERROR,   /* the line ends with ERROR; the call has the name, if there was one */
    EMU_PARSED_UNKNOWN, /* not a command at all */
};

struct emu_grammar {
    /* Takes the line without its end; false when nothing at all is to be answered to it. `length` is at most
     * EMU_LINE_MAX. */
    bool (*begin)(struct emu_parser *parser, const char *line, size_t length);
    /* The next command. The call points into the parser until the next use of it. */
    enum emu_parsed (*next)(struct emu_parser *parser, struct emu_call *call);
};

/* A line that does not begin with AT is ignored (V.250 5.2.1). */
extern const struct emu_grammar emu_v250_grammar;

#endif
