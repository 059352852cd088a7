/* The lock that a client puts on the pty (TIOCEXCL), and that ends with the client.
 *
 * On a serial line the last close ends it. It belongs to the tty, though, and a pty lives as long as its
 * master: without this nobody but root could open the port again after a client that was killed. */
#ifndef EMU_LOCK_H
#define EMU_LOCK_H

#include "emulator/loop.h"

struct emu_lock {
    struct emu_loop *loop;
    struct emu_watch watch; /* of closes, by inotify */
    int slave;
    const char *path;
};

/* The slave's descriptor and path must stay until emu_lock_stop. Where inotify is not to be had, or used up,
 * locks stay. */
void emu_lock_watch(struct emu_lock *lock, struct emu_loop *loop, int slave, const char *path);

/* Any number of times. */
void emu_lock_stop(struct emu_lock *lock);

#endif
