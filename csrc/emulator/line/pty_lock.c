#include "emulator/line/pty_lock.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Processes whose descriptors we may not read belong to another user: root, whom locks do not stop. */
static bool has_open(const char *process, const char *path)
{
    char name[300], target[128];
    snprintf(name, sizeof name, "/proc/%s/fd", process);
    DIR *descriptors = opendir(name);
    bool found = false;
    for (struct dirent *entry; descriptors && !found && (entry = readdir(descriptors));) {
        ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, target, sizeof target);
        found = length == (ssize_t)strlen(path) && memcmp(target, path, (size_t)length) == 0;
    }
    if (descriptors)
        closedir(descriptors);
    return found;
}

/* Returns whether another process has the pty open. Counting opens and closes would be unreliable because
 * inotify merges identical events. */
static bool is_in_use(const char *path)
{
    DIR *processes = opendir("/proc");
    bool found = !processes;
    for (struct dirent *entry; !found && (entry = readdir(processes));) {
        char *end;
        long process = strtol(entry->d_name, &end, 10);
        found = process > 0 && !*end && process != getpid() && has_open(entry->d_name, path);
    }
    if (processes)
        closedir(processes);
    return found;
}

/* Clients that exit normally release the lock themselves, in which case there is nothing to search for. */
static void on_closed(void *owner, short events)
{
    (void)events;
    struct emu_pty_lock *lock = owner;
    char closes[1024];
    int locked = 0;
    while (read(lock->watch.fd, closes, sizeof closes) > 0)
        continue;
    if (ioctl(lock->slave, TIOCGEXCL, &locked) == 0 && locked && !is_in_use(lock->path))
        ioctl(lock->slave, TIOCNXCL);
}

void emu_pty_lock_start(struct emu_pty_lock *lock, struct emu_loop *loop, int slave, const char *path)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0)
        return;
    if (inotify_add_watch(fd, path, IN_CLOSE) < 0) {
        close(fd);
        return;
    }
    *lock = (struct emu_pty_lock){.loop = loop, .slave = slave, .path = path};
    lock->watch = (struct emu_watch){.fd = fd, .events = POLLIN, .on_ready = on_closed, .owner = lock};
    emu_watch_add(loop, &lock->watch);
}

void emu_pty_lock_stop(struct emu_pty_lock *lock)
{
    if (!lock->watch.added)
        return;
    emu_watch_remove(lock->loop, &lock->watch);
    close(lock->watch.fd);
}
