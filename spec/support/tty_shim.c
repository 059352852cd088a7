/* Lets the real libserialport use a pty, for the specs of csrc/port/serial.c. Preloaded; not part of the
 * library.
 *
 * libserialport 0.1.1 refuses ptys: it wants an entry in sysfs and the modem lines. Paths under
 * /sys/class/tty, /sys/devices and /dev/tty are looked for under $TTY_SHIM, where a spec has put what a USB
 * device would have there; the modem lines are kept in the file $TTY_SHIM/lines, an int per pts number, where
 * a spec can read them. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define REAL(name)                                                                                           \
    static __typeof__(name) *real_##name;                                                                    \
    if (real_##name == NULL)                                                                                 \
    real_##name = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

enum {
    PATH_SIZE = 4096,
    PORTS = 4096,
    FIRST_PTS_MAJOR = 136,
    LAST_PTS_MAJOR = 143
};

static int begins(const char *path, const char *with)
{
    return strncmp(path, with, strlen(with)) == 0;
}

/* The path in the tree of the spec, or the path as it is. */
static const char *redirect(const char *path, char buffer[PATH_SIZE])
{
    const char *root = getenv("TTY_SHIM");
    struct stat found;
    int before = errno;
    if (root == NULL || path == NULL ||
        !(begins(path, "/sys/class/tty") || begins(path, "/sys/devices/") || begins(path, "/dev/tty")))
        return path;
    snprintf(buffer, PATH_SIZE, "%s%s", root, path);
    if (begins(path, "/dev/") && fstatat(AT_FDCWD, buffer, &found, AT_SYMLINK_NOFOLLOW) != 0)
        buffer = NULL;
    errno = before;
    return buffer != NULL ? buffer : path;
}

/* The modem lines of a pts; NULL for anything else. */
static int *lines_of(int fd)
{
    static int *lines;
    const char *root = getenv("TTY_SHIM");
    struct stat port;
    if (root == NULL || fstat(fd, &port) != 0 || !S_ISCHR(port.st_mode) ||
        major(port.st_rdev) < FIRST_PTS_MAJOR || major(port.st_rdev) > LAST_PTS_MAJOR)
        return NULL;
    if (lines == NULL) {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%s/lines", root);
        REAL(open);
        int file = real_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (file < 0 || ftruncate(file, PORTS * sizeof *lines) != 0)
            return NULL;
        lines = mmap(NULL, PORTS * sizeof *lines, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
        if (lines == MAP_FAILED)
            return lines = NULL;
    }
    return lines + minor(port.st_rdev) % PORTS;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    REAL(ioctl);
    if (request != TIOCMGET && request != TIOCMSET && request != TIOCMBIS && request != TIOCMBIC)
        return real_ioctl(fd, request, argument);
    int *lines = lines_of(fd);
    if (lines == NULL)
        return real_ioctl(fd, request, argument);
    int *value = argument;
    if (request == TIOCMGET)
        *value = *lines;
    else if (request == TIOCMSET)
        *lines = *value;
    else if (request == TIOCMBIS)
        *lines |= *value;
    else
        *lines &= ~*value;
    return 0;
}

static mode_t mode_of(int flags, va_list arguments)
{
    return (flags & O_CREAT) != 0 ? (mode_t)va_arg(arguments, int) : 0;
}

int open(const char *path, int flags, ...)
{
    char buffer[PATH_SIZE];
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    REAL(open);
    return real_open(redirect(path, buffer), flags, mode);
}

int open64(const char *path, int flags, ...)
{
    char buffer[PATH_SIZE];
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    REAL(open64);
    return real_open64(redirect(path, buffer), flags, mode);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return open(path, flags);
}

int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
    return open64(path, flags);
}

FILE *fopen(const char *path, const char *mode)
{
    char buffer[PATH_SIZE];
    REAL(fopen);
    return real_fopen(redirect(path, buffer), mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    char buffer[PATH_SIZE];
    REAL(fopen64);
    return real_fopen64(redirect(path, buffer), mode);
}

DIR *opendir(const char *path)
{
    char buffer[PATH_SIZE];
    REAL(opendir);
    return real_opendir(redirect(path, buffer));
}

ssize_t readlink(const char *path, char *to, size_t size)
{
    char buffer[PATH_SIZE];
    REAL(readlink);
    return real_readlink(redirect(path, buffer), to, size);
}

int access(const char *path, int mode)
{
    char buffer[PATH_SIZE];
    REAL(access);
    return real_access(redirect(path, buffer), mode);
}

int stat(const char *path, struct stat *to)
{
    char buffer[PATH_SIZE];
    return fstatat(AT_FDCWD, redirect(path, buffer), to, 0);
}

int lstat(const char *path, struct stat *to)
{
    char buffer[PATH_SIZE];
    return fstatat(AT_FDCWD, redirect(path, buffer), to, AT_SYMLINK_NOFOLLOW);
}

int stat64(const char *path, struct stat64 *to)
{
    char buffer[PATH_SIZE];
    return fstatat64(AT_FDCWD, redirect(path, buffer), to, 0);
}

int lstat64(const char *path, struct stat64 *to)
{
    char buffer[PATH_SIZE];
    return fstatat64(AT_FDCWD, redirect(path, buffer), to, AT_SYMLINK_NOFOLLOW);
}

/* What stat and lstat are called in libraries built against glibc before 2.33, libserialport among them. */
int __xstat(int version, const char *path, struct stat *to);
int __xstat(int version, const char *path, struct stat *to)
{
    (void)version;
    return stat(path, to);
}

int __lxstat(int version, const char *path, struct stat *to);
int __lxstat(int version, const char *path, struct stat *to)
{
    (void)version;
    return lstat(path, to);
}
