/* The echo of a command's data. Some modules repeat what they receive at the prompt in front of their answer;
 * it may look like anything, and is dropped like the echo of a command line. */
#ifndef AT_PAYLOAD_H
#define AT_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AT_PAYLOAD_HEAD = 16 /* so many equal bytes are an echo; fewer if there is less data */
};

/* Zero-initialised, it drops nothing. */
struct at_payload {
    bool active;        /* an echo may come, or is coming */
    uint64_t remaining; /* bytes of the echo that have not arrived yet */
    char head[AT_PAYLOAD_HEAD];
    uint8_t head_length, matched;
};

/* Data of this length is about to be sent. */
void at_payload_begin(struct at_payload *payload, uint64_t length);

/* These bytes of it have been sent. */
void at_payload_sent(struct at_payload *payload, const char *bytes, size_t length);

/* How many bytes of the input belong to an echo. *unmatched: so many bytes of the head, which had looked like
 * one, belong in front of the rest. */
size_t at_payload_skip(struct at_payload *payload, const char *bytes, size_t length, size_t *unmatched);

#endif
