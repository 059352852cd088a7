#include "at/source.h"

static size_t peek_memory(void *context, const char **bytes)
{
    const struct at_memory *memory = context;
    *bytes = memory->bytes;
    return memory->length;
}

static void took_memory(void *context, size_t length)
{
    struct at_memory *memory = context;
    memory->bytes += length;
    memory->length -= length;
}

void at_source_memory(struct at_source *source, struct at_memory *memory)
{
    *source = (struct at_source){
        .peek = peek_memory,
        .took = took_memory,
        .context = memory,
        .left = memory->length,
    };
}

bool at_feed_give(struct at_feed *feed, const char *bytes, size_t length)
{
    if (feed->length > 0 || feed->tell || length == 0)
        return false;
    feed->bytes = bytes;
    feed->length = length;
    return true;
}

void at_feed_took(struct at_feed *feed, size_t length)
{
    feed->bytes += length;
    feed->length -= length;
    feed->tell = feed->length == 0 && length > 0;
}

size_t at_feed_drop(struct at_feed *feed)
{
    size_t rest = feed->length;
    *feed = (struct at_feed){0};
    return rest;
}

static size_t peek_feed(void *context, const char **bytes)
{
    const struct at_feed *feed = context;
    *bytes = feed->bytes;
    return feed->length;
}

static void took_feed(void *context, size_t length)
{
    at_feed_took(context, length);
}

void at_source_feed(struct at_source *source, struct at_feed *feed)
{
    *source = (struct at_source){
        .peek = peek_feed,
        .took = took_feed,
        .context = feed,
        .left = AT_UNKNOWN_LENGTH,
    };
}
