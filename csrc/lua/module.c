#include "lua/core.h"

#include "at/at.h"

#include <time.h>

int core_no_memory(lua_State *L)
{
    lua_pushliteral(L, "not enough memory"); /* without a position, as Lua's own */
    return lua_error(L);
}

struct at_alloc core_alloc(lua_State *L)
{
    struct at_alloc alloc;
    alloc.resize = lua_getallocf(L, &alloc.context);
    return alloc;
}

void core_class(lua_State *L, const char *name, const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pushvalue(L, -1);
    luaL_setfuncs(L, methods, 1);
    lua_pop(L, 1);
}

void *core_self(lua_State *L, const char *name)
{
    if (lua_type(L, 1) == LUA_TUSERDATA && lua_getmetatable(L, 1)) {
        bool same = lua_rawequal(L, -1, lua_upvalueindex(1));
        lua_pop(L, 1);
        if (same)
            return lua_touserdata(L, 1);
    }
    return luaL_checkudata(L, 1, name);
}

at_time core_check_time(lua_State *L, int index, at_time otherwise)
{
    const lua_Number most = 9e12; /* seconds; AT_NEVER is beyond */
    if (lua_isnoneornil(L, index))
        return otherwise;
    lua_Number seconds = luaL_checknumber(L, index);
    luaL_argcheck(L, seconds == seconds, index, "the time is NaN; it must be a number");
    if (seconds >= most) {
        luaL_argcheck(L, otherwise == AT_NEVER, index, "the time is too far away");
        return AT_NEVER;
    }
    if (seconds <= 0)
        return 0;
    return (at_time)(seconds * 1e6 +
                     0.5); /* rounded, so that a deadline survives the conversion to seconds and back */
}

/* `007` and numbers that do not fit an integer stay strings. */
static int plain_number(const struct at_field *field, int64_t *number)
{
    if (!at_field_number(field, number) || field->text[0] == '+')
        return 0;
    const char *digits = field->text + (field->text[0] == '-');
    return digits[0] != '0' || field->length == 1;
}

void core_push_fields(lua_State *L, const char *text, size_t length)
{
    struct at_fields fields;
    struct at_field field;
    int64_t number;
    lua_Integer count = 0;
    lua_newtable(L);
    at_fields_init(&fields, text, length);
    while (at_fields_next(&fields, &field)) {
        if (plain_number(&field, &number))
            lua_pushinteger(L, (lua_Integer)number);
        else
            lua_pushlstring(L, field.text, field.length);
        lua_rawseti(L, -2, ++count);
    }
}

/* fields(text) -> list */
static int fields(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    core_push_fields(L, text, length);
    return 1;
}

lua_Number core_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (lua_Number)time.tv_sec + (lua_Number)time.tv_nsec / 1e9;
}

/* now() -> seconds of the monotonic clock */
static int now(lua_State *L)
{
    lua_pushnumber(L, core_now());
    return 1;
}

/* wall() -> seconds since 1970, UTC, with the fraction */
static int wall(lua_State *L)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    lua_pushnumber(L, (lua_Number)time.tv_sec + (lua_Number)time.tv_nsec / 1e9);
    return 1;
}

static const luaL_Reg functions[] = {
    {"fields", fields},
    {"now", now},
    {"wall", wall},
    {NULL, NULL},
};

LUAMOD_API int luaopen_hayes_core(lua_State *L);

__attribute__((visibility("default"))) int luaopen_hayes_core(lua_State *L)
{
    luaL_newlib(L, functions);
    core_open_rules(L);
    core_open_engine(L);
    core_open_port(L);
    core_open_pollset(L);
    core_open_signal(L);
    core_open_descriptor(L);
    core_open_file(L);
    core_open_path(L);
    core_open_folder(L);
    core_open_interrupt(L);
    core_open_listener(L);
    core_open_terminal(L);
    core_open_at_exit(L);
    return 1;
}
