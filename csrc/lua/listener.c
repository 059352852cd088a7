/* Listening sockets for programs that let others use a module. */
#include "lua/core.h"

#include "port/listen.h"

#include <unistd.h>

struct listener {
    int fd; /* -1: closed */
};

static struct listener *check_listener(lua_State *L)
{
    struct listener *self = luaL_checkudata(L, 1, CORE_LISTENER);
    if (self->fd < 0)
        luaL_error(L, "the listener is closed");
    return self;
}

/* listen(host, port) -> listener, or nil, name of the problem, the system's message. Port 0: a free one. */
static int new_listener(lua_State *L)
{
    struct port_error error;
    const char *host = luaL_checkstring(L, 1), *service = luaL_checkstring(L, 2);
    struct listener *self = lua_newuserdatauv(L, sizeof *self, 0);
    self->fd = -1;
    luaL_setmetatable(L, CORE_LISTENER);
    self->fd = port_listen(host, service, &error);
    if (self->fd >= 0)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, core_problem_name(&error));
    lua_pushstring(L, error.text);
    return 3;
}

/* listener:accept() -> port, or nil: no client at the moment */
static int accept_client(lua_State *L)
{
    core_push_client(L, check_listener(L)->fd);
    return 1;
}

/* listener:fd() -> descriptor, readable when there is a client */
static int fd(lua_State *L)
{
    lua_pushinteger(L, check_listener(L)->fd);
    return 1;
}

/* listener:number() -> the port that it listens on */
static int number(lua_State *L)
{
    lua_pushinteger(L, port_listen_number(check_listener(L)->fd));
    return 1;
}

/* listener:close(); may be called again */
static int close_listener(lua_State *L)
{
    struct listener *self = luaL_checkudata(L, 1, CORE_LISTENER);
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
    return 0;
}

static const luaL_Reg methods[] = {
    {"accept", accept_client},
    {"fd", fd},
    {"number", number},
    {"close", close_listener},
    {"__gc", close_listener},
    {"__close", close_listener},
    {NULL, NULL},
};

void core_open_listener(lua_State *L)
{
    core_class(L, CORE_LISTENER, methods);
    lua_pushcfunction(L, new_listener);
    lua_setfield(L, -2, "listen");
}
