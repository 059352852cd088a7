/* Waits for many descriptors at once. This is the only place where the library's own loop sleeps. */
#include "lua/core.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

/* The user value contains the object of each descriptor, by index from 1, in a weak table. */
struct pollset {
    struct pollfd *fds;
    int count, capacity;
    bool closed; /* its finalizer has run */
};

static struct pollset *check_pollset(lua_State *L)
{
    struct pollset *set = core_self(L, CORE_POLLSET);
    if (set->closed)
        luaL_error(L, "the set is closed");
    return set;
}

/* pollset() -> set */
static int new_pollset(lua_State *L)
{
    struct pollset *set = lua_newuserdatauv(L, sizeof *set, 1);
    memset(set, 0, sizeof *set);
    luaL_setmetatable(L, CORE_POLLSET);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_setiuservalue(L, -2, 1);
    return 1;
}

static int free_pollset(lua_State *L)
{
    struct pollset *set = core_self(L, CORE_POLLSET);
    void *context;
    lua_Alloc resize = lua_getallocf(L, &context);
    if (set->fds != NULL)
        resize(context, set->fds, (size_t)set->capacity * sizeof *set->fds, 0);
    *set = (struct pollset){.closed = true};
    return 0;
}

static bool grow(lua_State *L, struct pollset *set)
{
    void *context;
    lua_Alloc resize = lua_getallocf(L, &context);
    if (set->count < set->capacity)
        return true;
    int capacity = set->capacity == 0 ? 8 : set->capacity * 2;
    void *fds = resize(context, set->fds, (size_t)set->capacity * sizeof *set->fds,
                       (size_t)capacity * sizeof *set->fds);
    if (fds == NULL)
        return false;
    set->fds = fds;
    set->capacity = capacity;
    return true;
}

static int find(const struct pollset *set, int fd)
{
    for (int i = 0; i < set->count; i++) {
        if (set->fds[i].fd == fd)
            return i;
    }
    return -1;
}

/* set:add(fd, object, writable): waits for input on fd on behalf of object; writable: for room for output
 * instead */
static int add(lua_State *L)
{
    struct pollset *set = check_pollset(L);
    int fd = (int)luaL_checkinteger(L, 2);
    luaL_checkany(L, 3);
    short events = lua_toboolean(L, 4) ? POLLOUT : POLLIN;
    if (!grow(L, set))
        return core_no_memory(L);
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 3);
    lua_rawseti(L, -2, set->count + 1);
    set->fds[set->count++] = (struct pollfd){.fd = fd, .events = events};
    return 0;
}

/* The index of the descriptor on behalf of the object at `object`; -1: there is none. The list of objects is
 * on top of the stack. */
static int find_of(lua_State *L, const struct pollset *set, int fd, int object)
{
    for (int i = 0; i < set->count; i++) {
        if (set->fds[i].fd != fd)
            continue;
        lua_rawgeti(L, -1, i + 1);
        bool same = lua_rawequal(L, -1, object);
        lua_pop(L, 1);
        if (same)
            return i;
    }
    return -1;
}

/* set:remove(fd, object): without an object, whoever it was added for first */
static int remove_fd(lua_State *L)
{
    struct pollset *set = check_pollset(L);
    int fd = (int)luaL_checkinteger(L, 2);
    lua_settop(L, 3);
    lua_getiuservalue(L, 1, 1);
    int index = lua_isnil(L, 3) ? find(set, fd) : find_of(L, set, fd, 3);
    if (index < 0)
        return 0;
    lua_rawgeti(L, -1, set->count);
    lua_rawseti(L, -2, index + 1);
    lua_pushnil(L);
    lua_rawseti(L, -2, set->count);
    set->count--;
    set->fds[index] = set->fds[set->count];
    return 0;
}

/* set:modify(fd, writable): waits for input on fd and, if writable, for room for output */
static int modify(lua_State *L)
{
    struct pollset *set = check_pollset(L);
    int index = find(set, (int)luaL_checkinteger(L, 2));
    if (index >= 0)
        set->fds[index].events = lua_toboolean(L, 3) ? POLLIN | POLLOUT : POLLIN;
    return 0;
}

/* The time-out of poll() that reaches the deadline, in milliseconds; 0: do not wait. */
static int milliseconds(lua_Number deadline)
{
    if (deadline == 0)
        return 0;
    lua_Number seconds = deadline - core_now();
    if (!(seconds > 0)) /* or is NaN */
        return 0;
    if (seconds > 86400)
        return 86400000;
    return (int)(seconds * 1000) + 1;
}

/* set:wait(deadline, ready) -> count, now: stores the objects whose descriptors are ready in the list
 * `ready`. The deadline is a time of core.now; nil: none, 0: do not wait. A signal ends the wait early with
 * count 0. */
static int wait(lua_State *L)
{
    struct pollset *set = check_pollset(L);
    int timeout = lua_isnoneornil(L, 2) ? -1 : milliseconds(luaL_checknumber(L, 2));
    luaL_checktype(L, 3, LUA_TTABLE);
    int ready = poll(set->fds, (nfds_t)set->count, timeout);
    if (ready < 0 && errno != EINTR)
        return luaL_error(L, "poll: %s", strerror(errno));
    lua_Integer found = 0;
    lua_getiuservalue(L, 1, 1);
    for (int i = 0; i < set->count && ready > 0; i++) {
        if (set->fds[i].revents == 0)
            continue;
        ready--;
        if (lua_rawgeti(L, -1, i + 1) == LUA_TNIL)
            lua_pop(L, 1);
        else
            lua_rawseti(L, 3, ++found);
    }
    lua_pushinteger(L, found);
    lua_pushnumber(L, core_now());
    return 2;
}

static const luaL_Reg methods[] = {
    {"add", add},   {"remove", remove_fd},  {"modify", modify},
    {"wait", wait}, {"__gc", free_pollset}, {NULL, NULL},
};

void core_open_pollset(lua_State *L)
{
    core_class(L, CORE_POLLSET, methods);
    lua_pushcfunction(L, new_pollset);
    lua_setfield(L, -2, "pollset");
}
