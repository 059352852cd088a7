/* SHA-256 (FIPS 180-4) of bytes that come in parts. */
#ifndef CORE_SHA256_H
#define CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum {
    SHA256_HEX = 64 /* characters of a digest in hexadecimal */
};

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    unsigned char block[64];
};

void sha256_init(struct sha256 *self);
void sha256_add(struct sha256 *self, const void *bytes, size_t length);

/* The digest of what was added so far, in lower-case hexadecimal with a terminating NUL. More may be added
 * afterwards. */
void sha256_hex(const struct sha256 *self, char hex[SHA256_HEX + 1]);

#endif
