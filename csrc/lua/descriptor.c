/* Descriptors that the Lua side owns: what another event loop waits for, and socket pairs. */
#include "lua/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct descriptor {
    int fd; /* -1: closed */
};

static struct descriptor *check_descriptor(lua_State *L)
{
    return luaL_checkudata(L, 1, CORE_DESCRIPTOR);
}

int *core_new_descriptor(lua_State *L)
{
    struct descriptor *self = lua_newuserdatauv(L, sizeof *self, 0);
    self->fd = -1;
    luaL_setmetatable(L, CORE_DESCRIPTOR);
    return &self->fd;
}

bool core_socket_pair(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    return true;
}

static int close_descriptor(lua_State *L)
{
    struct descriptor *self = check_descriptor(L);
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
    return 0;
}

/* socket_pair() -> two descriptors; or nil, the system's message and its name */
static int socket_pair(lua_State *L)
{
    int ends[2];
    int *first = core_new_descriptor(L), *second = core_new_descriptor(L);
    if (!core_socket_pair(ends))
        return core_push_failure(L, errno);
    *first = ends[0];
    *second = ends[1];
    return 2;
}

/* descriptor:fd() -> number, -1 once closed */
static int fd(lua_State *L)
{
    lua_pushinteger(L, check_descriptor(L)->fd);
    return 1;
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* descriptor:read(max) -> bytes, "" if there are none yet; nil at the end. Does not wait */
static int read_bytes(lua_State *L)
{
    struct descriptor *self = check_descriptor(L);
    char bytes[16384];
    lua_Integer max = luaL_checkinteger(L, 2);
    luaL_argcheck(L, max > 0, 2, "must be positive");
    ssize_t count =
        self->fd < 0 ? 0 : read(self->fd, bytes, (size_t)max < sizeof bytes ? (size_t)max : sizeof bytes);
    if (count < 0 && would_block())
        lua_pushliteral(L, "");
    else if (count <= 0)
        lua_pushnil(L);
    else
        lua_pushlstring(L, bytes, (size_t)count);
    return 1;
}

/* descriptor:write(bytes, from) -> how many of the bytes were taken, from the index on; nil when nobody reads
 * any more. Does not wait */
static int write_bytes(lua_State *L)
{
    struct descriptor *self = check_descriptor(L);
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    lua_Integer from = luaL_optinteger(L, 3, 1);
    luaL_argcheck(L, from >= 1 && (size_t)from <= length + 1, 3, "must lie within the bytes");
    ssize_t count = -1;
    errno = EPIPE;
    if (self->fd >= 0)
        count = send(self->fd, bytes + from - 1, length - (size_t)from + 1, MSG_NOSIGNAL);
    if (count < 0 && would_block())
        count = 0;
    if (count < 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, (lua_Integer)count);
    return 1;
}

/* descriptor:finish(): the other end reads its end after what was written */
static int finish(lua_State *L)
{
    struct descriptor *self = check_descriptor(L);
    if (self->fd >= 0)
        shutdown(self->fd, SHUT_WR);
    return 0;
}

/* descriptor:refuse(): the other end can write no more; what it has written before can be read. (So it is on
 * Linux; other systems discard that, so it is to be read first.) */
static int refuse(lua_State *L)
{
    struct descriptor *self = check_descriptor(L);
    if (self->fd >= 0)
        shutdown(self->fd, SHUT_RD);
    return 0;
}

/* descriptor:is_hung_up() -> whether the other end is closed, and not shut for sending alone */
static int is_hung_up(lua_State *L)
{
    struct pollfd poller = {.fd = check_descriptor(L)->fd};
    lua_pushboolean(L, poller.fd < 0 || (poll(&poller, 1, 0) > 0 && (poller.revents & POLLHUP) != 0));
    return 1;
}

/* descriptor:give_away() -> number, for code outside of the library that closes it, and may hand it to other
 * programs */
static int give_away(lua_State *L)
{
    struct descriptor *self = check_descriptor(L);
    int fd = self->fd;
    self->fd = -1;
    if (fd >= 0) {
        fcntl(fd, F_SETFL, 0);
        fcntl(fd, F_SETFD, 0);
    }
    lua_pushinteger(L, fd);
    return 1;
}

static const luaL_Reg methods[] = {
    {"is_hung_up", is_hung_up},
    {"give_away", give_away},
    {"fd", fd},
    {"refuse", refuse},
    {"read", read_bytes},
    {"write", write_bytes},
    {"finish", finish},
    {"close", close_descriptor},
    {"__gc", close_descriptor},
    {NULL, NULL},
};

/* fill_standard(): gives standard input, output and error, where they are closed, /dev/null, so that nothing
 * that is opened later gets their numbers. Standard output is for reading then: what is printed fails, as
 * nobody gets it. For programs, before they open anything. */
static int fill_standard(lua_State *L)
{
    static const int modes[] = {O_RDWR, O_RDONLY, O_RDWR};
    (void)L;
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", modes[fd]); /* those below are open: it gets this number */
    }
    return 0;
}

void core_open_descriptor(lua_State *L)
{
    core_class(L, CORE_DESCRIPTOR, methods);
    lua_pushcfunction(L, fill_standard);
    lua_setfield(L, -2, "fill_standard");
    lua_pushcfunction(L, socket_pair);
    lua_setfield(L, -2, "socket_pair");
}
