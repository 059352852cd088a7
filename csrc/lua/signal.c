/* A descriptor that is readable while a flag is set, for programs that wait for one of our sockets in their
 * own loop. */
#include "lua/core.h"

#include <fcntl.h>
#include <unistd.h>

struct signal {
    int ends[2]; /* ends of a pipe; -1: closed */
    int raised;
};

static struct signal *check_signal(lua_State *L)
{
    return luaL_checkudata(L, 1, CORE_SIGNAL);
}

static int close_signal(lua_State *L)
{
    struct signal *self = check_signal(L);
    for (int i = 0; i < 2; i++) {
        if (self->ends[i] >= 0)
            close(self->ends[i]);
        self->ends[i] = -1;
    }
    return 0;
}

/* signal() -> signal, or nil when there are no descriptors left */
static int new_signal(lua_State *L)
{
    struct signal *self = lua_newuserdatauv(L, sizeof *self, 0);
    *self = (struct signal){.ends = {-1, -1}};
    luaL_setmetatable(L, CORE_SIGNAL);
    if (pipe(self->ends) != 0) {
        lua_pushnil(L);
        return 1;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(self->ends[i], F_SETFL, O_NONBLOCK);
        fcntl(self->ends[i], F_SETFD, FD_CLOEXEC);
    }
    return 1;
}

/* signal:set(on) */
static int set(lua_State *L)
{
    struct signal *self = check_signal(L);
    int on = lua_toboolean(L, 2);
    char byte = 0;
    if (self->ends[0] < 0 || on == self->raised)
        return 0;
    ssize_t moved = on ? write(self->ends[1], &byte, 1) : read(self->ends[0], &byte, 1);
    if (moved == 1)
        self->raised = on;
    return 0;
}

/* signal:fd() -> descriptor, -1 once closed */
static int fd(lua_State *L)
{
    lua_pushinteger(L, check_signal(L)->ends[0]);
    return 1;
}

static const luaL_Reg methods[] = {
    {"set", set}, {"fd", fd}, {"close", close_signal}, {"__gc", close_signal}, {NULL, NULL},
};

void core_open_signal(lua_State *L)
{
    core_class(L, CORE_SIGNAL, methods);
    lua_pushcfunction(L, new_signal);
    lua_setfield(L, -2, "signal");
}
