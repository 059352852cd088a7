/* The engine for Lua: declarations shared by engine.c, submit.c, pump.c, events.c and responses.c. */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include "lua/block.h"
#include "lua/core.h"

#include "at/at.h"

/* User values of the engine, which keep what it borrows alive. */
enum {
    USER_RULES = 1,
    USER_RESPONSES,   /* response tables by slot */
    USER_DATA,        /* data of the command in flight: a string or a file */
    USER_ONLINE_DATA, /* string for data mode; it may still be in use when commands run again */
    USER_INPUT,       /* string passed to feed() */
    USER_EVENT,       /* event of the last URC with a block */
    USER_SINK,        /* file for the block of the command in flight */
    USER_HEARD,       /* room for the input that is kept for heard() */
    USER_VALUES = USER_HEARD,
};

enum {
    RX_SIZE = 8192,
    HEARD_MAX = 65536,                   /* input that is kept: no answer that is looked at is longer */
    RESPONSE_SLOTS = AT_DEFERRED_MAX + 2 /* commands in progress, with one to spare */
};

struct core_engine {
    struct at_engine *at;     /* NULL: closed */
    struct core_rules *rules; /* the rules in use */
    bool input_drained;       /* the last read emptied the port */
    bool idle;                /* the last pump() found nothing to do; input may have arrived since */
    bool input_left;   /* at_engine_next has not returned NONE since the last input, which is borrowed */
    bool write_failed; /* the port accepts no more output; input that is left is still read */
    uint64_t received;
    char *heard; /* the last input, as it came; NULL: it is not kept */
    size_t heard_length;
    uint32_t commands[RESPONSE_SLOTS]; /* by the slots of their response tables; 0: free */
    struct at_source source;
    struct at_memory memory;
    struct core_block block;
    char rx[RX_SIZE];
};

/* In engine.c: returns the first argument. Raises an error after the engine's finalizer: a later finalizer of
 * a closing state may still use it. */
struct core_engine *core_check_engine(lua_State *L);

/* In engine.c: converts seconds to milliseconds; nil becomes 0. */
uint32_t core_check_milliseconds(lua_State *L, int index);

/* In submit.c: methods. */
int core_engine_submit(lua_State *L);
int core_engine_refusal(lua_State *L);
int core_engine_cancel(lua_State *L);

/* In pump.c: methods. */
int core_engine_push(lua_State *L);
int core_engine_pump(lua_State *L);
int core_engine_deadline(lua_State *L);
int core_engine_feed(lua_State *L);
int core_engine_next_event(lua_State *L);
int core_engine_output(lua_State *L);
int core_engine_sent(lua_State *L);
int core_engine_hear(lua_State *L);
int core_engine_heard(lua_State *L);

/* In responses.c: the response tables of commands in progress. The engine is at stack index 1. */
void core_keep_response(lua_State *L, struct core_engine *self, uint32_t command, int index);
void core_push_response(lua_State *L, const struct core_engine *self, uint32_t command); /* or nil */
void core_forget_response(lua_State *L, struct core_engine *self, uint32_t command);

/* In events.c: pushes an event for Lua and returns the number of values; 0: there is nothing to report,
 * because an answer is collected in the command's response table. The engine is at stack index 1. */
int core_push_event(lua_State *L, struct core_engine *self, const struct at_event *event);

#endif
