/* Where the data of a command comes from: memory, a file, a callback. The engine pulls, as the port takes it.
 */
#ifndef AT_SOURCE_H
#define AT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct at_source {
    /* The next bytes, not yet taken; they stay good until took(). 0 when there are none at the moment. */
    size_t (*peek)(void *context, const char **bytes);
    /* That many of them are with the port now. */
    void (*took)(void *context, size_t length);
    void *context;
    uint64_t left; /* bytes still to send, counted down by the engine; or AT_UNKNOWN_LENGTH */
    bool ended;    /* of unknown length: nothing comes any more once peek() gives 0; set by the host */
};

#define AT_UNKNOWN_LENGTH UINT64_MAX

/* A run of bytes that the caller keeps alive. */
struct at_memory {
    const char *bytes;
    size_t length;
};

/* Makes *source read from *memory; both must outlive the command. */
void at_source_memory(struct at_source *source, struct at_memory *memory);

#endif
