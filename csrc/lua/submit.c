/* Commands for the engine: what a command line brings with it, and why one may be refused. */
#include "lua/engine.h"

#include "lua/file.h"

static const char *refusal_name(enum at_refusal refusal)
{
    switch (refusal) {
    case AT_ACCEPTED:
        break;
    case AT_REFUSED_BUSY:
        return "busy";
    case AT_REFUSED_LONG:
        return "long";
    case AT_REFUSED_NAME:
        return "name";
    case AT_REFUSED_KEY:
        return "key";
    case AT_REFUSED_BYTE:
        return "byte";
    case AT_REFUSED_NO_DATA:
        return "no data";
    case AT_REFUSED_DEFERRED:
        return "deferred";
    case AT_REFUSED_PENDING:
        return "pending";
    }
    return "accepted";
}

/* Command lines may start with `AT` or not. */
static void skip_at(struct at_command *command)
{
    if (command->length >= 2 && (command->text[0] | 0x20) == 'a' && (command->text[1] | 0x20) == 't') {
        command->text += 2;
        command->length -= 2;
    }
}

/* Arguments of submit(). */
enum {
    ARG_RESPONSE = 2,
    ARG_TEXT,
    ARG_NOW,
    ARG_DATA,
    ARG_EXPECT,
    ARG_TIMEOUT,
    ARG_DEFERRED_TIMEOUT,
    ARG_ONLINE,
    ARG_BLOCK,
    ARG_SINK,
    ARG_LENGTH,
    ARG_PROGRESS,
};

static void set_data(lua_State *L, struct core_engine *self, struct at_command *command)
{
    struct core_file *file = core_test_file(L, ARG_DATA);
    command->streamed = lua_isboolean(L, ARG_DATA);
    if (command->streamed)
        return;
    if (file != NULL) {
        core_file_source(file, &self->source, (uint64_t)luaL_checkinteger(L, ARG_LENGTH));
    } else {
        self->memory.bytes = luaL_checklstring(L, ARG_DATA, &self->memory.length);
        at_source_memory(&self->source, &self->memory);
    }
    command->data = &self->source;
    lua_pushvalue(L, ARG_DATA);
    lua_setiuservalue(L, 1, USER_DATA);
}

static void set_sink(lua_State *L, struct core_engine *self)
{
    struct core_file *sink = lua_isnoneornil(L, ARG_SINK) ? NULL : core_test_file(L, ARG_SINK);
    core_block_set_sink(&self->block, sink);
    if (sink == NULL)
        return;
    lua_pushvalue(L, ARG_SINK);
    lua_setiuservalue(L, 1, USER_SINK);
}

/* A time-out in milliseconds; nil: 0, which stands for that of the rule, so that one of no time at all is 1.
 */
static uint32_t check_timeout(lua_State *L, int index)
{
    uint32_t milliseconds = core_check_milliseconds(L, index);
    return milliseconds == 0 && !lua_isnoneornil(L, index) ? 1 : milliseconds;
}

/* engine:submit(response, text, now, data, expect, timeout, deferred_timeout, online, block, sink, length,
 * progress) -> id, or nil and the reason. Arguments after `now` are optional. The answer is collected in the
 * table `response`: its lines by index, and its block as `data`. data: a string; a file and `length`; or
 * true, for data from write_data() until finish_data(), which the escape sequence ends. online: CONNECT ends
 * the command and starts data mode. block: number of bytes that follow CONNECT; -1: up to the deferred
 * result. sink: a file to write them to; `received` is then their number. progress: report the bytes
 * transferred by the event `progress`, at most ten times a second. */
int core_engine_submit(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    uint32_t id;
    size_t length;
    luaL_checktype(L, ARG_RESPONSE, LUA_TTABLE);
    const char *text = luaL_checklstring(L, ARG_TEXT, &length);
    struct at_command command = {
        .text = text,
        .length = length,
        .expect = luaL_optstring(L, ARG_EXPECT, NULL),
        .timeout_ms = check_timeout(L, ARG_TIMEOUT),
        .deferred_ms = check_timeout(L, ARG_DEFERRED_TIMEOUT),
        .online = lua_toboolean(L, ARG_ONLINE),
        .block = (uint64_t)luaL_optinteger(L, ARG_BLOCK, 0),
        .progress = lua_toboolean(L, ARG_PROGRESS),
    };
    skip_at(&command);
    if (!at_engine_ready(self->at)) {
        lua_pushnil(L);
        lua_pushliteral(L, "busy");
        return 2;
    }
    if (!lua_isnoneornil(L, ARG_DATA))
        set_data(L, self, &command);
    set_sink(L, self);
    enum at_refusal refusal = at_engine_submit(self->at, &command, core_check_time(L, ARG_NOW, 0), &id);
    if (refusal != AT_ACCEPTED) {
        lua_pushnil(L);
        lua_pushstring(L, refusal_name(refusal));
        return 2;
    }
    core_keep_response(L, self, id, ARG_RESPONSE);
    lua_pushinteger(L, id);
    return 1;
}

/* engine:refusal(text, has_data) -> why the command could never be submitted ("byte", "long", "name", "key",
 * "no data"), or nil */
int core_engine_refusal(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    struct at_source nothing = {0};
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    struct at_command command = {
        .text = text, .length = length, .data = lua_toboolean(L, 3) ? &nothing : NULL};
    skip_at(&command);
    enum at_refusal why = at_engine_check(self->at, &command);
    if (why == AT_ACCEPTED)
        lua_pushnil(L);
    else
        lua_pushstring(L, refusal_name(why));
    return 1;
}

/* engine:cancel(id, now) */
int core_engine_cancel(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    uint32_t id = (uint32_t)luaL_checkinteger(L, 2);
    if (!at_engine_cancel(self->at, id, core_check_time(L, 3, 0)))
        core_forget_response(L, self, id);
    return 0;
}
