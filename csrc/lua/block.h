/* A block on its way to Lua: gathered until it is whole, or written to a file as it comes. */
#ifndef CORE_BLOCK_H
#define CORE_BLOCK_H

#include "at/at.h"
#include "lua/file.h"

enum core_block_owner {
    CORE_BLOCK_NOBODY,   /* it is thrown away */
    CORE_BLOCK_RESPONSE, /* of a command */
    CORE_BLOCK_EVENT,    /* of a URC */
};

/* All zero is one that nobody owns; core_block_free gives its memory back. */
struct core_block {
    enum core_block_owner owner;
    uint32_t command; /* whose response */
    char *bytes;
    size_t length, size;
    uint64_t remaining;     /* announced and not yet here; or AT_UNKNOWN_LENGTH */
    struct core_file *sink; /* of responses: written there, not gathered; NULL: gathered */
    uint64_t received;      /* of the response */
};

void core_block_free(lua_State *L, struct core_block *block);

/* The responses of the next command go there; NULL: they are gathered. */
void core_block_set_sink(struct core_block *block, struct core_file *sink);

/* The event announces it. */
void core_block_begin(struct core_block *block, enum core_block_owner owner, const struct at_event *event);

/* Takes bytes of it. False when there is no memory for them. */
bool core_block_append(lua_State *L, struct core_block *block, const struct at_event *event);

/* Puts it into the table on top of the stack: the field `data` (or `received`), and `missing` if
 * fewer bytes came than were announced. Nobody owns it then. */
void core_block_hand_over(lua_State *L, struct core_block *block);

#endif
