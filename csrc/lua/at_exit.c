/* A function that is called when the process ends by exit(), as os.exit does, which closes no Lua state. */
#include "lua/core.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define LAST "hayes.at_exit"

/* One for each state, as a user datum that leaves the list when the state is closed. Its user value is a
 * thread of its own to call on: any other may be in the middle of something. */
struct last {
    struct last *next;
    lua_State *thread;
    pid_t process;
    pthread_t owner;
};

static struct last *lasts;

static int unlink_last(lua_State *L)
{
    struct last *self = luaL_checkudata(L, 1, LAST);
    for (struct last **place = &lasts; *place != NULL; place = &(*place)->next) {
        if (*place == self) {
            *place = self->next;
            break;
        }
    }
    return 0;
}

/* Neither in a child of fork() nor in another thread, whose state may be at work. */
static void call_all(void)
{
    for (struct last *last = lasts; last != NULL; last = last->next) {
        if (last->process != getpid() || !pthread_equal(last->owner, pthread_self()))
            continue;
        lua_pushvalue(last->thread, 1);
        lua_pcall(last->thread, 0, 0, 0);
    }
}

/* at_exit(f): f must not raise; to be called once */
static int at_exit(lua_State *L)
{
    static bool registered;
    luaL_checktype(L, 1, LUA_TFUNCTION);
    struct last *self = lua_newuserdatauv(L, sizeof *self, 1);
    *self = (struct last){.next = lasts, .process = getpid(), .owner = pthread_self()};
    self->thread = lua_newthread(L);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, LAST);
    lua_pushvalue(L, 1);
    lua_xmove(L, self->thread, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, LAST ".self");
    lasts = self;
    if (!registered)
        registered = atexit(call_all) == 0;
    return 0;
}

static const luaL_Reg methods[] = {{"__gc", unlink_last}, {NULL, NULL}};

void core_open_at_exit(lua_State *L)
{
    core_class(L, LAST, methods);
    lua_pushcfunction(L, at_exit);
    lua_setfield(L, -2, "at_exit");
}
