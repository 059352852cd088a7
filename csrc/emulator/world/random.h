/* Random numbers determined by a seed. */
#ifndef EMU_WORLD_RANDOM_H
#define EMU_WORLD_RANDOM_H

#include <stdint.h>

struct emu_random {
    uint64_t state;
};

/* A stream of its own for each purpose and number. */
struct emu_random emu_random_for(uint64_t seed, const char *purpose, uint64_t number);

/* Returns a number from min to max. */
unsigned emu_random_between(struct emu_random *random, unsigned min, unsigned max);

/* Returns a number from 0 to less than 1. */
double emu_random_real(struct emu_random *random);

#endif
