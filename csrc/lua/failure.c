/* What a system call that failed gives to Lua. */
#include "lua/core.h"

#include <errno.h>
#include <string.h>

/* The errors that a program tells apart; others have no token. */
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
    case EISDIR:
        return "is_a_directory";
    case ENXIO: /* a FIFO that is opened for writing and has no reader, too */
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
