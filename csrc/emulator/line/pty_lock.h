/* The exclusive lock that a client puts on the pty (TIOCEXCL), released when the client is gone.
 *
 * On a serial line the last close releases it. A pty stays open as long as its master, so after a killed
 * client only root could open it again. */
#ifndef EMU_LINE_PTY_LOCK_H
#define EMU_LINE_PTY_LOCK_H

#include "emulator/loop.h"

struct emu_pty_lock {
    struct emu_loop *loop;
    struct emu_watch watch; /* of closes, by inotify */
    int slave;
    const char *path;
};

/* The slave's descriptor and path must stay until emu_pty_lock_stop. If inotify is unavailable, locks stay.
 */
void emu_pty_lock_start(struct emu_pty_lock *lock, struct emu_loop *loop, int slave, const char *path);

/* May be called repeatedly. */
void emu_pty_lock_stop(struct emu_pty_lock *lock);

#endif
