/* Executes command lines: one command after another, with one final result code per line (V.250 5.6). */
#ifndef EMU_INTERPRETER_DISPATCH_H
#define EMU_INTERPRETER_DISPATCH_H

#include "emulator/interpreter/parser.h"
#include "emulator/loop.h"

struct emu;

struct emu_dispatch {
    struct emu_parser parser;
    struct emu_call call;
    bool running;       /* a line is being executed */
    bool executing;     /* a handler is running: URCs are deferred until after the result code */
    bool info_begun;    /* the current command has printed an information response */
    bool ignore_next;   /* the next line gets no answer */
    bool muted;         /* nothing of the answer is said */
    char *fixed_answer; /* printed instead of executing the line, after the delay */
    bool refused;       /* it ends with `refusal` instead, after the delay */
    struct emu_result refusal;
    struct emu_timer delay;
    uint64_t commands; /* number of command lines since the start */

    const struct emu_command **index; /* all commands of the module, sorted by name */
    size_t index_size;
};

void emu_dispatch_init(struct emu *emu);
void emu_dispatch_free(struct emu *emu);

/* Executes a complete line. For an overlong line only its beginning is passed. */
void emu_dispatch_line(struct emu *emu, const char *line, size_t length);
void emu_dispatch_overlong(struct emu *emu, const char *line, size_t length);

/* Completes a command whose handler returned PENDING. */
void emu_finish(struct emu *emu, struct emu_result result);

/* Abandons the line being executed without printing anything. */
void emu_dispatch_reset(struct emu *emu);

/* Returns all commands sorted by name, for AT+CLAC. */
const struct emu_command *const *emu_dispatch_commands(const struct emu *emu, size_t *count);

#endif
