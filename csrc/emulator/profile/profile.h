/* A profile, which `hayes probe` has made of a real module, and the emulator plays: the module's own answers
 * to test commands and questions for its version in place of the emulator's, and its habits as quirks.
 * lua/hayes/profile/init.lua says what is in one. */
#ifndef EMU_PROFILE_PROFILE_H
#define EMU_PROFILE_PROFILE_H

#include "emulator/interpreter/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct emu_module;

/* A command, the lines of its answer, and the result code: at least two texts. */
struct emu_profile_row {
    char **texts;
    size_t count;
};

struct emu_module_profile {
    char *dialect, *model; /* NULL: not given */
    struct emu_profile_row *rows;
    size_t row_count;
    uint64_t quirks; /* those that its habits are */
};

/* Reads a file. Returns NULL with a description of what is wrong in `problem`. */
struct emu_module_profile *emu_profile_load(const char *path, char *problem, size_t size);

/* The same of its text. */
struct emu_module_profile *emu_profile_parse(const char *bytes, size_t length, char *problem, size_t size);

void emu_profile_free(struct emu_module_profile *profile);

/* The module of the emulator that comes nearest; NULL if there is none with this dialect. */
const struct emu_module *emu_profile_module(const struct emu_module_profile *profile);

/* Returns the answer to a command, AT+CSQ=?; NULL if the profile has none. */
const struct emu_profile_row *emu_profile_answer(const struct emu_module_profile *profile,
                                                 const char *command);

/* Answers a command as the profile says. Returns false if it does not say how. */
bool emu_profile_play(const struct emu_module_profile *profile, struct emu_call *call,
                      struct emu_result *result);

#endif
