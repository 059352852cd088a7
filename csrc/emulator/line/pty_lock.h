/* Releases the exclusive lock that a client puts on the pty (TIOCEXCL) when the client is gone.
 *
 * On a serial line the last close releases the lock. A pty remains open as long as its master does, so
 * after a client was killed only root could open it again. */
#ifndef EMU_LINE_PTY_LOCK_H
#define EMU_LINE_PTY_LOCK_H

#include "emulator/loop.h"

struct emu_pty_lock {
    struct emu_loop *loop;
    struct emu_watch watch; /* for close events, by inotify */
    int slave;
};

/* The descriptor must stay valid until emu_pty_lock_stop. Without inotify, locks are not
 * released. */
void emu_pty_lock_start(struct emu_pty_lock *lock, struct emu_loop *loop, int slave, const char *path);

/* May be called repeatedly. */
void emu_pty_lock_stop(struct emu_pty_lock *lock);

#endif
