/* A FIFO of bytes with a fixed size, used as the bounded buffer of connections. */
#ifndef EMU_LINE_RING_H
#define EMU_LINE_RING_H

#include <stddef.h>

/* Owns its memory from emu_ring_init to emu_ring_free. All zero is an empty ring without room. */
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

/* Returns the longest contiguous free space; emu_ring_filled tells how much of it was written. */
size_t emu_ring_space(struct emu_ring *ring, char **at);
void emu_ring_filled(struct emu_ring *ring, size_t length);

/* Returns the longest contiguous run of bytes; emu_ring_drop removes bytes from the front. */
size_t emu_ring_peek(const struct emu_ring *ring, const char **at);
void emu_ring_drop(struct emu_ring *ring, size_t length);

/* Writes as much as there is room for and returns that number. */
size_t emu_ring_write(struct emu_ring *ring, const char *bytes, size_t length);

#endif
