/* A block on its way to Lua: collected in memory until it is complete, or written to a file as it arrives. */
#ifndef CORE_BLOCK_H
#define CORE_BLOCK_H

#include "at/at.h"
#include "lua/file.h"

enum core_block_owner {
    CORE_BLOCK_NOBODY,   /* its bytes are discarded */
    CORE_BLOCK_RESPONSE, /* the response to a command */
    CORE_BLOCK_EVENT,    /* a URC */
};

/* When zero-initialised, it has no owner. Free its memory with core_block_free. */
struct core_block {
    enum core_block_owner owner;
    uint32_t command; /* the command, if it belongs to a response */
    char *bytes;
    size_t length, size;
    uint64_t remaining;     /* bytes still to come, or AT_UNKNOWN_LENGTH */
    struct core_file *sink; /* responses: the file to write to; NULL: collect in memory */
    uint64_t received;      /* responses: bytes so far */
};

void core_block_free(lua_State *L, struct core_block *block);

/* Writes the response to the next command to this file; NULL: collects it in memory. */
void core_block_set_sink(struct core_block *block, struct core_file *sink);

/* Starts the block that the event announces. */
void core_block_begin(struct core_block *block, enum core_block_owner owner, const struct at_event *event);

/* Appends the bytes of the event. False when there is no memory for them. */
bool core_block_append(lua_State *L, struct core_block *block, const struct at_event *event);

/* Stores the block in the table on top of the stack, as the field `data` (or `received`, with a sink), and
 * `missing` if fewer bytes arrived than were announced. Afterwards it has no owner. */
void core_block_hand_over(lua_State *L, struct core_block *block);

#endif
