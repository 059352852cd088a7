/* Faults at random, decided by a seed: of the line in both directions, of the module, and of the network.
 * Their names are those of the library's simulation (spec/simulation/README.md).
 *
 * Each rule counts its own opportunities: words (what the module says at one time), command lines, or pieces
 * of 64 bytes of what comes in. What it does at one of them depends on the seed, the kind and that number
 * only, and not on time or on other rules. */
#ifndef EMU_INJECTION_INJECTION_H
#define EMU_INJECTION_INJECTION_H

#include "emulator/line/output.h"
#include "emulator/loop.h"
#include "emulator/world/faults.h"
#include "emulator/world/random.h"

#include <stdio.h>

struct emu;

enum emu_fault_kind {
    EMU_FAULT_SPLIT,
    EMU_FAULT_MERGE,
    EMU_FAULT_DELAY,
    EMU_FAULT_LATE_ANSWER,
    EMU_FAULT_LOST_ANSWER,
    EMU_FAULT_DEAF,
    EMU_FAULT_REFUSED,
    EMU_FAULT_URC,
    EMU_FAULT_DROP,
    EMU_FAULT_DOUBLE,
    EMU_FAULT_FLIP,
    EMU_FAULT_COMMAND_DROP,
    EMU_FAULT_COMMAND_FLIP,
    EMU_FAULT_NUL_FLOOD,
    EMU_FAULT_GARBAGE,
    EMU_FAULT_SHORT_BLOCK,
    EMU_FAULT_SEND_FAIL,
    EMU_FAULT_SERVER_CLOSES,
    EMU_FAULT_PDPDEACT,
    EMU_FAULT_REBOOT,
    EMU_FAULT_PORT_GONE,
    EMU_FAULT_PORT_RENAMED,
    EMU_FAULT_SETTINGS_CHANGED,
    EMU_FAULT_STALL,
    EMU_FAULT_TTY_FULL,
    EMU_FAULT_KINDS,
};

struct emu_injection_rule {
    enum emu_fault_kind kind;
    double rate;
    uint64_t at;  /* this opportunity alone; 0: by the rate */
    char *prefix; /* the first command line that begins with it; NULL: by number or rate */
    bool over;
    uint64_t seen; /* opportunities so far */
    struct emu_injection_rule *next;
};

enum emu_banner {
    EMU_BANNER_WHOLE,
    EMU_BANNER_GARBLED,
    EMU_BANNER_MISSING,
};

struct emu_injection {
    struct emu *emu;
    uint64_t seed;
    struct emu_injection_rule *rules;
    uint64_t injected[EMU_FAULT_KINDS];

    char *scratch; /* the word under change */
    size_t scratch_size;
    uint64_t data_modes; /* entered up to the last word */
    uint64_t bytes_in;
    size_t drop_at, flip_at; /* in the piece of the host's bytes that is coming in */
    char flip_by;
    bool cut_off; /* restarts at the end of this round: nothing more is said */
    bool booting;
    enum emu_banner banner;
    /* To be done at the end of this round; the random numbers are those of the decision. */
    bool closes, deactivates, unplugs, renames;
    struct emu_random closes_by, unplugs_by;
    struct emu_timer back, room; /* the port is back; data is taken again */
    emu_time stalled_until;      /* nothing is said before that */
    unsigned renamed;            /* times */
    char *link;                  /* the name of the port behind that; NULL: that of the options */
};

void emu_injection_init(struct emu *emu, uint64_t seed);
void emu_injection_free(struct emu *emu);

/* Replaces the rules by those of a list, `NAME[=RATE|:NUMBER|:PREFIX],…`; "off": none. Returns NULL on
 * success, else what is wrong with it, valid until the next call, and then nothing is changed. With emu NULL
 * the list is only checked. */
const char *emu_injection_set(struct emu *emu, const char *list);

/* Prints names and meanings. */
void emu_injection_list(FILE *file);

/* Writes "name=count" of what was injected so far. */
void emu_injection_report(const struct emu *emu, char *text, size_t size);

/* A command line is about to be executed: may add to what becomes of it. */
void emu_injection_command(struct emu *emu, const char *line, struct emu_fault *fault);

/* The module boots: its banner may be damaged. */
void emu_injection_boot(struct emu *emu, bool begins);

/* Where the port is found: under a name, or by its own path. */
const char *emu_injection_port(const struct emu *emu);

/* At the end of each round: carries out what was put off. */
void emu_injection_settle(struct emu *emu);

/* For the files of this folder: whether a fault of this kind takes place now, and the random numbers for it.
 * `line` is the command line, or NULL. */
bool emu_injection_strikes(struct emu_injection *injection, enum emu_fault_kind kind, const char *line,
                           struct emu_random *random);
void emu_injection_word(void *owner, struct emu_word *word);
size_t emu_injection_input(void *owner, char *bytes, size_t length);

#endif
