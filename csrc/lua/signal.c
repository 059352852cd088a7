/* A descriptor that is readable while one flag is set and writable while another is, for programs that wait
 * for one of our sockets in their own loop. It is one end of a socket pair: a byte in its input makes it
 * readable, a full output makes it no longer writable. */
#include "lua/descriptor.h"

#include <sys/socket.h>
#include <unistd.h>

struct signal {
    int ends[2]; /* the one that is shown, and ours; -1: closed */
    int readable;
    int writable;
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

/* signal() -> signal, or nil when there are no descriptors left. Not readable, writable */
static int new_signal(lua_State *L)
{
    struct signal *self = lua_newuserdatauv(L, sizeof *self, 0);
    *self = (struct signal){.ends = {-1, -1}, .writable = 1};
    luaL_setmetatable(L, CORE_SIGNAL);
    if (!core_socket_pair(self->ends)) {
        self->ends[0] = self->ends[1] = -1;
        lua_pushnil(L);
        return 1;
    }
    int least = 1; /* the system rounds it up: the less there is, the sooner it is full */
    setsockopt(self->ends[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    return 1;
}

static void fill(int fd)
{
    static const char bytes[4096];
    while (send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) > 0 || send(fd, bytes, 1, MSG_NOSIGNAL) > 0)
        ;
}

static void drain(int fd)
{
    char bytes[4096];
    while (read(fd, bytes, sizeof bytes) > 0)
        ;
}

/* signal:set(readable [, writable]) */
static int set(lua_State *L)
{
    struct signal *self = check_signal(L);
    int readable = lua_toboolean(L, 2);
    int writable = lua_isnone(L, 3) || lua_toboolean(L, 3);
    char byte = 0;
    if (self->ends[0] < 0)
        return 0;
    if (readable != self->readable) {
        ssize_t moved =
            readable ? send(self->ends[1], &byte, 1, MSG_NOSIGNAL) : read(self->ends[0], &byte, 1);
        if (moved == 1)
            self->readable = readable;
    }
    if (writable != self->writable) {
        if (writable)
            drain(self->ends[1]);
        else
            fill(self->ends[0]);
        self->writable = writable;
    }
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
