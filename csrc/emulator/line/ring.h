/* A first-in first-out queue of bytes with a fixed size: what gives connections their bounded buffers. */
#ifndef EMU_LINE_RING_H
#define EMU_LINE_RING_H

#include <stddef.h>

/* Owns its memory from emu_ring_init to emu_ring_free; all zero is an empty ring without room. */
struct emu_ring {
    char *bytes;
    size_t size;
    size_t start;
    size_t used;
};

void emu_ring_init(struct emu_ring *ring, size_t size);
void emu_ring_free(struct emu_ring *ring);

static inline size_t emu_ring_room(const struct emu_ring *ring)
{
    return ring->size - ring->used;
}

/* The longest run of room that lies in one piece; emu_ring_filled tells how much of it was then written. */
size_t emu_ring_space(struct emu_ring *ring, char **at);
void emu_ring_filled(struct emu_ring *ring, size_t length);

/* The longest run of bytes that lies in one piece; emu_ring_drop takes bytes off the front. */
size_t emu_ring_peek(const struct emu_ring *ring, const char **at);
void emu_ring_drop(struct emu_ring *ring, size_t length);

/* As many as there is room for; returns how many. */
size_t emu_ring_write(struct emu_ring *ring, const char *bytes, size_t length);

#endif
