/* Waits for many descriptors at once. This is the only place where the library's own loop sleeps. */
#include "lua/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/timerfd.h>
#endif

/* The user value contains the object of each descriptor, by index from 1, in a weak table. */
struct pollset {
    struct pollfd *fds;
    int count, capacity;
    int epoll;   /* waits for the same, for the loops of others; -1: none of them has asked */
    int timer;   /* makes the epoll instance ready at a time; -1: nobody has asked */
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
    *set = (struct pollset){.epoll = -1, .timer = -1};
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
    if (set->epoll >= 0)
        close(set->epoll);
    if (set->timer >= 0)
        close(set->timer);
    *set = (struct pollset){.epoll = -1, .timer = -1, .closed = true};
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

/* Makes the epoll instance wait for what all objects together want of this descriptor. */
static void mirror(const struct pollset *set, int fd)
{
#ifdef __linux__
    struct epoll_event event = {.data.fd = fd};
    if (set->epoll < 0)
        return;
    for (int i = 0; i < set->count; i++) {
        if (set->fds[i].fd == fd)
            event.events |= (set->fds[i].events & POLLIN ? (uint32_t)EPOLLIN : 0) |
                            (set->fds[i].events & POLLOUT ? (uint32_t)EPOLLOUT : 0);
    }
    if (event.events == 0)
        epoll_ctl(set->epoll, EPOLL_CTL_DEL, fd, &event);
    else if (epoll_ctl(set->epoll, EPOLL_CTL_MOD, fd, &event) != 0)
        epoll_ctl(set->epoll, EPOLL_CTL_ADD, fd, &event);
#else
    (void)set, (void)fd;
#endif
}

/* set:descriptor() -> one that is readable while wait() would find something, until it is closed or
 * collected; nil where the system has no such thing, or no descriptors are left */
static int descriptor(lua_State *L)
{
    struct pollset *set = check_pollset(L);
    int *fd = core_new_descriptor(L);
#ifdef __linux__
    if (set->epoll < 0 && (set->epoll = epoll_create1(EPOLL_CLOEXEC)) >= 0) {
        for (int i = 0; i < set->count; i++)
            mirror(set, set->fds[i].fd);
    }
    if (set->epoll >= 0)
        *fd = fcntl(set->epoll, F_DUPFD_CLOEXEC, 0);
#else
    (void)set;
#endif
    if (*fd < 0)
        lua_pushnil(L);
    return 1;
}

/* set:alarm(time): descriptor() is readable from this time of core.now on, too; nil: at no time */
static int alarm_at(lua_State *L)
{
    struct pollset *set = check_pollset(L);
    lua_Number at = luaL_optnumber(L, 2, 0);
#ifdef __linux__
    struct itimerspec when = {0};
    if (set->timer < 0 && set->epoll >= 0) {
        struct epoll_event event = {.events = EPOLLIN};
        event.data.fd = set->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        epoll_ctl(set->epoll, EPOLL_CTL_ADD, set->timer, &event);
    }
    if (at > 0 && at < 1e9) {
        when.it_value.tv_sec = (time_t)at;
        when.it_value.tv_nsec = (long)((at - (lua_Number)when.it_value.tv_sec) * 1e9) + 1;
    }
    if (when.it_value.tv_nsec > 999999999)
        when.it_value = (struct timespec){.tv_sec = when.it_value.tv_sec + 1};
    if (set->timer >= 0)
        timerfd_settime(set->timer, TFD_TIMER_ABSTIME, &when, NULL);
#else
    (void)set, (void)at;
#endif
    return 0;
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
    mirror(set, fd);
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
    mirror(set, fd);
    return 0;
}

/* set:modify(fd, writable): waits for input on fd and, if writable, for room for output */
static int modify(lua_State *L)
{
    struct pollset *set = check_pollset(L);
    int fd = (int)luaL_checkinteger(L, 2);
    int index = find(set, fd);
    if (index < 0)
        return 0;
    set->fds[index].events = lua_toboolean(L, 3) ? POLLIN | POLLOUT : POLLIN;
    mirror(set, fd);
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
    {"add", add},
    {"remove", remove_fd},
    {"modify", modify},
    {"wait", wait},
    {"descriptor", descriptor},
    {"alarm", alarm_at},
    {"__gc", free_pollset},
    {NULL, NULL},
};

void core_open_pollset(lua_State *L)
{
    core_class(L, CORE_POLLSET, methods);
    lua_pushcfunction(L, new_pollset);
    lua_setfield(L, -2, "pollset");
}
