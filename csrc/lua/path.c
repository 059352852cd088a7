/* Inspects a path of the host, and determines the path to which its replacement must be renamed. */
#include "lua/core.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINKS_MAX = 40 /* Linux gives up after as many */
};

static const char *kind_of(mode_t mode)
{
    if (S_ISREG(mode))
        return "file";
    if (S_ISDIR(mode))
        return "folder";
    if (S_ISFIFO(mode))
        return "fifo";
    if (S_ISSOCK(mode))
        return "socket";
    return S_ISBLK(mode) ? "block" : "character";
}

/* Links in /proc/PID/fd stand for open files; their text need not be a path. */
static bool is_open_file(const char *link)
{
    struct stat status, proc;
    return lstat(link, &status) == 0 && stat("/proc", &proc) == 0 && status.st_dev == proc.st_dev;
}

/* Replaces a link by its text, relative to the folder of the link. Returns 0 or an error number. */
static int follow(char name[PATH_MAX], const char *link, size_t length)
{
    const char *slash = strrchr(name, '/');
    size_t folder = link[0] == '/' || slash == NULL ? 0 : (size_t)(slash - name) + 1;
    if (folder + length >= PATH_MAX)
        return ENAMETOOLONG;
    memcpy(name + folder, link, length);
    name[folder + length] = '\0';
    return 0;
}

/* Replaces name by the path to which the links at its end lead. *open: they lead to an open file. Returns 0
 * or an error number. */
static int resolve(char name[PATH_MAX], bool *open)
{
    char link[PATH_MAX];
    *open = false;
    for (int i = 0; i < LINKS_MAX; i++) {
        ssize_t length = readlink(name, link, sizeof link);
        if (length < 0)
            return errno == EINVAL || errno == ENOENT ? 0 : errno;
        *open = is_open_file(name);
        if (*open)
            return 0;
        int number = follow(name, link, (size_t)length);
        if (number != 0)
            return number;
    }
    return ELOOP;
}

/* inspect(path) -> kind, name; or nil, message, name of the error. kind: "missing", "file", "folder", "fifo",
 * "socket", "character" or "block". name: the path to which a replacement must be renamed (symbolic links are
 * resolved); nil if the file must not be replaced. */
static int inspect(lua_State *L)
{
    char name[PATH_MAX];
    size_t length;
    const char *path = luaL_checklstring(L, 1, &length);
    if (length == 0 || strlen(path) < length)
        return core_push_failure(L, ENOENT); /* file names do not contain NUL */
    if (length >= sizeof name)
        return core_push_failure(L, ENAMETOOLONG);
    memcpy(name, path, length + 1);
    bool open;
    int number = resolve(name, &open);
    if (number != 0)
        return core_push_failure(L, number);
    struct stat status;
    bool missing = stat(name, &status) != 0;
    if (missing && errno != ENOENT)
        return core_push_failure(L, errno);
    lua_pushstring(L, missing ? "missing" : kind_of(status.st_mode));
    if (missing || (S_ISREG(status.st_mode) && !open))
        lua_pushstring(L, name);
    else
        lua_pushnil(L);
    return 2;
}

void core_open_path(lua_State *L)
{
    lua_pushcfunction(L, inspect);
    lua_setfield(L, -2, "inspect");
}
