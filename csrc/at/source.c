#include "at/at.h"

static size_t peek_memory(void *context, const char **bytes)
{
    const struct at_memory *memory = context;
    *bytes = memory->bytes;
    return memory->length;
}

static void consume_memory(void *context, size_t length)
{
    struct at_memory *memory = context;
    memory->bytes += length;
    memory->length -= length;
}

void at_source_memory(struct at_source *source, struct at_memory *memory)
{
    *source = (struct at_source){
        .peek = peek_memory,
        .consume = consume_memory,
        .context = memory,
        .remaining = memory->length,
    };
}
