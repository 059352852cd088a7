/* Shared by the files of csrc/lua. The module `hayes.core` is private to the Lua side of the library: a thin
 * layer over csrc/at and csrc/port whose functions never block. Times are seconds of the monotonic clock and
 * are supplied by the caller. */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "at/at.h"

#include <lauxlib.h>
#include <lua.h>

struct at_rules;
struct port;
struct port_error;

#define CORE_ENGINE   "hayes.engine"
#define CORE_PORT     "hayes.port"
#define CORE_RULES    "hayes.rules"
#define CORE_POLLSET  "hayes.pollset"
#define CORE_SIGNAL   "hayes.signal"
#define CORE_FILE     "hayes.file"
#define CORE_LISTENER "hayes.listener"

/* Each creates its metatable and adds its constructors to the module table on top of the stack. */
void core_open_rules(lua_State *L);
void core_open_engine(lua_State *L);
void core_open_port(lua_State *L);
void core_open_pollset(lua_State *L);
void core_open_signal(lua_State *L);
void core_open_descriptor(lua_State *L);
void core_open_file(lua_State *L);
void core_open_path(lua_State *L);
void core_open_folder(lua_State *L);
void core_open_interrupt(lua_State *L);
void core_open_listener(lua_State *L);
void core_open_terminal(lua_State *L);
void core_open_at_exit(lua_State *L);

/* Lua's own allocator, so that the memory of engines counts as the state's. */
struct at_alloc core_alloc(lua_State *L);

/* Raises what Lua raises when an allocation has failed. */
int core_no_memory(lua_State *L);

/* Registers a metatable of this name with these methods. It is the first upvalue of each method. */
void core_class(lua_State *L, const char *name, const luaL_Reg *methods);

/* For methods of a class: returns the first argument, or raises an error if it is of another class. */
void *core_self(lua_State *L, const char *name);

/* Converts seconds to microseconds; nil becomes `otherwise`. A time that is too far away becomes AT_NEVER if
 * nil does, and raises an error otherwise. */
at_time core_check_time(lua_State *L, int index, at_time otherwise);

/* Seconds of the monotonic clock. */
lua_Number core_now(void);

const struct at_rules *core_check_rules(lua_State *L, int index);

/* Rules that an engine uses outlive their own finalizer: lua_close runs finalizers in reverse order of
 * creation, and a later one may still use the engine. */
struct core_rules;
struct core_rules *core_retain_rules(lua_State *L, int index);
void core_release_rules(struct core_rules *rules);

/* Pushes the name of the events of this rule. `index`: stack index of the rules. */
void core_push_rule_name(lua_State *L, int index, int rule);

/* Accepts a client of the listening descriptor and pushes the port to it; nil: there is no client. */
void core_push_client(lua_State *L, int listener);

/* The name of a problem with a port, as errors have it: `port_busy`. */
const char *core_problem_name(const struct port_error *error);

/* Returns the open port; raises an error if it is closed. */
struct port *core_check_port(lua_State *L, int index);

/* Pushes nil, the system's message for an error number, and a name for the error (nil if it has none).
 * Returns 3. */
int core_push_failure(lua_State *L, int number);

/* Pushes the fields of the text after a prefix as a new list. Plain decimal numbers become integers,
 * everything else strings; empty fields become "". */
void core_push_fields(lua_State *L, const char *text, size_t length);

#endif
