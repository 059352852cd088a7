/* Data that a host supplies in pieces, one at a time. */
#ifndef AT_FEED_H
#define AT_FEED_H

#include "at/internal.h"

struct at_feed {
    const char *bytes; /* the part of the piece that is still to be sent */
    size_t length;
    bool written; /* the port has accepted the whole piece, and the host has not been told yet */
};

/* Supplies a piece. It must stay valid until the host has been told that it was written, or at_feed_clear.
 * False when the last piece is still in use, or this one is empty. */
bool at_feed_write(struct at_feed *feed, const char *bytes, size_t length);

/* The port has accepted `length` bytes of the piece. */
void at_feed_consume(struct at_feed *feed, size_t length);

/* Forgets the piece. Returns how many of its bytes were not sent. */
size_t at_feed_clear(struct at_feed *feed);

/* Makes *source read the pieces, until its `ended` is set; both must outlive the command. */
void at_feed_source(struct at_source *source, struct at_feed *feed);

#endif
