/* Response tables of commands in progress. Lua supplies one with each command, and the answer is collected in
 * it, so that a command crosses between C and Lua only a few times. */
#include "lua/engine.h"

static int find_slot(const struct core_engine *self, uint32_t command)
{
    for (int slot = 0; slot < RESPONSE_SLOTS; slot++) {
        if (self->commands[slot] == command)
            return slot;
    }
    return -1;
}

void core_keep_response(lua_State *L, struct core_engine *self, uint32_t command, int index)
{
    int slot = find_slot(self, 0);
    if (slot < 0)
        luaL_error(L, "too many commands are under way");
    self->commands[slot] = command;
    lua_getiuservalue(L, 1, USER_RESPONSES);
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, slot + 1);
    lua_pop(L, 1);
}

/* nil: nobody is waiting for it any more. */
void core_push_response(lua_State *L, const struct core_engine *self, uint32_t command)
{
    int slot = command != 0 ? find_slot(self, command) : -1;
    if (slot < 0) {
        lua_pushnil(L);
        return;
    }
    lua_getiuservalue(L, 1, USER_RESPONSES);
    lua_rawgeti(L, -1, slot + 1);
    lua_remove(L, -2);
}

void core_forget_response(lua_State *L, struct core_engine *self, uint32_t command)
{
    int slot = command != 0 ? find_slot(self, command) : -1;
    if (slot < 0)
        return;
    self->commands[slot] = 0;
    lua_getiuservalue(L, 1, USER_RESPONSES);
    lua_pushnil(L);
    lua_rawseti(L, -2, slot + 1);
    lua_pop(L, 1);
}
