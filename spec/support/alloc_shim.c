/* Lets allocations fail, for the specs of what the library does then. Preloaded; not part of the library.
 *
 * A program sets it with os.getenv("ALLOC_SHIM:n:width"): the n-th call of realloc() from now on fails, and
 * so do those behind it, width in all; it gives whether one has failed since the last time. Lua collects
 * garbage when one has failed, and tries once more. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long left_until = -1, left_to_fail;
static int has_failed;

void *realloc(void *block, size_t size)
{
    static void *(*real_realloc)(void *, size_t);
    if (real_realloc == NULL)
        real_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
    if (size > 0 && left_until == 0 && left_to_fail > 0) {
        left_to_fail--;
        has_failed = 1;
        return NULL;
    }
    if (size > 0 && left_until > 0)
        left_until--;
    return real_realloc(block, size);
}

char *getenv(const char *name)
{
    static char *(*real_getenv)(const char *);
    static char failed[32];
    if (real_getenv == NULL)
        real_getenv = (char *(*)(const char *))dlsym(RTLD_NEXT, "getenv");
    long until = 0, width = 0;
    if (sscanf(name, "ALLOC_SHIM:%ld:%ld", &until, &width) != 2)
        return real_getenv(name);
    snprintf(failed, sizeof failed, "%s", has_failed ? "failed" : "not reached");
    has_failed = 0;
    left_until = until;
    left_to_fail = width;
    return failed;
}
