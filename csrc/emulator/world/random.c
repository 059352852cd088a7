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

double emu_random_real(struct emu_random *random)
{
    return (double)(next(random) >> 11) * 0x1p-53;
}

struct emu_random emu_random_for(uint64_t seed, const char *purpose, uint64_t number)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15u;
    for (; *purpose; purpose++)
        state = (state ^ (unsigned char)*purpose) * 0x100000001b3u;
    return (struct emu_random){(state ^ number) * 0xd1b54a32d192ed03u};
}
