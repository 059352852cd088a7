/* Descriptors that are terminals. */
#include "lua/core.h"

#include <unistd.h>

/* is_terminal(fd) -> boolean */
static int is_terminal(lua_State *L)
{
    lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
    return 1;
}

void core_open_terminal(lua_State *L)
{
    lua_pushcfunction(L, is_terminal);
    lua_setfield(L, -2, "is_terminal");
}
