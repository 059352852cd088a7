#include "emulator/line/pty_lock.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Paths would not do: /dev/pts/0 is another pty in another container. Processes whose descriptors we may not
 * read belong to another user: root, whom locks do not stop. */
static bool has_open(const char *process, const struct stat *pty)
{
    char name[300];
    struct stat target;
    snprintf(name, sizeof name, "/proc/%s/fd", process);
    DIR *descriptors = opendir(name);
    bool found = false;
    for (struct dirent *entry; descriptors && !found && (entry = readdir(descriptors));)
        found = fstatat(dirfd(descriptors), entry->d_name, &target, 0) == 0 && target.st_dev == pty->st_dev &&
                target.st_ino == pty->st_ino;
    if (descriptors)
        closedir(descriptors);
    return found;
}

/* Returns whether another process has the pty open. Counting opens and closes would be unreliable because
 * inotify merges identical events. */
static bool is_in_use(int slave)
{
    struct stat pty;
    if (fstat(slave, &pty) != 0)
        return true;
    DIR *processes = opendir("/proc");
    bool found = !processes;
    for (struct dirent *entry; !found && (entry = readdir(processes));) {
        char *end;
        long process = strtol(entry->d_name, &end, 10);
        found = process > 0 && !*end && process != getpid() && has_open(entry->d_name, &pty);
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
    if (ioctl(lock->slave, TIOCGEXCL, &locked) == 0 && locked && !is_in_use(lock->slave))
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
    *lock = (struct emu_pty_lock){.loop = loop, .slave = slave};
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
