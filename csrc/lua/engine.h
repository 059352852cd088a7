/* The engine as Lua sees it: what its files share. */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include "lua/block.h"
#include "lua/core.h"

#include "at/at.h"

/* User values of the engine. */
enum {
    USER_RULES = 1,
    USER_RESPONSES,   /* response tables by their places */
    USER_DATA,        /* the string being sent as data of the command in flight, or the file */
    USER_ONLINE_DATA, /* the string given for data mode; it may be on its way while commands go on */
    USER_INPUT,       /* the string last fed */
    USER_EVENT,       /* the URC whose block is coming in, or was the last to come */
    USER_SINK,        /* the file that the block of the command in flight goes to */
    USER_VALUES = USER_SINK,
};

enum {
    RX_SIZE = 8192,
    RESPONSE_SLOTS = AT_DEFERRED_MAX + 2 /* commands that are not over yet, with one to spare */
};

struct core_engine {
    struct at_engine *at;     /* NULL: closed */
    struct core_rules *rules; /* that it uses */
    bool input_drained;       /* the last read took all there was */
    bool idle;                /* pump() had nothing to do: what has come since has not been looked for */
    bool write_failed;        /* the port takes no more; what can still be read is read */
    uint64_t received;
    uint32_t commands[RESPONSE_SLOTS]; /* by the places of their response tables; 0: the place is free */
    struct at_source source;
    struct at_memory memory;
    struct core_block block;
    char rx[RX_SIZE];
};

/* In responses.c: the response tables of commands that are not over. The engine is at index 1. */
void core_keep_response(lua_State *L, struct core_engine *self, uint32_t command, int index);
void core_push_response(lua_State *L, const struct core_engine *self, uint32_t command); /* or nil */
void core_forget_response(lua_State *L, struct core_engine *self, uint32_t command);

/* In events.c: pushes what Lua is to know of an event, and returns how many values; 0: nothing. What came is
 * gathered into the response table of the command that it answers. The engine is at index 1. */
int core_push_event(lua_State *L, struct core_engine *self, const struct at_event *event);

#endif
