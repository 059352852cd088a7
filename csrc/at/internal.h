/* Shared by all files of the engine. Hosts include at/at.h only. */
#ifndef AT_INTERNAL_H
#define AT_INTERNAL_H

#include "at/at.h"

static inline void *at_resize(const struct at_alloc *alloc, void *block, size_t old_size, size_t size)
{
    return alloc->resize(alloc->context, block, old_size, size);
}

static inline at_time at_earlier(at_time a, at_time b)
{
    return a < b ? a : b;
}

#endif
