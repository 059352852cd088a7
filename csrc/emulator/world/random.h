/* Random numbers determined by a seed. */
#ifndef EMU_WORLD_RANDOM_H
#define EMU_WORLD_RANDOM_H

#include <stdint.h>

struct emu_random {
    uint64_t state;
};

/* Returns a number from min to max. */
unsigned emu_random_between(struct emu_random *random, unsigned min, unsigned max);

#endif
