#include "emulator/world/random.h"

/* splitmix64 */
static uint64_t next(struct emu_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

unsigned emu_random_between(struct emu_random *random, unsigned min, unsigned max)
{
    return min + (unsigned)(next(random) % ((uint64_t)max - min + 1));
}
