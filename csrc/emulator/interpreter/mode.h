/* What the bytes on the serial port mean: command lines, or data for whoever has put the port in data mode.
 *
 * A command line that arrives while another is being executed waits for its turn (V.250 5.6.1 lets it abort
 * the first one; modules that were recorded don't), or is told that the module is busy. URCs wait while the
 * port is in data mode. */
#ifndef EMU_INTERPRETER_MODE_H
#define EMU_INTERPRETER_MODE_H

#include "emulator/interpreter/parser.h"
#include "emulator/line/escape.h"

struct emu;

/* Who gets the bytes in data mode. */
struct emu_data_mode {
    /* Returns how many bytes it has used; the rest is offered again later. With echo it uses every byte. */
    size_t (*consume)(void *owner, const char *bytes, size_t length);
    /* "+++" was seen, and everything in front of it taken; NULL: plus signs are just data here. */
    void (*escape)(void *owner);
    void *owner;
    bool echo; /* modules echo what is typed at a prompt, and nothing after CONNECT */
    bool urcs; /* some firmware says them in between */
};

/* What V.250 calls parameters of the DCE; AT&W saves them, ATZ brings them back. */
struct emu_profile {
    bool echo, verbose, quiet;
    unsigned cmee;
};

struct emu_mode {
    struct emu_profile profile, saved;
    struct emu_data_mode data;
    bool in_data;
    bool escaping;      /* "+++" was seen, the data in front of it is not taken yet */
    bool input_ignored; /* between power off and power on: what arrives is lost */
    struct emu_escape escape;

    char line[EMU_LINE_MAX];
    size_t length, max_length; /* of a line; the module may lower it */
    bool overlong;

    char **deferred_urcs; /* URCs that wait for command mode */
    size_t deferred_count;
};

void emu_mode_init(struct emu *emu, const struct emu_profile *profile);
void emu_mode_free(struct emu *emu);

void emu_mode_enter_data(struct emu *emu, const struct emu_data_mode *mode);
void emu_mode_leave_data(struct emu *emu);

/* Uses up the input as far as the mode allows, then prints held URCs. Called once a round. */
void emu_mode_run(struct emu *emu);

bool emu_mode_allows_urcs(const struct emu *emu);

/* Keeps a URC until command mode; takes over the text. */
void emu_mode_defer_urc(struct emu *emu, char *text);

/* Forgets lines, modes and held URCs, as at power-off. */
void emu_mode_reset(struct emu *emu);

#endif
