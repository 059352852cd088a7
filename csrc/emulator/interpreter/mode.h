/* Interprets input as command lines, or passes it on in data mode.
 *
 * A command line that arrives while another is being executed waits (V.250 5.6.1 allows it to abort the
 * first one, but recorded modules do not do that), or is answered with a busy message. URCs are deferred
 * while the port is in data mode. */
#ifndef EMU_INTERPRETER_MODE_H
#define EMU_INTERPRETER_MODE_H

#include "emulator/interpreter/parser.h"
#include "emulator/line/escape.h"

struct emu;

/* The receiver of input in data mode. */
struct emu_data_mode {
    /* Returns the number of bytes used. The rest is passed again later. With `echo` every byte must be
     * used. */
    size_t (*consume)(void *owner, const char *bytes, size_t length);
    /* "+++" was received and all data before it consumed. NULL: plus signs are ordinary data. */
    void (*escape)(void *owner);
    void *owner;
    bool echo; /* modules echo input at a prompt, but not after CONNECT */
    bool urcs; /* some firmware prints URCs in data mode */
};

/* What V.250 calls DCE parameters. AT&W saves them, ATZ restores them. */
struct emu_profile {
    bool echo, verbose, quiet;
    unsigned cmee;
};

struct emu_mode {
    struct emu_profile profile, saved;
    struct emu_data_mode data;
    bool in_data;
    uint64_t data_modes; /* how often data mode was entered */
    bool escaping;       /* "+++" was received, but data before it is not consumed yet */
    bool input_ignored;  /* powered off: input is lost */
    struct emu_escape escape;

    char line[EMU_LINE_MAX];
    size_t length, max_length; /* length of the line; the module may lower its limit */
    bool overlong;

    char **deferred_urcs; /* URCs waiting for command mode */
    size_t deferred_count;
};

void emu_mode_init(struct emu *emu, const struct emu_profile *profile);
void emu_mode_free(struct emu *emu);

void emu_mode_enter_data(struct emu *emu, const struct emu_data_mode *mode);
void emu_mode_leave_data(struct emu *emu);

/* Processes input as far as the mode allows, then prints deferred URCs. Called once per round. */
void emu_mode_run(struct emu *emu);

bool emu_mode_allows_urcs(const struct emu *emu);

/* Defers a URC until command mode. Takes ownership of the text. */
void emu_mode_defer_urc(struct emu *emu, char *text);

/* Discards input lines, deferred URCs and data mode, as at power-off. */
void emu_mode_reset(struct emu *emu);

#endif
