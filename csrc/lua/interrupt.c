/* Ctrl-C, SIGTERM and SIGHUP as an error in the main program, any number of times: the program lua does it
 * with Ctrl-C alone, and once, after which the next one ends the process. */
#include "lua/core.h"

#include <signal.h>
#include <stdbool.h>

static lua_State *main_thread; /* the handler gets no argument */

static int holds;    /* sections under way that are not to be interrupted */
static bool pending; /* one has come during such a section */

static volatile sig_atomic_t termination_requested; /* SIGTERM or SIGHUP has come */

static void raise_interrupted(lua_State *L, lua_Debug *record)
{
    (void)record;
    lua_sethook(L, NULL, 0, 0);
    if (holds > 0 && !pending) {
        pending = true;
        return;
    }
    pending = false;
    luaL_error(L, "interrupted!");
}

/* hold_interrupts(), release_interrupts(): what is done in between is not interrupted, but right after it.
 * Sections may contain others. A second interrupt in the same section does not wait: the section may be a
 * handler of the program's that never ends. */
static int hold_interrupts(lua_State *L)
{
    (void)L;
    holds++;
    return 0;
}

static int release_interrupts(lua_State *L)
{
    if (holds > 0)
        holds--;
    if (holds > 0 || !pending)
        return 0;
    pending = false;
    return luaL_error(L, "interrupted!");
}

/* lua_sethook is safe to call from a signal handler. Service managers send SIGHUP right after SIGTERM, and a
 * second interrupt would cut short what the program does because of the first. */
static void on_interrupt(int number)
{
    if (number == SIGHUP && termination_requested)
        return;
    if (number != SIGINT)
        termination_requested = 1;
    lua_sethook(main_thread, raise_interrupted, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

/* termination_requested(): whether SIGTERM or SIGHUP has come: a program that goes on after Ctrl-C ends then.
 */
static int push_termination_requested(lua_State *L)
{
    lua_pushboolean(L, termination_requested);
    return 1;
}

/* Where SIGHUP is ignored (nohup), it stays so. */
static void set_handler(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler}, before;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
}

/* The state is being closed, and with it this module, which holds the handler, is unloaded. The program has
 * nothing left to do that could be interrupted, and its status is known. */
static int ignore_interrupts(lua_State *L)
{
    (void)L;
    set_handler(SIG_IGN);
    main_thread = NULL;
    return 0;
}

/* catch_interrupts(): from now on SIGINT, SIGTERM and SIGHUP raise "interrupted!" in the main thread, until
 * its state is closed. Writing to a pipe that nobody reads fails, and does not end the process. To be called
 * once, by a program and never by a library: signal handlers belong to the process. */
static int catch_interrupts(lua_State *L)
{
    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, ignore_interrupts);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &main_thread);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    main_thread = lua_tothread(L, -1);
    set_handler(on_interrupt);
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

void core_open_interrupt(lua_State *L)
{
    lua_pushcfunction(L, catch_interrupts);
    lua_setfield(L, -2, "catch_interrupts");
    lua_pushcfunction(L, push_termination_requested);
    lua_setfield(L, -2, "termination_requested");
    lua_pushcfunction(L, hold_interrupts);
    lua_setfield(L, -2, "hold_interrupts");
    lua_pushcfunction(L, release_interrupts);
    lua_setfield(L, -2, "release_interrupts");
}
