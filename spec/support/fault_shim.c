/* Lets calls of the system fail, for the specs of what the library does then. Preloaded; not part of the
 * library.
 *
 * A program sets it with os.getenv("FAULT_SHIM:n:error"): the n-th of these calls from now on fails with this
 * error number, and only that one; it gives the name of the call that has failed since the last time, or
 * "none". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static long left = -1; /* calls until the one that fails; -1: none */
static int number;
static const char *failed = "none";

static int fails(const char *name)
{
    if (left < 0 || --left >= 0)
        return 0;
    failed = name;
    errno = number;
    return 1;
}

/* Defines a call that fails with -1. */
#define CALL(type, name, parameters, arguments)                                                              \
    type name parameters                                                                                     \
    {                                                                                                        \
        static type(*real) parameters;                                                                       \
        if (real == NULL)                                                                                    \
            real = (type(*) parameters)dlsym(RTLD_NEXT, #name);                                              \
        return fails(#name) ? (type)-1 : real arguments;                                                     \
    }

/* The same for calls with one more argument, which may be missing. */
#define CALL_WITH_OPTION(name, first_type, second_type, option_type)                                         \
    int name(first_type first, second_type second, ...)                                                      \
    {                                                                                                        \
        static int (*real)(first_type, second_type, ...);                                                    \
        va_list list;                                                                                        \
        if (real == NULL)                                                                                    \
            real = (int (*)(first_type, second_type, ...))dlsym(RTLD_NEXT, #name);                           \
        va_start(list, second);                                                                              \
        option_type option = va_arg(list, option_type);                                                      \
        va_end(list);                                                                                        \
        return fails(#name) ? -1 : real(first, second, option);                                              \
    }

CALL_WITH_OPTION(open, const char *, int, int)
CALL_WITH_OPTION(open64, const char *, int, int)
CALL_WITH_OPTION(fcntl, int, int, void *)
CALL_WITH_OPTION(fcntl64, int, int, void *)

/* That the lock of a tty cannot be given back would keep an ordinary user out until the other end is closed.
 */
int ioctl(int fd, unsigned long request, ...)
{
    static int (*real)(int, unsigned long, ...);
    va_list list;
    if (real == NULL)
        real = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    return request != TIOCNXCL && fails("ioctl") ? -1 : real(fd, request, argument);
}

CALL(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
CALL(int, connect, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size))
CALL(int, bind, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size))
CALL(int, listen, (int fd, int backlog), (fd, backlog))
CALL(int, accept, (int fd, struct sockaddr *address, socklen_t *size), (fd, address, size))
CALL(int, getsockname, (int fd, struct sockaddr *address, socklen_t *size), (fd, address, size))
CALL(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *size),
     (fd, level, name, value, size))
CALL(ssize_t, send, (int fd, const void *bytes, size_t length, int flags), (fd, bytes, length, flags))
CALL(ssize_t, read, (int fd, void *bytes, size_t length), (fd, bytes, length))
CALL(ssize_t, write, (int fd, const void *bytes, size_t length), (fd, bytes, length))
CALL(ssize_t, pread64, (int fd, void *bytes, size_t length, off64_t offset), (fd, bytes, length, offset))
CALL(ssize_t, readlink, (const char *path, char *link, size_t size), (path, link, size))
CALL(off64_t, lseek64, (int fd, off64_t offset, int whence), (fd, offset, whence))
CALL(int, ftruncate64, (int fd, off64_t length), (fd, length))
CALL(int, poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout))
CALL(int, pipe, (int ends[2]), (ends))
CALL(int, dup2, (int from, int to), (from, to))
CALL(int, flock, (int fd, int operation), (fd, operation))
CALL(int, fsync, (int fd), (fd))
CALL(int, fchmod, (int fd, mode_t mode), (fd, mode))
CALL(int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group))
CALL(int, stat64, (const char *path, struct stat64 *status), (path, status))
CALL(int, lstat64, (const char *path, struct stat64 *status), (path, status))
CALL(int, fstat64, (int fd, struct stat64 *status), (fd, status))
CALL(int, unlink, (const char *path), (path))
CALL(int, tcgetattr, (int fd, struct termios *line), (fd, line))
CALL(int, tcsetattr, (int fd, int when, const struct termios *line), (fd, when, line))
CALL(int, tcflush, (int fd, int queue), (fd, queue))

void *__libc_calloc(size_t count, size_t size);

void *calloc(size_t count, size_t size)
{
    return fails("calloc") ? NULL : __libc_calloc(count, size);
}

char *getenv(const char *name)
{
    static char *(*real)(const char *);
    static char answer[32];
    if (real == NULL)
        real = (char *(*)(const char *))dlsym(RTLD_NEXT, "getenv");
    long after = 0;
    int with = 0;
    if (sscanf(name, "FAULT_SHIM:%ld:%d", &after, &with) != 2)
        return real(name);
    snprintf(answer, sizeof answer, "%s", failed);
    failed = "none";
    left = after;
    number = with;
    return answer;
}
