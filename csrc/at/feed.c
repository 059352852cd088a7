#include "at/feed.h"

bool at_feed_write(struct at_feed *feed, const char *bytes, size_t length)
{
    if (feed->length > 0 || feed->written || length == 0)
        return false;
    feed->bytes = bytes;
    feed->length = length;
    return true;
}

void at_feed_consume(struct at_feed *feed, size_t length)
{
    feed->bytes += length;
    feed->length -= length;
    feed->written = feed->length == 0 && length > 0;
}

size_t at_feed_clear(struct at_feed *feed)
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

static void consume_feed(void *context, size_t length)
{
    at_feed_consume(context, length);
}

void at_feed_source(struct at_source *source, struct at_feed *feed)
{
    *source = (struct at_source){
        .peek = peek_feed,
        .consume = consume_feed,
        .context = feed,
        .remaining = AT_UNKNOWN_LENGTH,
    };
}
