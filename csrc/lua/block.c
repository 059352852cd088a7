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
        at_resize(&alloc, block->bytes, block->size, 0);
    block->bytes = NULL;
}

void core_block_set_sink(struct core_block *block, struct core_file *sink)
{
    block->sink = sink;
    block->received = 0;
    block->tail_length = 0;
}

void core_block_begin(struct core_block *block, enum core_block_owner owner, const struct at_event *event)
{
    block->owner = owner;
    block->length = 0;
    block->left = event->block;
    block->command = event->command;
}

static bool gather(lua_State *L, struct core_block *block, const char *bytes, size_t length)
{
    if (block->length + length > block->size) {
        struct at_alloc alloc = core_alloc(L);
        size_t size = block->size == 0 ? FIRST_SIZE : block->size;
        while (size < block->length + length)
            size *= 2;
        char *grown = at_resize(&alloc, block->bytes, block->size, size);
        if (grown == NULL)
            return false;
        block->bytes = grown;
        block->size = size;
    }
    memcpy(block->bytes + block->length, bytes, length);
    block->length += length;
    return true;
}

static void keep_tail(struct core_block *block, const char *bytes, size_t length)
{
    if (length >= CORE_BLOCK_TAIL) {
        memcpy(block->tail, bytes + length - CORE_BLOCK_TAIL, CORE_BLOCK_TAIL);
        block->tail_length = CORE_BLOCK_TAIL;
        return;
    }
    size_t room = CORE_BLOCK_TAIL - length;
    size_t kept = block->tail_length < room ? block->tail_length : room;
    memmove(block->tail, block->tail + block->tail_length - kept, kept);
    memcpy(block->tail + kept, bytes, length);
    block->tail_length = kept + length;
}

bool core_block_take(lua_State *L, struct core_block *block, const struct at_event *event)
{
    block->left = event->block;
    if (block->owner == CORE_BLOCK_RESPONSE)
        block->received += event->length;
    if (block->owner != CORE_BLOCK_RESPONSE || block->sink == NULL)
        return gather(L, block, event->text, event->length);
    keep_tail(block, event->text, event->length);
    core_file_write(block->sink, event->text, event->length);
    return true;
}

const char *core_block_tail(const struct core_block *block, size_t *length)
{
    if (block->sink != NULL) {
        *length = block->tail_length;
        return block->tail;
    }
    *length = block->length < CORE_BLOCK_TAIL ? block->length : CORE_BLOCK_TAIL;
    return block->bytes != NULL ? block->bytes + (block->length - *length) : "";
}

bool core_block_is_coming(const struct core_block *block)
{
    return block->owner == CORE_BLOCK_RESPONSE && block->left > 0;
}

void core_block_cut(struct core_block *block, size_t count)
{
    block->left += count;
    block->received -= count;
    if (block->sink != NULL)
        block->tail_length -= count;
    else
        block->length -= count;
}

void core_block_hand_over(lua_State *L, struct core_block *block)
{
    if (block->owner == CORE_BLOCK_RESPONSE && block->sink != NULL) {
        lua_pushinteger(L, (lua_Integer)block->received);
        lua_setfield(L, -2, "received");
        lua_pushlstring(L, block->tail, block->tail_length);
        lua_setfield(L, -2, "tail");
    } else {
        lua_pushlstring(L, block->bytes != NULL ? block->bytes : "", block->length);
        lua_setfield(L, -2, "data");
    }
    if (block->left > 0) {
        lua_pushinteger(L, (lua_Integer)block->left);
        lua_setfield(L, -2, "missing");
    }
    block->owner = CORE_BLOCK_NOBODY;
}
