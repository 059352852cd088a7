#include "lua/part.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PERMISSIONS = S_IRWXU | S_IRWXG | S_IRWXO,
    ANY = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH,
    OWN = S_IRUSR | S_IWUSR /* the next run opens an unfinished file again */
};

/* The owner of the folder can replace the file at any time, so a file of his is no worse. On some file
 * systems (FAT) all files belong to one user. */
static bool owns_folder(uid_t user, const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    if (length >= sizeof folder)
        return false;
    memcpy(folder, path, length);
    folder[length] = '\0';
    struct stat status;
    return stat(length > 0 ? folder : ".", &status) == 0 && status.st_uid == user;
}

static const char *objection(const struct stat *status, const char *path)
{
    if (!S_ISREG(status->st_mode))
        return "It is not a regular file";
    if (status->st_nlink > 1)
        return "It is another file, too (a hard link)";
    if (status->st_uid != geteuid() && !owns_folder(status->st_uid, path))
        return "It belongs to another user";
    return NULL;
}

/* Checks the opened file, and withdraws permissions beyond `allowed` from a file that already existed. */
static int check(int fd, const char *path, mode_t allowed, const char **refusal)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return errno;
    *refusal = objection(&status, path);
    if (*refusal != NULL)
        return EPERM;
    mode_t permissions = status.st_mode & PERMISSIONS;
    return (permissions & ~allowed) == 0 || fchmod(fd, permissions & allowed) == 0 ? 0 : errno;
}

/* Another program may hold the lock, and rename or remove the file between our open() and our flock(): what
 * we have then is not at the path any more. File systems without locks are used without. */
static int lock(int fd, const char *path, bool *is_stale)
{
    struct stat ours, there;
    *is_stale = false;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? errno : 0;
    *is_stale = fstat(fd, &ours) == 0 &&
                (lstat(path, &there) != 0 || ours.st_ino != there.st_ino || ours.st_dev != there.st_dev);
    return 0;
}

static int open_once(const char *path, mode_t allowed, const char **refusal, bool *is_stale)
{
    *is_stale = false;
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, allowed & ANY);
    if (fd < 0 && errno == ELOOP)
        *refusal = "It is a symbolic link";
    if (fd < 0)
        return -1;
    int number = check(fd, path, allowed, refusal);
    if (number == 0)
        number = lock(fd, path, is_stale);
    if (number == 0 && !*is_stale)
        return fd;
    close(fd);
    errno = number;
    return -1;
}

int part_open(const char *path, const char *target, const char **refusal)
{
    struct stat status;
    mode_t allowed =
        target != NULL && stat(target, &status) == 0 ? (status.st_mode & PERMISSIONS) | OWN : PERMISSIONS;
    int fd;
    bool is_stale;
    do {
        *refusal = NULL;
        fd = open_once(path, allowed, refusal, &is_stale);
    } while (is_stale);
    return fd;
}

int private_create(const char *path)
{
    int fd;
    do
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    while (fd < 0 && errno == EEXIST && unlink(path) == 0); /* a killed program has left it */
    return fd;
}

int private_open(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -1;
    int number = fstat(fd, &status) == 0 ? 0 : errno;
    bool is_ours = number == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
                   status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
    if (is_ours)
        return fd;
    close(fd);
    errno = number != 0 ? number : EPERM;
    return -1;
}

/* The file keeps another group than the target's: that group gets no more permissions than everybody. */
static mode_t without_group(mode_t permissions)
{
    mode_t everybody = permissions & S_IRWXO;
    return (permissions & ~(mode_t)S_IRWXG) | (permissions & S_IRWXG & (everybody << 3));
}

int part_copy_permissions(int fd, const char *target)
{
    struct stat wanted, status;
    if (stat(target, &wanted) != 0)
        return errno == ENOENT ? 0 : errno;
    bool owned = fchown(fd, wanted.st_uid, wanted.st_gid) == 0 || fchown(fd, (uid_t)-1, wanted.st_gid) == 0;
    if (fstat(fd, &status) != 0)
        return errno;
    mode_t permissions = wanted.st_mode & PERMISSIONS;
    if (!owned && status.st_gid != wanted.st_gid)
        permissions = without_group(permissions);
    return (status.st_mode & PERMISSIONS) == permissions || fchmod(fd, permissions) == 0 ? 0 : errno;
}
