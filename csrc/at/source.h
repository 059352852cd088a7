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

/* Bytes that a host hands over piece by piece; one piece at a time is on its way. */
struct at_feed {
    const char *bytes; /* the rest of the piece */
    size_t length;
    bool tell; /* the port has all of it, and the host has not been told */
};

/* Takes a piece, which stays where it is until the host was told that it has gone, or it was dropped. False
 * when there is one already, or it is empty. */
bool at_feed_give(struct at_feed *feed, const char *bytes, size_t length);

/* The port has taken so many bytes of the piece. */
void at_feed_took(struct at_feed *feed, size_t length);

/* Forgets the piece; how many bytes of it had not gone out. */
size_t at_feed_drop(struct at_feed *feed);

/* Makes *source read what *feed is given, up to the moment `ended` is set; both must outlive the command. */
void at_source_feed(struct at_source *source, struct at_feed *feed);

/* A run of bytes that the caller keeps alive. */
struct at_memory {
    const char *bytes;
    size_t length;
};

/* Makes *source read from *memory; both must outlive the command. */
void at_source_memory(struct at_source *source, struct at_memory *memory);

#endif
