/* One-shot rules of a control connection for command lines to come: hold, swallow, answer. */
#ifndef EMU_WORLD_FAULTS_H
#define EMU_WORLD_FAULTS_H

#include "emulator/loop.h"

/* What is to be done to a line. All zero: nothing. */
struct emu_fault {
    char *prefix; /* of the line; letter case and spaces don't count */
    emu_time delay;
    bool swallow;
    char *answer; /* owned by whoever holds the fault */
    struct emu_fault *next;
};

struct emu_faults {
    struct emu_fault *first;
};

/* Adds one behind the others; copies the texts. */
void emu_faults_add(struct emu_faults *faults, const char *prefix, const struct emu_fault *fault);

/* The first rule for this line, which it takes off the list; the caller owns the answer. */
struct emu_fault emu_faults_take(struct emu_faults *faults, const char *line);

void emu_faults_free(struct emu_faults *faults);

#endif
