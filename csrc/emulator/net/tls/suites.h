/* The cipher suites in table 3 of the SSL note. */
#ifndef EMU_NET_TLS_SUITES_H
#define EMU_NET_TLS_SUITES_H

#include <stdbool.h>
#include <stddef.h>

enum {
    EMU_SUITES_ALL = 0xffff
};

struct emu_suite {
    unsigned code;
    const char *name; /* OpenSSL's name, even if OpenSSL no longer supports it */
};

/* In the order of the note. */
const struct emu_suite *emu_suites(size_t *count);

/* In the table, or EMU_SUITES_ALL. */
bool emu_suite_is_known(unsigned code);

/* Returns a list for SSL_CTX_set_cipher_list, which the caller must free. */
char *emu_suite_list(unsigned code);

#endif
