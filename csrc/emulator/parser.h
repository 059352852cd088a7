/* Cuts a command line into its commands.
 *
 * V.250 5.2-5.4: basic commands follow each other without a separator (ATE0V1), extended ones are ended by
 * ';' or the end of the line. Spaces and control characters outside strings mean nothing. */
#ifndef EMU_PARSER_H
#define EMU_PARSER_H

#include "emulator/command.h"

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
    EMU_PARSED_WRONG, /* not a command: the line ends with ERROR */
};

/* Takes the line without its end; false when it does not begin with AT (it is then ignored, V.250 5.2.1).
 * `length` is at most EMU_LINE_MAX. */
bool emu_parser_begin(struct emu_parser *parser, const char *line, size_t length);

/* The next command. The call points into the parser until the next use of it. */
enum emu_parsed emu_parser_next(struct emu_parser *parser, struct emu_call *call);

#endif
