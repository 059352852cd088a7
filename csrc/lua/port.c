#include "lua/core.h"

#include "port/listen.h"
#include "port/port.h"
#include "port/ports.h"
#include "port/pty.h"

struct core_port {
    struct port *port; /* NULL: closed */
};

struct port *core_check_port(lua_State *L, int index)
{
    struct core_port *self = luaL_checkudata(L, index, CORE_PORT);
    if (self->port == NULL)
        luaL_error(L, "the port is closed");
    return self->port;
}

const char *core_problem_name(const struct port_error *error)
{
    switch (error->problem) {
    case PORT_NO_SUCH_PORT:
        return "no_such_port";
    case PORT_BUSY:
        return "port_busy";
    case PORT_NO_PERMISSION:
        return "permission_denied";
    case PORT_BAD_SPEED:
        return "unsupported_speed";
    case PORT_BAD_ADDRESS:
        return "bad_address";
    case PORT_REFUSED:
        return "connection_refused";
    case PORT_FAILED:
        break;
    }
    return "port_failed";
}

static struct core_port *push_closed_port(lua_State *L)
{
    struct core_port *self = lua_newuserdatauv(L, sizeof *self, 0);
    self->port = NULL;
    luaL_setmetatable(L, CORE_PORT);
    return self;
}

void core_push_client(lua_State *L, int listener)
{
    struct core_port *self = push_closed_port(L);
    self->port = port_accept(listener);
    if (self->port == NULL)
        lua_pushnil(L);
}

/* open_port(address, baud, flow) -> port, or nil, name of the problem, the system's message */
static int open_port(lua_State *L)
{
    static const char *const flows[] = {"none", "rtscts", "xonxoff", NULL};
    struct port_error error;
    const char *address = luaL_checkstring(L, 1);
    struct port_options options = {
        .baud = (uint32_t)luaL_checkinteger(L, 2),
        .flow = (enum port_flow)luaL_checkoption(L, 3, "none", flows),
    };
    struct core_port *self = push_closed_port(L);
    self->port = port_open(address, &options, &error);
    if (self->port != NULL)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, core_problem_name(&error));
    lua_pushstring(L, error.text);
    return 3;
}

/* open_pty() -> port, path of its other end; or nil, name of the problem, the system's message */
static int open_pty(lua_State *L)
{
    struct port_error error;
    char path[128];
    struct core_port *self = push_closed_port(L);
    self->port = port_open_pty(path, sizeof path, &error);
    if (self->port != NULL) {
        lua_pushstring(L, path);
        return 2;
    }
    lua_pushnil(L);
    lua_pushstring(L, core_problem_name(&error));
    lua_pushstring(L, error.text);
    return 3;
}

/* port:close(); may be called again */
static int close_port(lua_State *L)
{
    struct core_port *self = luaL_checkudata(L, 1, CORE_PORT);
    if (self->port != NULL)
        port_close(self->port);
    self->port = NULL;
    return 0;
}

/* port:fd() -> descriptor */
static int fd(lua_State *L)
{
    lua_pushinteger(L, port_fd(core_check_port(L, 1)));
    return 1;
}

/* port:read() -> bytes ("" when there are none now), or nil, reason */
static int read_bytes(lua_State *L)
{
    char buffer[4096];
    struct port *port = core_check_port(L, 1);
    long length = port_read(port, buffer, sizeof buffer);
    if (length != PORT_CLOSED) {
        lua_pushlstring(L, buffer, (size_t)length);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, port_reason(port));
    return 2;
}

/* port:write(bytes) -> number of bytes accepted, or nil, reason */
static int write_bytes(lua_State *L)
{
    size_t length;
    struct port *port = core_check_port(L, 1);
    const char *bytes = luaL_checklstring(L, 2, &length);
    long taken = port_write(port, bytes, length);
    if (taken != PORT_CLOSED) {
        lua_pushinteger(L, taken);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, port_reason(port));
    return 2;
}

/* port:dtr(on), port:rts(on), port:baud(number) -> done; false if the port has no such line or speed */
static int dtr(lua_State *L)
{
    lua_pushboolean(L, port_set_dtr(core_check_port(L, 1), lua_toboolean(L, 2)));
    return 1;
}

static int rts(lua_State *L)
{
    lua_pushboolean(L, port_set_rts(core_check_port(L, 1), lua_toboolean(L, 2)));
    return 1;
}

static int baud(lua_State *L)
{
    lua_pushboolean(L, port_set_baud(core_check_port(L, 1), (uint32_t)luaL_checkinteger(L, 2)));
    return 1;
}

static void set_number(lua_State *L, const char *name, int number)
{
    if (number < 0)
        return;
    lua_pushinteger(L, number);
    lua_setfield(L, -2, name);
}

/* Appends a table about a port to the list; the arguments are the list and the port. */
static int append_info(lua_State *L)
{
    const struct port_info *info = lua_touserdata(L, 2);
    lua_createtable(L, 0, 6);
    lua_pushstring(L, info->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, info->description);
    lua_setfield(L, -2, "description");
    lua_pushstring(L, info->serial);
    lua_setfield(L, -2, "serial");
    set_number(L, "vid", info->vid);
    set_number(L, "pid", info->pid);
    set_number(L, "interface", info->interface);
    lua_rawseti(L, 1, (lua_Integer)lua_rawlen(L, 1) + 1);
    return 0;
}

struct listing {
    lua_State *L;
    int status; /* of the first call that failed, whose error is on top of the stack */
};

/* The list of the system is freed even if there is no memory for ours. */
static void on_info(void *context, const struct port_info *info)
{
    struct listing *listing = context;
    if (listing->status != LUA_OK)
        return;
    lua_pushcfunction(listing->L, append_info);
    lua_pushvalue(listing->L, 1);
    lua_pushlightuserdata(listing->L, (void *)info);
    listing->status = lua_pcall(listing->L, 2, 0, 0);
}

/* list_ports() -> list of { name, description, serial, vid, pid, interface }, or nil if this build cannot
 * list them */
static int list_ports(lua_State *L)
{
    struct listing listing = {.L = L, .status = LUA_OK};
    lua_settop(L, 0);
    lua_newtable(L);
    bool known = port_list(on_info, &listing);
    if (listing.status != LUA_OK)
        return lua_error(L);
    if (!known)
        lua_pushnil(L);
    return 1;
}

static const luaL_Reg methods[] = {
    {"close", close_port}, {"fd", fd},     {"read", read_bytes}, {"write", write_bytes},  {"dtr", dtr},
    {"rts", rts},          {"baud", baud}, {"__gc", close_port}, {"__close", close_port}, {NULL, NULL},
};

void core_open_port(lua_State *L)
{
    core_class(L, CORE_PORT, methods);
    lua_pushcfunction(L, open_port);
    lua_setfield(L, -2, "open_port");
    lua_pushcfunction(L, open_pty);
    lua_setfield(L, -2, "open_pty");
    lua_pushcfunction(L, list_ports);
    lua_setfield(L, -2, "list_ports");
}
