/* One-shot rules of the control connection for future command lines: delay, ignore, or answer with a fixed
 * text. */
#ifndef EMU_WORLD_FAULTS_H
#define EMU_WORLD_FAULTS_H

#include "emulator/interpreter/result.h"
#include "emulator/loop.h"

/* What to do with a line. All zero: nothing. */
struct emu_fault {
    char *prefix; /* of the line, ignoring case and spaces */
    emu_time delay;
    bool swallow;
    bool mute; /* it is carried out, and its answer is not said */
    bool refuse;
    struct emu_result refusal; /* instead of carrying it out */
    char *answer;              /* owned by the holder of the fault */
    struct emu_fault *next;
};

struct emu_faults {
    struct emu_fault *first;
};

/* Appends a rule. Copies the strings. */
void emu_faults_add(struct emu_faults *faults, const char *prefix, const struct emu_fault *fault);

/* Removes and returns the first rule that matches the line. The caller owns the answer. */
struct emu_fault emu_faults_take(struct emu_faults *faults, const char *line);

void emu_faults_free(struct emu_faults *faults);

#endif
