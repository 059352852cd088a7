/* The engine for Lua; the only place where an engine reads from and writes to a port. */
#include "lua/engine.h"

#include "port/port.h"

#include <string.h>

/* Raises an error after the engine's finalizer: a later finalizer of a closing state may still use it. */
static struct core_engine *check_engine(lua_State *L)
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
        return luaL_error(L, "not enough memory");
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
    struct core_engine *self = check_engine(L);
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

static uint32_t check_milliseconds(lua_State *L, int index)
{
    lua_Number seconds = luaL_optnumber(L, index, 0);
    if (!(seconds > 0)) /* or is NaN */
        return 0;
    return seconds > 4e6 ? 4000000000u : (uint32_t)(seconds * 1000 + 0.5);
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

/* engine:submit(response, text, now, data, expect, timeout, deferred_timeout, online, block, sink, length,
 * progress) -> id, or nil and the reason. Arguments after `now` are optional. The answer is collected in the
 * table `response`: its lines by index, and its block as `data`. data: a string; a file and `length`; or
 * true, for data from write_data() until finish_data(), which the escape sequence ends. online: CONNECT ends
 * the command and starts data mode. block: number of bytes that follow CONNECT; -1: up to the deferred
 * result. sink: a file to write them to; `received` is then their number. progress: report the bytes
 * transferred by the event `progress`, at most ten times a second. */
static int submit(lua_State *L)
{
    struct core_engine *self = check_engine(L);
    uint32_t id;
    size_t length;
    luaL_checktype(L, ARG_RESPONSE, LUA_TTABLE);
    const char *text = luaL_checklstring(L, ARG_TEXT, &length);
    struct at_command command = {
        .text = text,
        .length = length,
        .expect = luaL_optstring(L, ARG_EXPECT, NULL),
        .timeout_ms = check_milliseconds(L, ARG_TIMEOUT),
        .deferred_ms = check_milliseconds(L, ARG_DEFERRED_TIMEOUT),
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
static int refusal(lua_State *L)
{
    struct core_engine *self = check_engine(L);
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
static int cancel(lua_State *L)
{
    struct core_engine *self = check_engine(L);
    uint32_t id = (uint32_t)luaL_checkinteger(L, 2);
    if (!at_engine_cancel(self->at, id, core_check_time(L, 3, 0)))
        core_forget_response(L, self, id);
    return 0;
}

/* engine:write_data(bytes) -> accepted; false while earlier bytes have not been written. They go to the
 * command in flight if its data is `true`, otherwise to data mode. The event `data_written` follows when the
 * port has accepted them. */
static int write_data(lua_State *L)
{
    struct core_engine *self = check_engine(L);
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
    at_engine_finish_data(check_engine(L)->at);
    return 0;
}

/* engine:set_hangups(texts): lines that report the end of the connection in the next data mode, in addition
 * to those that report a restart; nil: those of the rules */
static int set_hangups(lua_State *L)
{
    const char *texts[AT_ENDINGS_MAX];
    struct core_engine *self = check_engine(L);
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
    at_engine_leave_data_mode(check_engine(L)->at, lua_toboolean(L, 2), core_check_time(L, 3, 0));
    return 0;
}

/* engine:end_data_mode() -> bytes of write_data() that were not sent: ends data mode at once */
static int end_data_mode(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)at_engine_end_data_mode(check_engine(L)->at));
    return 1;
}

/* engine:set_line_speed(number): bytes per second of a line behind the port; 0: there is none */
static int set_line_speed(lua_State *L)
{
    at_engine_set_line_speed(check_engine(L)->at, (uint32_t)luaL_checkinteger(L, 2));
    return 0;
}

/* engine:sync(now [, give_up]): resynchronises */
static int sync(lua_State *L)
{
    struct core_engine *self = check_engine(L);
    at_engine_sync(self->at, core_check_time(L, 2, 0), core_check_time(L, 3, AT_NEVER));
    return 0;
}

/* engine:ready() -> whether a command can be submitted now */
static int ready(lua_State *L)
{
    lua_pushboolean(L, at_engine_ready(check_engine(L)->at));
    return 1;
}

/* engine:set_times(timeout, gap): time-out of commands without one in their rule; least silence between
 * commands */
static int set_times(lua_State *L)
{
    at_engine_set_times(check_engine(L)->at, check_milliseconds(L, 2), check_milliseconds(L, 3));
    return 0;
}

/* engine:set_echo(on), engine:observe(on) */
static int set_echo(lua_State *L)
{
    at_engine_set_echo(check_engine(L)->at, lua_toboolean(L, 2));
    return 0;
}

/* engine:set_blocks(text, owner, follow) -> done. Whether lines of the rule with this text announce a block
 * when they name this connection */
static int set_blocks(lua_State *L)
{
    const char *text = luaL_checkstring(L, 2);
    lua_Integer owner = luaL_checkinteger(L, 3);
    luaL_argcheck(L, owner >= 0 && owner < 32, 3, "0 to 31");
    lua_pushboolean(L, at_engine_set_blocks(check_engine(L)->at, text, (unsigned)owner, lua_toboolean(L, 4)));
    return 1;
}

static int observe(lua_State *L)
{
    at_engine_observe(check_engine(L)->at, lua_toboolean(L, 2));
    return 0;
}

/* engine:noise() -> bytes received, control bytes that do not occur in lines, damaged blocks */
static int noise(lua_State *L)
{
    struct core_engine *self = check_engine(L);
    lua_pushinteger(L, (lua_Integer)self->received);
    struct at_noise noise = at_engine_noise(self->at);
    lua_pushinteger(L, (lua_Integer)noise.control_bytes);
    lua_pushinteger(L, (lua_Integer)noise.damaged_blocks);
    return 3;
}

static int push_deadline(lua_State *L, const struct core_engine *self, at_time now)
{
    at_time deadline = at_engine_deadline(self->at, now);
    if (deadline == AT_NEVER)
        lua_pushnil(L);
    else
        lua_pushnumber(L, (lua_Number)deadline / 1e6);
    return 1;
}

/* engine:deadline(now) -> when to call it again if there is no input, or nil */
static int deadline(lua_State *L)
{
    return push_deadline(L, check_engine(L), core_check_time(L, 2, 0));
}

static int push_next_event(lua_State *L, struct core_engine *self, at_time now)
{
    struct at_event event;
    while (at_engine_next(self->at, now, &event) != AT_EVENT_NONE) {
        int top = lua_gettop(L);
        int pushed = core_push_event(L, self, &event);
        if (pushed > 0)
            return pushed;
        lua_settop(L, top);
    }
    self->input_left = false;
    return 0;
}

/* Writes all output. True when the port has not accepted all of it. */
static bool write_output(struct core_engine *self, struct port *port, at_time now)
{
    const char *bytes;
    size_t length;
    uint64_t pending = at_engine_needs_drain_time(self->at) ? port_pending(port) : 0;
    if (pending > 0)
        at_engine_set_drain_time(self->at, now + (at_time)pending);
    while (!self->write_failed && (length = at_engine_output(self->at, now, &bytes)) > 0) {
        long taken = port_write(port, bytes, length);
        self->write_failed = taken == PORT_CLOSED;
        if (taken > 0)
            at_engine_sent(self->at, (size_t)taken, now);
        if (taken != (long)length)
            return taken >= 0;
    }
    return false;
}

/* engine:push(port, now) -> blocked, deadline: writes all output. blocked: call again once the port accepts
 * more */
static int push(lua_State *L)
{
    struct core_engine *self = check_engine(L);
    struct port *port = core_check_port(L, 2);
    at_time now = core_check_time(L, 3, 0);
    lua_pushboolean(L, write_output(self, port, now));
    return 1 + push_deadline(L, self, now);
}

/* Reads from the port. False: the port is closed. *length: number of bytes. */
static bool read_input(struct core_engine *self, struct port *port, long *length)
{
    *length = self->input_drained ? 0 : port_read(port, self->rx, sizeof self->rx);
    self->input_drained = false;
    if (*length == PORT_CLOSED)
        return false;
    if (*length > 0) {
        self->received += (uint64_t)*length;
        self->input_drained = (size_t)*length < sizeof self->rx;
        self->input_left = true;
        at_engine_input(self->at, self->rx, (size_t)*length);
    }
    return true;
}

static int push_closed(lua_State *L, const struct port *port)
{
    lua_pushliteral(L, "closed");
    lua_pushstring(L, port_reason(port));
    return 2;
}

/* engine:pump(port, now) -> kind, …: writes, reads and returns the next event; nil, blocked, deadline when
 * there is none; "closed", reason when the port is closed. */
static int pump(lua_State *L)
{
    struct core_engine *self = check_engine(L);
    struct port *port = core_check_port(L, 2);
    at_time now = core_check_time(L, 3, 0);
    long length;
    /* Input that is waiting in the port arrived before `now`: read it before looking at deadlines. */
    if (self->idle) {
        self->idle = false;
        if (!read_input(self, port, &length))
            return push_closed(L, port);
        self->input_drained = length < (long)sizeof self->rx;
    }
    for (;;) {
        int pushed = push_next_event(L, self, now);
        if (pushed > 0)
            return pushed;
        bool blocked = write_output(self, port, now);
        if (at_engine_has_event(self->at) && (pushed = push_next_event(L, self, now)) > 0)
            return pushed;
        if (!read_input(self, port, &length))
            return push_closed(L, port);
        if (length == 0) {
            self->idle = true;
            lua_pushnil(L);
            lua_pushboolean(L, blocked);
            return 2 + push_deadline(L, self, now);
        }
    }
}

/* The same without a port: engine:feed(bytes), engine:next_event(now) -> kind, … or nil, engine:output(now)
 * -> bytes, engine:sent(count, now). Take all events before feeding more bytes. */
static int feed(lua_State *L)
{
    struct core_engine *self = check_engine(L);
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    if (self->input_left)
        return luaL_error(L, "events of the bytes before are left; take them first");
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, 1, USER_INPUT);
    self->idle = false; /* pump() is not to read over them */
    self->input_left = true;
    self->received += length;
    at_engine_input(self->at, bytes, length);
    return 0;
}

static int next_event(lua_State *L)
{
    struct core_engine *self = check_engine(L);
    return push_next_event(L, self, core_check_time(L, 2, 0));
}

static int output(lua_State *L)
{
    struct core_engine *self = check_engine(L);
    const char *bytes = "";
    size_t length = at_engine_output(self->at, core_check_time(L, 2, 0), &bytes);
    lua_pushlstring(L, bytes, length);
    return 1;
}

static int sent(lua_State *L)
{
    struct core_engine *self = check_engine(L);
    const char *bytes;
    size_t length = (size_t)luaL_checkinteger(L, 2);
    at_time now = core_check_time(L, 3, 0);
    luaL_argcheck(L, length <= at_engine_output(self->at, now, &bytes), 2, "more than there was to send");
    if (length > 0)
        at_engine_sent(self->at, length, now);
    return 0;
}

static const luaL_Reg methods[] = {
    {"set_rules", set_rules},
    {"submit", submit},
    {"cancel", cancel},
    {"sync", sync},
    {"write_data", write_data},
    {"finish_data", finish_data},
    {"leave_data_mode", leave_data_mode},
    {"ready", ready},
    {"set_hangups", set_hangups},
    {"end_data_mode", end_data_mode},
    {"set_line_speed", set_line_speed},
    {"set_echo", set_echo},
    {"set_blocks", set_blocks},
    {"observe", observe},
    {"noise", noise},
    {"set_times", set_times},
    {"push", push},
    {"pump", pump},
    {"feed", feed},
    {"next_event", next_event},
    {"output", output},
    {"deadline", deadline},
    {"sent", sent},
    {"__gc", free_engine},
    {"refusal", refusal},
    {NULL, NULL},
};

void core_open_engine(lua_State *L)
{
    core_class(L, CORE_ENGINE, methods);
    lua_pushcfunction(L, new_engine);
    lua_setfield(L, -2, "engine");
}
