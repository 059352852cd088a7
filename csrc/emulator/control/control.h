/* The control connection: a Unix stream socket through which tests change things while the emulator runs.
 *
 * Each line is a command and gets one line in answer: "ok" (or the requested information), or "error: "
 * and a reason. Several clients may be connected. */
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
    const char *path; /* NULL: no control connection */
    struct emu_watch watch;
    struct emu_control_client clients[EMU_CONTROL_CLIENTS];
};

/* Returns false with errno set. Replaces a socket that an earlier emulator left behind. */
bool emu_control_open(struct emu *emu, const char *path);
void emu_control_close(struct emu *emu);

/* The command being carried out. */
struct emu_control_line {
    const char *verb;
    char *rest; /* the unread part, without leading spaces */
    char reply[1024];
};

/* Removes the next word from `rest` and returns it; "" if there is none. */
char *emu_control_word(struct emu_control_line *line);
void emu_control_fail(struct emu_control_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Carries out a command (verbs.c). */
void emu_control_run(struct emu *emu, struct emu_control_line *line);

#endif
