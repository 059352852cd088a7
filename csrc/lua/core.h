/* What the files of csrc/lua share. The module `hayes.core` is private to the Lua side of the library: verbs
 * that never block, thin over csrc/at and csrc/port. Times are seconds of the monotonic clock, handed in by
 * the caller. */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "at/at.h"

#include <lauxlib.h>
#include <lua.h>

struct at_rules;
struct port;

#define CORE_ENGINE  "hayes.engine"
#define CORE_PORT    "hayes.port"
#define CORE_RULES   "hayes.rules"
#define CORE_POLLSET "hayes.pollset"
#define CORE_SIGNAL  "hayes.signal"
#define CORE_FILE    "hayes.file"

/* Each makes its metatable and leaves its constructor functions in the module table on top of the stack. */
void core_open_rules(lua_State *L);
void core_open_engine(lua_State *L);
void core_open_port(lua_State *L);
void core_open_pollset(lua_State *L);
void core_open_signal(lua_State *L);
void core_open_file(lua_State *L);
void core_open_path(lua_State *L);

/* Lua's own allocator, so that the engine's memory counts as the state's. */
struct at_alloc core_alloc(lua_State *L);

/* A new metatable of that name with these methods, left in the registry only. It is the first upvalue of each
 * method. */
void core_class(lua_State *L, const char *name, const luaL_Reg *methods);

/* For methods of a class: their first argument, or an error if it is not of that class. */
void *core_self(lua_State *L, const char *name);

/* Seconds as microseconds; nil is `otherwise`. */
at_time core_check_time(lua_State *L, int index, at_time otherwise);

/* Seconds of the monotonic clock. */
lua_Number core_now(void);

const struct at_rules *core_check_rules(lua_State *L, int index);

/* Rules that an engine uses outlive their own finalizer. lua_close runs finalizers in reverse order of
 * creation, and a later finalizer may still use the engine. */
struct core_rules;
struct core_rules *core_retain_rules(lua_State *L, int index);
void core_release_rules(struct core_rules *rules);

/* The name under which events of this rule are told, pushed. `index`: the rules. */
void core_push_rule_name(lua_State *L, int index, int rule);

/* The open port, or an error that says it is closed. */
struct port *core_check_port(lua_State *L, int index);

/* Pushes nil, the system's error message for an error number, and a token for programs (nil if there is
 * none); returns 3. */
int core_push_failure(lua_State *L, int number);

/* The fields of a text (behind its prefix) as a new list: integers where they are plain decimal numbers,
 * strings otherwise, "" where they are empty. */
void core_push_fields(lua_State *L, const char *text, size_t length);

#endif
