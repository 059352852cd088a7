#include "at/internal.h"

#include <string.h>

enum {
    ALIGNMENT = sizeof(union {
        long long number;
        void *pointer;
        double real;
    })
};

static void *resize(void *context, void *block, size_t old_size, size_t size)
{
    struct at_arena *arena = context;
    size_t old = (old_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    size_t wanted = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    bool is_last = block != NULL && (unsigned char *)block + old == arena->memory + arena->used;
    size_t used = is_last ? arena->used - old : arena->used;
    if (size == 0) {
        arena->used = used;
        return NULL;
    }
    if (wanted < size || wanted > arena->size - used)
        return NULL;
    void *place = is_last ? block : arena->memory + used;
    if (block != NULL && !is_last)
        memcpy(place, block, old_size < size ? old_size : size);
    arena->used = used + wanted;
    return place;
}

struct at_alloc at_arena_alloc(struct at_arena *arena)
{
    return (struct at_alloc){.resize = resize, .context = arena};
}
