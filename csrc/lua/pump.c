/* Bytes between an engine and its port, and the events that come of them. The only place where an engine
 * reads from and writes to a port. */
#include "lua/engine.h"

#include "port/port.h"

#include <string.h>

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
int core_engine_deadline(lua_State *L)
{
    return push_deadline(L, core_check_engine(L), core_check_time(L, 2, 0));
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
int core_engine_push(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    struct port *port = core_check_port(L, 2);
    at_time now = core_check_time(L, 3, 0);
    lua_pushboolean(L, write_output(self, port, now));
    return 1 + push_deadline(L, self, now);
}

/* Keeps the last HEARD_MAX bytes of input. */
static void keep_heard(struct core_engine *self, const char *bytes, size_t length)
{
    if (length > HEARD_MAX) {
        bytes += length - HEARD_MAX;
        length = HEARD_MAX;
    }
    size_t room = HEARD_MAX - self->heard_length;
    if (length > room) {
        self->heard_length -= length - room;
        memmove(self->heard, self->heard + (length - room), self->heard_length);
    }
    memcpy(self->heard + self->heard_length, bytes, length);
    self->heard_length += length;
}

static void take_input(struct core_engine *self, const char *bytes, size_t length)
{
    self->received += (uint64_t)length;
    self->input_left = true;
    if (self->heard != NULL)
        keep_heard(self, bytes, length);
    at_engine_input(self->at, bytes, length);
}

/* Reads from the port. False: the port is closed. *length: number of bytes. */
static bool read_input(struct core_engine *self, struct port *port, long *length)
{
    *length = self->input_drained ? 0 : port_read(port, self->rx, sizeof self->rx);
    self->input_drained = false;
    if (*length == PORT_CLOSED)
        return false;
    if (*length > 0) {
        self->input_drained = (size_t)*length < sizeof self->rx;
        take_input(self, self->rx, (size_t)*length);
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
int core_engine_pump(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
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
int core_engine_feed(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    if (self->input_left)
        return luaL_error(L, "events of the bytes before are left; take them first");
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, 1, USER_INPUT);
    self->idle = false; /* pump() is not to read over them */
    take_input(self, bytes, length);
    return 0;
}

int core_engine_next_event(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    return push_next_event(L, self, core_check_time(L, 2, 0));
}

int core_engine_output(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    const char *bytes = "";
    size_t length = at_engine_output(self->at, core_check_time(L, 2, 0), &bytes);
    lua_pushlstring(L, bytes, length);
    return 1;
}

int core_engine_sent(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    const char *bytes;
    size_t length = (size_t)luaL_checkinteger(L, 2);
    at_time now = core_check_time(L, 3, 0);
    luaL_argcheck(L, length <= at_engine_output(self->at, now, &bytes), 2, "more than there was to send");
    if (length > 0)
        at_engine_sent(self->at, length, now);
    return 0;
}

/* engine:hear(): from now on the last 64 KiB of input are kept as they came, with the blank lines and spaces
 * that the engine takes no notice of */
int core_engine_hear(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    char *room = lua_newuserdatauv(L, HEARD_MAX, 0);
    lua_setiuservalue(L, 1, USER_HEARD);
    self->heard = room;
    self->heard_length = 0;
    return 0;
}

/* engine:heard() -> input since hear() or the last call */
int core_engine_heard(lua_State *L)
{
    struct core_engine *self = core_check_engine(L);
    lua_pushlstring(L, self->heard_length > 0 ? self->heard : "", self->heard_length);
    self->heard_length = 0;
    return 1;
}
