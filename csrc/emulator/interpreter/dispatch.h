/* Executes command lines: each command in turn, one final result code for the line (V.250 5.6). */
#ifndef EMU_INTERPRETER_DISPATCH_H
#define EMU_INTERPRETER_DISPATCH_H

#include "emulator/interpreter/parser.h"
#include "emulator/loop.h"

struct emu;

struct emu_dispatch {
    struct emu_parser parser;
    struct emu_call call;
    bool running;       /* a line is being executed */
    bool executing;     /* a handler runs: URCs wait for the result code */
    bool info_begun;    /* the current command has printed an information response */
    bool ignore_next;   /* the next line gets no answer */
    char *fixed_answer; /* printed instead of executing, when a held line's time has come */
    struct emu_timer delay;
    uint64_t commands; /* command lines, since the start */

    const struct emu_command **index; /* all commands of the module, by name */
    size_t index_size;
};

void emu_dispatch_init(struct emu *emu);
void emu_dispatch_free(struct emu *emu);

/* A line has ended. Overlong: this is its beginning. */
void emu_dispatch_line(struct emu *emu, const char *line, size_t length);
void emu_dispatch_overlong(struct emu *emu, const char *line, size_t length);

/* The result of a command whose handler returned PENDING. */
void emu_finish(struct emu *emu, struct emu_result result);

/* Gives up the line that is being executed, without a word. */
void emu_dispatch_reset(struct emu *emu);

/* The names of all commands, sorted, for AT+CLAC. */
const struct emu_command *const *emu_dispatch_commands(const struct emu *emu, size_t *count);

#endif
