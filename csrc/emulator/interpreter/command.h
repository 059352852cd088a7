/* A command: its name, and a handler for each of its forms (V.250 5.4, 27.007 4). */
#ifndef EMU_INTERPRETER_COMMAND_H
#define EMU_INTERPRETER_COMMAND_H

#include "emulator/interpreter/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EMU_NAME_MAX = 31,
    EMU_PARAMS_MAX = 20,
};

enum emu_form {
    EMU_TEST,    /* AT+NAME=? */
    EMU_READ,    /* AT+NAME? */
    EMU_WRITE,   /* AT+NAME=...; ATE0 */
    EMU_EXECUTE, /* AT+NAME */
};

/* One parameter. The text ends with NUL and is valid as long as the call. */
struct emu_param {
    const char *text;
    size_t length; /* 0 and not quoted: omitted */
    bool quoted;
};

/* One command of a command line, valid until its handler returns. */
struct emu_call {
    struct emu *emu;
    char name[EMU_NAME_MAX + 1]; /* in upper case, without AT: "+CSQ", "E", "&F" */
    enum emu_form form;
    struct emu_param params[EMU_PARAMS_MAX];
    size_t count;
};

struct emu;

typedef struct emu_result emu_handler(struct emu_call *call);

/* A form without a handler answers ERROR. The test form can do without: it prints `ranges` after the name,
 * or just OK if `ranges` is "". */
struct emu_command {
    const char *name;
    emu_handler *write, *read, *execute, *test;
    const char *ranges;
    bool (*present)(const struct emu *emu); /* NULL: always present */
};

/* Reads an integer in the given range. Returns false if the parameter is not one, quoted or omitted. */
bool emu_param_number(const struct emu_call *call, size_t index, long long min, long long max,
                      long long *number);

/* The same, but an omitted parameter leaves *number unchanged and succeeds. */
bool emu_param_option(const struct emu_call *call, size_t index, long long min, long long max,
                      long long *number);

/* Returns a quoted string of at most `max` bytes, or NULL. */
const char *emu_param_string(const struct emu_call *call, size_t index, size_t max);

/* Returns whether the parameter is omitted, also at the end of the list. */
bool emu_param_absent(const struct emu_call *call, size_t index);

#endif
