/* Results of a failed system call for Lua. */
#include "lua/core.h"

#include <errno.h>
#include <string.h>

/* A name for the errors that programs distinguish; NULL for others. */
static const char *token(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return "no_such_file";
    case EACCES:
    case EPERM:
    case EROFS:
        return "permission_denied";
    case EWOULDBLOCK: /* of a lock: calls that would block are told otherwise */
        return "file_in_use";
    case EISDIR:
        return "is_a_directory";
    case ENXIO: /* also a FIFO opened for writing without a reader */
        return "no_such_device";
    default:
        return NULL;
    }
}

int core_push_failure(lua_State *L, int number)
{
    lua_pushnil(L);
    lua_pushstring(L, strerror(number));
    lua_pushstring(L, token(number));
    return 3;
}
