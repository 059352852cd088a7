/* Bytes that a host hands over piece by piece; one piece at a time is on its way. */
#ifndef AT_FEED_H
#define AT_FEED_H

#include "at/internal.h"

struct at_feed {
    const char *bytes; /* the rest of the piece */
    size_t length;
    bool written; /* the port has all of it, and the host has not been told */
};

/* Takes a piece, which stays where it is until the host was told that it has gone, or it was dropped. False
 * when there is one already, or it is empty. */
bool at_feed_write(struct at_feed *feed, const char *bytes, size_t length);

/* The port has taken so many bytes of the piece. */
void at_feed_consume(struct at_feed *feed, size_t length);

/* Forgets the piece; how many bytes of it had not gone out. */
size_t at_feed_clear(struct at_feed *feed);

/* Makes *source read what *feed is given, up to the moment `ended` is set; both must outlive the command. */
void at_feed_source(struct at_source *source, struct at_feed *feed);

#endif
