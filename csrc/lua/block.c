#include "lua/block.h"

#include "lua/core.h"

#include <string.h>

enum {
    FIRST_SIZE = 2048
};

void core_block_free(lua_State *L, struct core_block *block)
{
    struct at_alloc alloc = core_alloc(L);
    if (block->bytes != NULL)
        alloc.resize(alloc.context, block->bytes, block->size, 0);
    block->bytes = NULL;
}

void core_block_set_sink(struct core_block *block, struct core_file *sink)
{
    block->sink = sink;
    block->received = 0;
}

void core_block_begin(struct core_block *block, enum core_block_owner owner, const struct at_event *event)
{
    block->owner = owner;
    block->length = 0;
    block->remaining = event->block;
    block->command = event->command;
}

static bool gather(lua_State *L, struct core_block *block, const char *bytes, size_t length)
{
    if (block->length + length > block->size) {
        struct at_alloc alloc = core_alloc(L);
        size_t size = block->size == 0 ? FIRST_SIZE : block->size;
        while (size < block->length + length)
            size *= 2;
        char *grown = alloc.resize(alloc.context, block->bytes, block->size, size);
        if (grown == NULL)
            return false;
        block->bytes = grown;
        block->size = size;
    }
    memcpy(block->bytes + block->length, bytes, length);
    block->length += length;
    return true;
}

bool core_block_append(lua_State *L, struct core_block *block, const struct at_event *event)
{
    block->remaining = event->block;
    if (block->owner == CORE_BLOCK_RESPONSE)
        block->received += event->length;
    if (block->owner != CORE_BLOCK_RESPONSE || block->sink == NULL)
        return gather(L, block, event->text, event->length);
    core_file_write(block->sink, event->text, event->length);
    return true;
}

void core_block_hand_over(lua_State *L, struct core_block *block)
{
    if (block->owner == CORE_BLOCK_RESPONSE && block->sink != NULL) {
        lua_pushinteger(L, (lua_Integer)block->received);
        lua_setfield(L, -2, "received");
    } else {
        lua_pushlstring(L, block->bytes != NULL ? block->bytes : "", block->length);
        lua_setfield(L, -2, "data");
    }
    if (block->remaining > 0 && block->remaining != AT_UNKNOWN_LENGTH) {
        lua_pushinteger(L, (lua_Integer)block->remaining);
        lua_setfield(L, -2, "missing");
    }
    block->owner = CORE_BLOCK_NOBODY;
}
