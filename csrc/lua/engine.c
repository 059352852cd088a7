/* The engine for Lua: its life, its settings, data and data mode. */
#include "lua/engine.h"

#include <string.h>

struct core_engine *core_check_engine(lua_State *L)
{
    struct core_engine *self = core_self(L, CORE_ENGINE);
    if (self->at == NULL)
        luaL_error(L, "the engine is closed");
    return self;
}

/* engine(rules) -> engine */
static int new_engine(lua_State *L)
{
    const struct at_rules *rules = core_check_rules(L, 1);
    struct core_engine *self = lua_newuserdatauv(L, sizeof *self, USER_VALUES);
    memset(self, 0, offsetof(struct core_engine, rx));
    luaL_setmetatable(L, CORE_ENGINE);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, USER_RULES);
    lua_createtable(L, RESPONSE_SLOTS, 0);
    lua_setiuservalue(L, -2, USER_RESPONSES);
    const struct at_alloc alloc = core_alloc(L);
    self->rules = core_retain_rules(L, 1);
    self->at = at_engine_new(&alloc, rules);
    if (self->at == NULL)
        return core_no_memory(L);
    return 1;
}

static int free_engine(lua_State *L)
{
    struct core_engine *self = core_self(L, CORE_ENGINE);
    if (self->at != NULL)
        at_engine_free(self->at);
    self->at = NULL;
    core_block_free(L, &self->block);
    if (self->rules != NULL)
        core_release_rules(self->rules);
    self->rules = NULL;
    return 0;
}

/* engine:set_rules(rules) -> done; false while something is in flight */
static int set_rules(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    const struct at_rules *rules = core_check_rules(L, 2);
    bool done = at_engine_set_rules(self->at, rules);
    if (done) {
        core_release_rules(self->rules);
        self->rules = core_retain_rules(L, 2);
        lua_pushvalue(L, 2);
        lua_setiuservalue(L, 1, USER_RULES);
    }
    lua_pushboolean(L, done);
    return 1;
}

uint32_t core_check_milliseconds(lua_State *L, int index)
{
    lua_Number seconds = luaL_optnumber(L, index, 0);
    if (!(seconds > 0)) /* or is NaN */
        return 0;
    return seconds > 4e6 ? 4000000000u : (uint32_t)(seconds * 1000 + 0.5);
}

/* engine:write_data(bytes) -> accepted; false while earlier bytes have not been written. They go to the
 * command in flight if its data is `true`, otherwise to data mode. The event `data_written` follows when the
 * port has accepted them. */
static int write_data(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    int user_value = at_engine_is_streaming(self->at) ? USER_DATA : USER_ONLINE_DATA;
    bool taken = at_engine_write_data(self->at, bytes, length);
    if (taken) {
        lua_pushvalue(L, 2);
        lua_setiuservalue(L, 1, user_value);
    }
    lua_pushboolean(L, taken);
    return 1;
}

/* engine:finish_data(): ends the data of the command in flight */
static int finish_data(lua_State *L)
{
    at_engine_finish_data(core_check_engine(L)->at);
    return 0;
}

/* engine:set_hangups(texts): lines that report the end of the connection in the next data mode, in addition
 * to those that report a restart; nil: those of the rules */
static int set_hangups(lua_State *L)
{
    const char *texts[AT_ENDINGS_MAX];
    struct core_engine *self = core_check_engine(L);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TTABLE);
    size_t count = lua_isnoneornil(L, 2) ? 0 : lua_rawlen(L, 2);
    luaL_argcheck(L, count <= AT_ENDINGS_MAX, 2, "too many texts");
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 2, "a text is not a string");
        texts[i] = lua_tostring(L, -1); /* the table keeps it alive */
        lua_pop(L, 1);
    }
    if (!at_engine_set_hangups(self->at, texts, count))
        return luaL_error(L, "the texts are too long");
    return 0;
}

/* engine:leave_data_mode(dtr, now): leaves data mode; the event `data_mode_end` reports the outcome. dtr: DTR
 * has been dropped */
static int leave_data_mode(lua_State *L)
{
    at_engine_leave_data_mode(core_check_engine(L)->at, lua_toboolean(L, 2), core_check_time(L, 3, 0));
    return 0;
}

/* engine:end_data_mode() -> bytes of write_data() that were not sent: ends data mode at once */
static int end_data_mode(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)at_engine_end_data_mode(core_check_engine(L)->at));
    return 1;
}

/* engine:set_line_speed(number): bytes per second of a line behind the port; 0: there is none */
static int set_line_speed(lua_State *L)
{
    at_engine_set_line_speed(core_check_engine(L)->at, (uint32_t)luaL_checkinteger(L, 2));
    return 0;
}

/* engine:sync(now [, give_up]): resynchronises */
static int sync(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    at_engine_sync(self->at, core_check_time(L, 2, 0), core_check_time(L, 3, AT_NEVER));
    return 0;
}

/* engine:ready() -> whether a command can be submitted now */
static int ready(lua_State *L)
{
    lua_pushboolean(L, at_engine_ready(core_check_engine(L)->at));
    return 1;
}

/* engine:set_times(timeout, gap): time-out of commands without one in their rule; least silence between
 * commands */
static int set_times(lua_State *L)
{
    at_engine_set_times(core_check_engine(L)->at, core_check_milliseconds(L, 2),
                        core_check_milliseconds(L, 3));
    return 0;
}

/* engine:set_echo(on), engine:observe(on) */
static int set_echo(lua_State *L)
{
    at_engine_set_echo(core_check_engine(L)->at, lua_toboolean(L, 2));
    return 0;
}

/* engine:forget_results(prefix): those of commands that were given up will not come */
static int forget_results(lua_State *L)
{
    at_engine_forget_results(core_check_engine(L)->at, luaL_checkstring(L, 2));
    return 0;
}

/* engine:set_blocks(text, owner, follow) -> done. Whether lines of the rule with this text announce a block
 * when they name this connection */
static int set_blocks(lua_State *L)
{
    const char *text = luaL_checkstring(L, 2);
    lua_Integer owner = luaL_checkinteger(L, 3);
    luaL_argcheck(L, owner >= 0 && owner < 32, 3, "0 to 31");
    lua_pushboolean(
        L, at_engine_set_blocks(core_check_engine(L)->at, text, (unsigned)owner, lua_toboolean(L, 4)));
    return 1;
}

static int observe(lua_State *L)
{
    at_engine_observe(core_check_engine(L)->at, lua_toboolean(L, 2));
    return 0;
}

/* engine:noise() -> bytes received, control bytes that do not occur in lines, damaged blocks */
static int noise(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    lua_pushinteger(L, (lua_Integer)self->received);
    struct at_noise noise = at_engine_noise(self->at);
    lua_pushinteger(L, (lua_Integer)noise.control_bytes);
    lua_pushinteger(L, (lua_Integer)noise.damaged_blocks);
    return 3;
}

static const luaL_Reg methods[] = {
    {"set_rules", set_rules},
    {"submit", core_engine_submit},
    {"cancel", core_engine_cancel},
    {"sync", sync},
    {"write_data", write_data},
    {"finish_data", finish_data},
    {"leave_data_mode", leave_data_mode},
    {"ready", ready},
    {"set_hangups", set_hangups},
    {"end_data_mode", end_data_mode},
    {"set_line_speed", set_line_speed},
    {"set_echo", set_echo},
    {"forget_results", forget_results},
    {"set_blocks", set_blocks},
    {"observe", observe},
    {"noise", noise},
    {"set_times", set_times},
    {"push", core_engine_push},
    {"pump", core_engine_pump},
    {"feed", core_engine_feed},
    {"next_event", core_engine_next_event},
    {"output", core_engine_output},
    {"deadline", core_engine_deadline},
    {"sent", core_engine_sent},
    {"hear", core_engine_hear},
    {"heard", core_engine_heard},
    {"__gc", free_engine},
    {"refusal", core_engine_refusal},
    {NULL, NULL},
};

void core_open_engine(lua_State *L)
{
    core_class(L, CORE_ENGINE, methods);
    lua_pushcfunction(L, new_engine);
    lua_setfield(L, -2, "engine");
}
