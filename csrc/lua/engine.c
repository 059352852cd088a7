/* The engine as Lua sees it, and the one place where its bytes meet a port. Lines and blocks of a command's
 * answer are gathered here into the response table that Lua handed in, so that a command costs few crossings.
 */
#include "lua/block.h"
#include "lua/core.h"

#include "at/engine.h"
#include "at/match.h"
#include "port/port.h"

#include <string.h>

/* User values of the engine. */
enum {
    USER_RULES = 1,
    USER_RESPONSES, /* response tables by their places */
    USER_DATA,      /* the string being sent as data of the command in flight, or the file */
    USER_GIVEN,     /* the string given for data mode; it may be on its way while commands go on */
    USER_INPUT,     /* the string last fed */
    USER_EVENT,     /* the URC whose block is coming in, or was the last to come */
    USER_SINK,      /* the file that the block of the command in flight goes to */
    USER_VALUES = USER_SINK,
};

enum {
    RX_SIZE = 8192,
    PLACES = AT_DEFERRED_MAX + 2 /* commands that are not over yet, with one to spare */
};

struct lua_engine {
    struct at_engine at;
    struct core_rules *rules; /* that it uses */
    bool open;
    bool drained;      /* the last read took all there was */
    bool rested;       /* turn() had nothing to do: what has come since has not been looked for */
    bool write_failed; /* the port takes no more; what can still be read is read */
    uint64_t received;
    uint32_t commands[PLACES]; /* by the places of their response tables; 0: the place is free */
    struct at_source source;
    struct at_memory memory;
    struct core_block block;
    char rx[RX_SIZE];
};

/* Raises once its finalizer has run: a later finalizer of a closing state may still have it. */
static struct lua_engine *check_engine(lua_State *L)
{
    struct lua_engine *self = core_self(L, CORE_ENGINE);
    if (!self->open)
        luaL_error(L, "the engine is closed");
    return self;
}

/* engine(rules) -> engine */
static int new_engine(lua_State *L)
{
    const struct at_rules *rules = core_check_rules(L, 1);
    struct lua_engine *self = lua_newuserdatauv(L, sizeof *self, USER_VALUES);
    memset(self, 0, offsetof(struct lua_engine, rx));
    luaL_setmetatable(L, CORE_ENGINE);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, USER_RULES);
    lua_createtable(L, PLACES, 0);
    lua_setiuservalue(L, -2, USER_RESPONSES);
    self->open = true;
    self->rules = core_hold_rules(L, 1);
    if (!at_engine_init(&self->at, rules))
        return luaL_error(L, "not enough memory");
    return 1;
}

static int free_engine(lua_State *L)
{
    struct lua_engine *self = core_self(L, CORE_ENGINE);
    if (!self->open)
        return 0;
    self->open = false;
    at_engine_free(&self->at);
    core_block_free(L, &self->block);
    core_release_rules(self->rules);
    return 0;
}

/* engine:rules(rules) -> done; false while something is in flight */
static int set_rules(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    const struct at_rules *rules = core_check_rules(L, 2);
    bool done = at_engine_set_rules(&self->at, rules);
    if (done) {
        core_release_rules(self->rules);
        self->rules = core_hold_rules(L, 2);
        lua_pushvalue(L, 2);
        lua_setiuservalue(L, 1, USER_RULES);
    }
    lua_pushboolean(L, done);
    return 1;
}

static const char *refusal_name(enum at_refusal refusal)
{
    switch (refusal) {
    case AT_TAKEN:
        break;
    case AT_REFUSED_BUSY:
        return "busy";
    case AT_REFUSED_LONG:
        return "long";
    case AT_REFUSED_BYTE:
        return "byte";
    case AT_REFUSED_NO_DATA:
        return "no data";
    case AT_REFUSED_DEFERRED:
        return "deferred";
    }
    return "taken";
}

static uint32_t check_milliseconds(lua_State *L, int index)
{
    lua_Number seconds = luaL_optnumber(L, index, 0);
    if (!(seconds > 0)) /* nor is NaN */
        return 0;
    return seconds > 4e6 ? 4000000000u : (uint32_t)(seconds * 1000 + 0.5);
}

/* The response tables of commands that are not over. */

static int find_place(const struct lua_engine *self, uint32_t command)
{
    for (int place = 0; place < PLACES; place++) {
        if (self->commands[place] == command)
            return place;
    }
    return -1;
}

static void keep_response(lua_State *L, struct lua_engine *self, uint32_t command, int index)
{
    int place = find_place(self, 0);
    if (place < 0)
        luaL_error(L, "too many commands are under way");
    self->commands[place] = command;
    lua_getiuservalue(L, 1, USER_RESPONSES);
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, place + 1);
    lua_pop(L, 1);
}

/* nil: nobody waits for it any more. */
static void push_response(lua_State *L, const struct lua_engine *self, uint32_t command)
{
    int place = command != 0 ? find_place(self, command) : -1;
    if (place < 0) {
        lua_pushnil(L);
        return;
    }
    lua_getiuservalue(L, 1, USER_RESPONSES);
    lua_rawgeti(L, -1, place + 1);
    lua_remove(L, -2);
}

static void forget_response(lua_State *L, struct lua_engine *self, uint32_t command)
{
    int place = command != 0 ? find_place(self, command) : -1;
    if (place < 0)
        return;
    self->commands[place] = 0;
    lua_getiuservalue(L, 1, USER_RESPONSES);
    lua_pushnil(L);
    lua_rawseti(L, -2, place + 1);
    lua_pop(L, 1);
}

/* A command line may be given with `AT` or without. */
static void skip_at(struct at_command *command)
{
    if (command->length >= 2 && (command->text[0] | 0x20) == 'a' && (command->text[1] | 0x20) == 't') {
        command->text += 2;
        command->length -= 2;
    }
}

static void set_data(lua_State *L, struct lua_engine *self, struct at_command *command)
{
    struct core_file *file = core_test_file(L, 5);
    command->fed = lua_isboolean(L, 5);
    if (command->fed)
        return;
    if (file != NULL) {
        core_file_source(file, &self->source, (uint64_t)luaL_checkinteger(L, 12));
    } else {
        self->memory.bytes = luaL_checklstring(L, 5, &self->memory.length);
        at_source_memory(&self->source, &self->memory);
    }
    command->data = &self->source;
    lua_pushvalue(L, 5);
    lua_setiuservalue(L, 1, USER_DATA);
}

static void set_sink(lua_State *L, struct lua_engine *self)
{
    struct core_file *sink = lua_isnoneornil(L, 11) ? NULL : core_test_file(L, 11);
    core_block_set_sink(&self->block, sink);
    if (sink == NULL)
        return;
    lua_pushvalue(L, 11);
    lua_setiuservalue(L, 1, USER_SINK);
}

/* engine:submit(response, text, now, data, expect, timeout, deferred_timeout, online, block, sink, length,
 * progress) -> id, or nil, why not; all behind `now` may be left out. The answer is gathered into the table
 * response: lines by index, `data`. data: a string, or a file and a length, or true: by give() and finish(),
 * and the escape sequence ends it. online: CONNECT ends it, and data mode begins. block: so many bytes follow
 * CONNECT, -1: up to the deferred result. sink: the file that they go to; `received` then tells how many
 * there were. progress: the event `progress` tells, ten times a second at most, how many bytes of its data
 * have passed. */
static int submit(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    uint32_t id;
    size_t length;
    luaL_checktype(L, 2, LUA_TTABLE);
    const char *text = luaL_checklstring(L, 3, &length);
    struct at_command command = {
        .text = text,
        .length = length,
        .expect = luaL_optstring(L, 6, NULL),
        .timeout_ms = check_milliseconds(L, 7),
        .deferred_ms = check_milliseconds(L, 8),
        .online = lua_toboolean(L, 9),
        .block = (uint64_t)luaL_optinteger(L, 10, 0),
        .progress = lua_toboolean(L, 13),
    };
    skip_at(&command);
    if (!at_engine_ready(&self->at)) {
        lua_pushnil(L);
        lua_pushliteral(L, "busy");
        return 2;
    }
    if (!lua_isnoneornil(L, 5))
        set_data(L, self, &command);
    set_sink(L, self);
    enum at_refusal refusal = at_engine_submit(&self->at, &command, core_check_time(L, 4, 0), &id);
    if (refusal != AT_TAKEN) {
        lua_pushnil(L);
        lua_pushstring(L, refusal_name(refusal));
        return 2;
    }
    keep_response(L, self, id, 2);
    lua_pushinteger(L, id);
    return 1;
}

/* engine:refusal(text, has_data) -> why the command could never be submitted ("byte", "long", "no data"), or
 * nil
 */
static int refusal(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    struct at_source nothing = {0};
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    struct at_command command = {
        .text = text, .length = length, .data = lua_toboolean(L, 3) ? &nothing : NULL};
    skip_at(&command);
    enum at_refusal why = at_engine_check(&self->at, &command);
    if (why == AT_TAKEN)
        lua_pushnil(L);
    else
        lua_pushstring(L, refusal_name(why));
    return 1;
}

/* engine:cancel(id, now) */
static int cancel(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    uint32_t id = (uint32_t)luaL_checkinteger(L, 2);
    at_engine_cancel(&self->at, id, core_check_time(L, 3, 0));
    /* Its end is still to be told if it was in flight; a deferred result that is given up has none. */
    bool in_flight = self->at.slot.id == id && (self->at.slot.state != AT_SLOT_EMPTY || self->at.end_slot);
    if (!in_flight)
        forget_response(L, self, id);
    return 0;
}

/* engine:give(bytes) -> taken; false while some are on their way. For the command under way that was given
 * true for its data, else for data mode; the event `given` tells that the port has them. */
static int give(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    int place = at_engine_is_fed(&self->at) ? USER_DATA : USER_GIVEN;
    bool taken = at_engine_give(&self->at, bytes, length);
    if (taken) {
        lua_pushvalue(L, 2);
        lua_setiuservalue(L, 1, place);
    }
    lua_pushboolean(L, taken);
    return 1;
}

/* engine:finish(): the data of the command under way has come to its end */
static int finish(lua_State *L)
{
    at_engine_finish(&check_engine(L)->at);
    return 0;
}

/* engine:hangups(texts): the lines that tell of the end of the connection whose data mode begins next, beside
 * those of a restart; nil: those of the rules */
static int set_hangups(lua_State *L)
{
    const char *texts[AT_ENDINGS_MAX];
    struct lua_engine *self = check_engine(L);
    size_t count = lua_isnoneornil(L, 2) ? 0 : (size_t)luaL_len(L, 2);
    luaL_argcheck(L, count <= AT_ENDINGS_MAX, 2, "too many texts");
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        texts[i] = luaL_checkstring(L, -1); /* alive in the table */
        lua_pop(L, 1);
    }
    if (!at_engine_set_hangups(&self->at, texts, count))
        return luaL_error(L, "the texts are too long");
    return 0;
}

/* engine:leave(dtr, now): leaves data mode; the event `left` tells how that went. dtr: it has been dropped.
 */
static int leave(lua_State *L)
{
    at_engine_leave(&check_engine(L)->at, lua_toboolean(L, 2), core_check_time(L, 3, 0));
    return 0;
}

/* engine:end_data_mode() -> how many of the bytes given had not gone out: it is over at once */
static int end_data_mode(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)at_engine_end_data_mode(&check_engine(L)->at));
    return 1;
}

/* engine:speed(number): bytes a second of a line behind the port that this cannot be asked about; 0: of the
 * port alone */
static int set_speed(lua_State *L)
{
    at_engine_set_speed(&check_engine(L)->at, (uint32_t)luaL_checkinteger(L, 2));
    return 0;
}

/* engine:sync(now [, give_up]) */
static int sync(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    at_engine_sync(&self->at, core_check_time(L, 2, 0), core_check_time(L, 3, AT_NEVER));
    return 0;
}

/* engine:ready() -> could a command be submitted now */
static int ready(lua_State *L)
{
    lua_pushboolean(L, at_engine_ready(&check_engine(L)->at));
    return 1;
}

/* engine:times(timeout, gap): of commands that nothing is known of; between two commands */
static int set_times(lua_State *L)
{
    at_engine_set_times(&check_engine(L)->at, check_milliseconds(L, 2), check_milliseconds(L, 3));
    return 0;
}

/* engine:echo(on), engine:observe(on) */
static int set_echo(lua_State *L)
{
    at_engine_set_echo(&check_engine(L)->at, lua_toboolean(L, 2));
    return 0;
}

static int observe(lua_State *L)
{
    at_engine_observe(&check_engine(L)->at, lua_toboolean(L, 2));
    return 0;
}

/* engine:noise() -> bytes received so far, control bytes among them that no line of a module holds, damaged
 * blocks */
static int noise(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    lua_pushinteger(L, (lua_Integer)self->received);
    lua_pushinteger(L, (lua_Integer)self->at.framer.noise);
    lua_pushinteger(L, (lua_Integer)self->at.damaged);
    return 3;
}

static int push_deadline(lua_State *L, const struct lua_engine *self, at_time now)
{
    at_time deadline = at_engine_deadline(&self->at, now);
    if (deadline == AT_NEVER)
        lua_pushnil(L);
    else
        lua_pushnumber(L, (lua_Number)deadline / 1e6);
    return 1;
}

/* engine:deadline(now) -> when it wants to be called without input, or nil */
static int deadline(lua_State *L)
{
    return push_deadline(L, check_engine(L), core_check_time(L, 2, 0));
}

static int on_info(lua_State *L, struct lua_engine *self, const struct at_event *event)
{
    push_response(L, self, event->command);
    if (lua_istable(L, -1)) {
        lua_pushlstring(L, event->text, event->length);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    lua_pop(L, 1);
    if (event->block > 0)
        core_block_begin(&self->block, CORE_BLOCK_RESPONSE, event);
    return 0;
}

/* A new event table { name, line, fields } on the stack. */
static void push_event_table(lua_State *L, const struct at_event *event)
{
    size_t prefix = event->prefix_length;
    lua_createtable(L, 0, 5);
    if (event->rule != AT_NO_RULE) {
        lua_getiuservalue(L, 1, USER_RULES);
        core_push_rule_name(L, lua_gettop(L), event->rule);
        lua_remove(L, -2);
    } else {
        struct at_token line = {.text = event->text, .length = event->length};
        const char *colon = at_has_prefix(&line) ? memchr(event->text, ':', event->length) : NULL;
        size_t name = colon != NULL ? (size_t)(colon - event->text) : event->length;
        prefix = colon != NULL ? name + 1 : 0;
        lua_pushlstring(L, event->text, name);
    }
    lua_setfield(L, -2, "name");
    lua_pushlstring(L, event->text, event->length);
    lua_setfield(L, -2, "line");
    core_push_fields(L, event->text + prefix, event->length - prefix);
    lua_setfield(L, -2, "fields");
}

static int on_urc(lua_State *L, struct lua_engine *self, const struct at_event *event)
{
    if (event->block == 0) {
        lua_pushliteral(L, "urc");
        push_event_table(L, event);
        return 2;
    }
    push_event_table(L, event);
    lua_setiuservalue(L, 1, USER_EVENT);
    core_block_begin(&self->block, CORE_BLOCK_EVENT, event);
    return 0;
}

static int on_block(lua_State *L, struct lua_engine *self, const struct at_event *event)
{
    struct core_block *block = &self->block;
    if (block->owner == CORE_BLOCK_NOBODY)
        return 0;
    if (!core_block_take(L, block, event))
        return luaL_error(L, "not enough memory for a block of %d bytes",
                          (int)(block->length + event->length));
    if (event->block > 0)
        return 0;
    if (block->owner == CORE_BLOCK_RESPONSE) {
        push_response(L, self, block->command);
        if (lua_istable(L, -1))
            core_block_hand_over(L, block);
        return 0;
    }
    lua_pushliteral(L, "urc");
    lua_getiuservalue(L, 1, USER_EVENT); /* kept: what follows the block may tell that it is damaged */
    core_block_hand_over(L, block);
    return 2;
}

static const char *damage_name(enum at_damage damage)
{
    return damage == AT_SHORT ? "short_read" : "long_read";
}

static void push_result(lua_State *L, enum at_result result)
{
    switch (result) {
    case AT_OK:
        lua_pushliteral(L, "ok");
        return;
    case AT_ERROR:
        lua_pushliteral(L, "error");
        return;
    case AT_TIMEOUT:
        lua_pushliteral(L, "timeout");
        return;
    case AT_CANCELLED:
        lua_pushliteral(L, "cancelled");
        return;
    case AT_REBOOTED:
        lua_pushliteral(L, "reboot");
        return;
    }
}

static void push_text(lua_State *L, const struct at_event *event)
{
    if (event->text != NULL)
        lua_pushlstring(L, event->text, event->length);
    else
        lua_pushnil(L);
}

/* "final" or "deferred", response, result, line, more, bytes of data that did not go out (nil: none). The
 * result is "short_read" or "long_read" in place of "ok" when the block in the answer is damaged. */
static int tell_end(lua_State *L, struct lua_engine *self, const struct at_event *event)
{
    bool in_flight = at_slot_is_awaiting(&self->at.slot) && self->at.slot.id == event->command;
    bool final = event->kind == AT_EVENT_FINAL;
    if (final)
        lua_pushliteral(L, "final");
    else
        lua_pushliteral(L, "deferred");
    push_response(L, self, event->command);
    if (final && self->block.owner == CORE_BLOCK_RESPONSE && lua_istable(L, -1))
        core_block_hand_over(L, &self->block);
    if (!event->more && !in_flight)
        forget_response(L, self, event->command);
    if (event->damage != AT_UNDAMAGED && event->result == AT_OK)
        lua_pushstring(L, damage_name(event->damage));
    else if (event->online)
        lua_pushliteral(L, "online");
    else
        push_result(L, event->result);
    push_text(L, event);
    lua_pushboolean(L, event->more);
    if (event->unsent > 0)
        lua_pushinteger(L, (lua_Integer)event->unsent);
    else
        lua_pushnil(L);
    return 6;
}

static int tell_line(lua_State *L, const char *kind, const struct at_event *event)
{
    lua_pushstring(L, kind);
    push_text(L, event);
    lua_pushinteger(L, (lua_Integer)event->block);
    return 3;
}

/* Pushes what the Lua side is to know of an event; 0: nothing. */
static int push_event(lua_State *L, struct lua_engine *self, const struct at_event *event)
{
    switch (event->kind) {
    case AT_EVENT_NONE:
        break;
    case AT_EVENT_INFO:
        return on_info(L, self, event);
    case AT_EVENT_FINAL:
    case AT_EVENT_DEFERRED:
        return tell_end(L, self, event);
    case AT_EVENT_URC:
        return on_urc(L, self, event);
    case AT_EVENT_BLOCK:
        return on_block(L, self, event);
    case AT_EVENT_DATA:
        return tell_line(L, "data", event);
    case AT_EVENT_GIVEN:
        lua_pushliteral(L, "given");
        return 1;
    case AT_EVENT_PROGRESS:
        lua_pushliteral(L, "progress");
        lua_pushinteger(L, (lua_Integer)event->block);
        return 2;
    case AT_EVENT_DOUBT:
        lua_pushliteral(L, "doubt");
        return 1;
    case AT_EVENT_LEFT:
        lua_pushliteral(L, "left");
        lua_pushboolean(L, event->answered);
        lua_pushboolean(L, event->ended);
        lua_pushinteger(L, (lua_Integer)event->unsent);
        return 4;
    case AT_EVENT_DAMAGE:
        lua_pushliteral(L, "damage");
        lua_getiuservalue(L, 1, USER_EVENT);
        lua_pushstring(L, damage_name(event->damage));
        return 3;
    case AT_EVENT_UNKNOWN:
        lua_pushliteral(L, "unknown");
        push_event_table(L, event);
        return 2;
    case AT_EVENT_LATE:
        return tell_line(L, "late", event);
    case AT_EVENT_OVERLONG:
        lua_pushliteral(L, "overlong");
        lua_pushinteger(L, (lua_Integer)event->length);
        return 2;
    case AT_EVENT_REBOOT:
        return tell_line(L, "reboot", event);
    case AT_EVENT_DESYNC:
        return tell_line(L, "desync", event);
    case AT_EVENT_RESYNC:
        return tell_line(L, "resync", event);
    case AT_EVENT_LOST:
        return tell_line(L, "lost", event);
    case AT_EVENT_SENT:
        return tell_line(L, "sent", event);
    case AT_EVENT_SEEN:
        return tell_line(L, "seen", event);
    }
    return 0;
}

static int next_event(lua_State *L, struct lua_engine *self, at_time now)
{
    struct at_event event;
    while (at_engine_next(&self->at, now, &event) != AT_EVENT_NONE) {
        int top = lua_gettop(L);
        int pushed = push_event(L, self, &event);
        if (pushed > 0)
            return pushed;
        lua_settop(L, top);
    }
    return 0;
}

/* Writes what there is to write. True when the port has not taken it all. */
static bool write_output(struct lua_engine *self, struct port *port, at_time now)
{
    const char *bytes;
    size_t length;
    uint64_t pending = at_engine_wants_silence(&self->at) ? port_pending(port) : 0;
    if (pending > 0)
        at_engine_waiting(&self->at, now + (at_time)pending);
    while (!self->write_failed && (length = at_engine_output(&self->at, now, &bytes)) > 0) {
        long taken = port_write(port, bytes, length);
        self->write_failed = taken == PORT_CLOSED;
        if (taken > 0)
            at_engine_sent(&self->at, (size_t)taken, now);
        if (taken != (long)length)
            return taken >= 0;
    }
    return false;
}

/* engine:push(port, now) -> blocked, deadline: writes what there is to write. blocked: wait until the port
 * takes more */
static int push(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    struct port *port = core_check_port(L, 2);
    at_time now = core_check_time(L, 3, 0);
    lua_pushboolean(L, write_output(self, port, now));
    return 1 + push_deadline(L, self, now);
}

/* Takes what has come. False: the port is closed. *length: how much that was. */
static bool read_input(struct lua_engine *self, struct port *port, long *length)
{
    *length = self->drained ? 0 : port_read(port, self->rx, sizeof self->rx);
    self->drained = false;
    if (*length == PORT_CLOSED)
        return false;
    if (*length > 0) {
        self->received += (uint64_t)*length;
        self->drained = (size_t)*length < sizeof self->rx;
        at_engine_input(&self->at, self->rx, (size_t)*length);
    }
    return true;
}

static int tell_closed(lua_State *L, const struct port *port)
{
    lua_pushliteral(L, "closed");
    lua_pushstring(L, port_reason(port));
    return 2;
}

/* engine:turn(port, now) -> kind, …: writes, reads, and gives the next event; nil, blocked, deadline when
 * there is none. "closed", reason: the port is gone. */
static int turn(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    struct port *port = core_check_port(L, 2);
    at_time now = core_check_time(L, 3, 0);
    long length;
    /* What waits in the port came before now: no time has passed without it. */
    if (self->rested) {
        self->rested = false;
        if (!read_input(self, port, &length))
            return tell_closed(L, port);
        self->drained = length < (long)sizeof self->rx;
    }
    for (;;) {
        int pushed = next_event(L, self, now);
        if (pushed > 0)
            return pushed;
        bool blocked = write_output(self, port, now);
        if (at_engine_has_event(&self->at) && (pushed = next_event(L, self, now)) > 0)
            return pushed;
        if (!read_input(self, port, &length))
            return tell_closed(L, port);
        if (length == 0) {
            self->rested = true;
            lua_pushnil(L);
            lua_pushboolean(L, blocked);
            return 2 + push_deadline(L, self, now);
        }
    }
}

/* The same without a port of ours: engine:feed(bytes), engine:next(now) -> kind, … or nil, engine:output(now)
 * -> bytes, engine:sent(count, now). All events of what was fed are to be taken before more is. */
static int feed(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, 1, USER_INPUT);
    self->received += length;
    at_engine_input(&self->at, bytes, length);
    return 0;
}

static int next(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    return next_event(L, self, core_check_time(L, 2, 0));
}

static int output(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    const char *bytes = "";
    size_t length = at_engine_output(&self->at, core_check_time(L, 2, 0), &bytes);
    lua_pushlstring(L, bytes, length);
    return 1;
}

static int sent(lua_State *L)
{
    struct lua_engine *self = check_engine(L);
    const char *bytes;
    size_t length = (size_t)luaL_checkinteger(L, 2);
    at_time now = core_check_time(L, 3, 0);
    luaL_argcheck(L, length <= at_engine_output(&self->at, now, &bytes), 2, "more than there was to send");
    if (length > 0)
        at_engine_sent(&self->at, length, now);
    return 0;
}

static const luaL_Reg methods[] = {
    {"rules", set_rules},
    {"submit", submit},
    {"cancel", cancel},
    {"sync", sync},
    {"give", give},
    {"finish", finish},
    {"leave", leave},
    {"ready", ready},
    {"hangups", set_hangups},
    {"end_data_mode", end_data_mode},
    {"speed", set_speed},
    {"echo", set_echo},
    {"observe", observe},
    {"noise", noise},
    {"times", set_times},
    {"push", push},
    {"turn", turn},
    {"feed", feed},
    {"next", next},
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
