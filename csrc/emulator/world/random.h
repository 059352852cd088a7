/* Numbers that a seed decides. */
#ifndef EMU_WORLD_RANDOM_H
#define EMU_WORLD_RANDOM_H

#include <stdint.h>

struct emu_random {
    uint64_t state;
};

/* One of least..most. */
unsigned emu_random_between(struct emu_random *random, unsigned min, unsigned max);

#endif
