/* Descriptors that are terminals. */
#include "lua/core.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* is_terminal(fd) -> boolean */
static int is_terminal(lua_State *L)
{
    lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
    return 1;
}

/* terminal_columns(fd) -> integer; nil if it is not a terminal or has not told its width. */
static int terminal_columns(lua_State *L)
{
    struct winsize size;
    if (ioctl((int)luaL_checkinteger(L, 1), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 0;
    lua_pushinteger(L, size.ws_col);
    return 1;
}

/* terminal_settings(fd) -> settings, for set_terminal; nil if it is not a terminal. */
static int terminal_settings(lua_State *L)
{
    struct termios settings;
    memset(&settings, 0, sizeof settings); /* tcgetattr leaves gaps */
    if (tcgetattr((int)luaL_checkinteger(L, 1), &settings) != 0)
        return 0;
    lua_pushlstring(L, (const char *)&settings, sizeof settings);
    return 1;
}

/* set_terminal(fd, settings, [change]): as terminal_settings gave them. change: "silent", without echo;
 * "raw", each key as it is typed, without signals. Returns true, or what core_push_failure does. */
static int set_terminal(lua_State *L)
{
    static const char *const changes[] = {"none", "silent", "raw", NULL};
    int fd = (int)luaL_checkinteger(L, 1);
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    int change = luaL_checkoption(L, 3, "none", changes);
    struct termios settings;
    luaL_argcheck(L, length == sizeof settings, 2, "not from terminal_settings");
    memcpy(&settings, bytes, sizeof settings);
    if (change == 1)
        settings.c_lflag &= ~(tcflag_t)ECHO;
    if (change == 2)
        cfmakeraw(&settings);
    if (tcsetattr(fd, TCSADRAIN, &settings) != 0)
        return core_push_failure(L, errno);
    lua_pushboolean(L, 1);
    return 1;
}

void core_open_terminal(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"is_terminal", is_terminal},
        {"terminal_columns", terminal_columns},
        {"terminal_settings", terminal_settings},
        {"set_terminal", set_terminal},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
