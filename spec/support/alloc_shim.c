/* Lets allocations fail, for the specs of what the library does then. Preloaded; not part of the library.
 *
 * A program sets it with os.getenv("ALLOC_SHIM:n:width"): the n-th call of malloc(), calloc() or realloc()
 * from now on fails, and so do those behind it, width in all; it gives whether one has failed since the last
 * time. Lua collects garbage when one has failed, and tries once more. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long left_until = -1, left_to_fail;
static int has_failed;

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);

/* What dlsym() itself allocates while the functions behind these are looked for. */
static char early[8192];
static size_t early_used;

static void *take_early(size_t size)
{
    size_t at = early_used;
    early_used += (size + 15) / 16 * 16;
    return early_used <= sizeof early ? early + at : NULL;
}

static void find_all(void)
{
    static int finding;
    if (finding)
        return;
    finding = 1;
    real_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    real_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
    real_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
    real_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
}

static int fails(void)
{
    if (left_until > 0)
        left_until--;
    else if (left_until == 0 && left_to_fail > 0) {
        left_to_fail--;
        has_failed = 1;
        return 1;
    }
    return 0;
}

void *malloc(size_t size)
{
    if (real_malloc == NULL)
        find_all();
    if (real_malloc == NULL)
        return take_early(size);
    return fails() ? NULL : real_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (real_calloc == NULL)
        find_all();
    if (real_calloc == NULL)
        return take_early(count * size); /* zeros, and never freed */
    return fails() ? NULL : real_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    if (real_realloc == NULL)
        find_all();
    if (size > 0 && fails())
        return NULL;
    return real_realloc(block, size);
}

void free(void *block)
{
    if ((char *)block >= early && (char *)block < early + sizeof early)
        return;
    if (real_free == NULL)
        find_all();
    if (real_free != NULL)
        real_free(block);
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
