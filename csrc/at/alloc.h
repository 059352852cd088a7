/* Memory for the engine: handed in, so that a host can count it, bound it or make it fail on purpose. */
#ifndef AT_ALLOC_H
#define AT_ALLOC_H

#include <stddef.h>

/* The contract of lua_Alloc: size 0 frees and gives NULL; NULL for any other size means that there is none,
 * and the old block is still good. */
struct at_alloc {
    void *(*resize)(void *context, void *block, size_t old_size, size_t size);
    void *context;
};

static inline void *at_resize(const struct at_alloc *alloc, void *block, size_t old_size, size_t size)
{
    return alloc->resize(alloc->context, block, old_size, size);
}

#endif
