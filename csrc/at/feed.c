#include "at/feed.h"

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

void at_feed_source(struct at_source *source, struct at_feed *feed)
{
    *source = (struct at_source){
        .peek = peek_feed,
        .took = took_feed,
        .context = feed,
        .left = AT_UNKNOWN_LENGTH,
    };
}
