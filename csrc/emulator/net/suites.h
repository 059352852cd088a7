/* The cipher suites of the SSL note's table 3. */
#ifndef EMU_NET_SUITES_H
#define EMU_NET_SUITES_H

#include <stdbool.h>
#include <stddef.h>

enum {
    EMU_SUITES_ALL = 0xffff
};

struct emu_suite {
    unsigned code;
    const char *name; /* OpenSSL's; it does not have to have it */
};

/* In the order of the note. */
const struct emu_suite *emu_suites(size_t *count);

/* In the table, or EMU_SUITES_ALL. */
bool emu_suite_is_known(unsigned code);

/* The list for SSL_CTX_set_cipher_list; free it. */
char *emu_suite_list(unsigned code);

#endif
