/* The control connection: a unix stream socket through which tests make things happen while the emulator
 * runs.
 *
 * One command a line, one answer a line: "ok" (or what was asked for), "error: why". Several clients may be
 * connected. */
#ifndef EMU_CONTROL_CONTROL_H
#define EMU_CONTROL_CONTROL_H

#include "emulator/loop.h"

struct emu;

enum {
    EMU_CONTROL_CLIENTS = 8
};

struct emu_control_client {
    struct emu *emu;
    struct emu_watch watch;
    bool open;
    char *line;
    size_t length, size;
};

struct emu_control {
    const char *path; /* NULL: there is none */
    struct emu_watch watch;
    struct emu_control_client clients[EMU_CONTROL_CLIENTS];
};

/* False with errno set. A socket that an emulator has left behind is replaced. */
bool emu_control_open(struct emu *emu, const char *path);
void emu_control_close(struct emu *emu);

/* A line that is being carried out. */
struct emu_control_line {
    const char *verb;
    char *rest; /* what is left of it, without leading spaces */
    char reply[1024];
};

/* The next word, taken off the rest; "" when there is none. */
char *emu_control_word(struct emu_control_line *line);
void emu_control_fail(struct emu_control_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Carries a line out (verbs.c). */
void emu_control_run(struct emu *emu, struct emu_control_line *line);

#endif
