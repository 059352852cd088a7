#include "emulator/line/ring.h"

#include "emulator/alloc.h"

#include <stdlib.h>
#include <string.h>

void emu_ring_init(struct emu_ring *ring, size_t size)
{
    *ring = (struct emu_ring){.bytes = emu_alloc(size), .size = size};
}

void emu_ring_free(struct emu_ring *ring)
{
    free(ring->bytes);
    *ring = (struct emu_ring){0};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t emu_ring_space(struct emu_ring *ring, char **at)
{
    size_t end = ring->start + ring->used;
    if (end >= ring->size)
        end -= ring->size;
    *at = ring->bytes + end;
    return smaller(emu_ring_room(ring), ring->size - end);
}

void emu_ring_filled(struct emu_ring *ring, size_t length)
{
    ring->used += length;
}

size_t emu_ring_peek(const struct emu_ring *ring, const char **at)
{
    *at = ring->bytes + ring->start;
    return smaller(ring->used, ring->size - ring->start);
}

void emu_ring_drop(struct emu_ring *ring, size_t length)
{
    ring->used -= length;
    ring->start += length;
    if (ring->start >= ring->size)
        ring->start -= ring->size;
    if (ring->used == 0)
        ring->start = 0;
}

size_t emu_ring_write(struct emu_ring *ring, const char *bytes, size_t length)
{
    size_t written = 0;
    while (written < length) {
        char *at;
        size_t part = smaller(emu_ring_space(ring, &at), length - written);
        if (part == 0)
            break;
        memcpy(at, bytes + written, part);
        emu_ring_filled(ring, part);
        written += part;
    }
    return written;
}
