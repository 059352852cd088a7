/* PDP contexts, as used by AT+QIACT and by the commands of 27.007. */
#ifndef EMU_QUECTEL_NETWORK_PDP_H
#define EMU_QUECTEL_NETWORK_PDP_H

#include <stdbool.h>

struct quectel;

enum {
    QUECTEL_CONTEXTS = 16, /* 1 to 15 */
    QUECTEL_NAME_MAX = 127,
};

enum quectel_pdp_type {
    QUECTEL_PDP_V4 = 1,
    QUECTEL_PDP_V6 = 2,
    QUECTEL_PDP_V4V6 = 3,
};

struct quectel_context {
    bool defined;
    enum quectel_pdp_type type;
    char apn[QUECTEL_NAME_MAX + 1], user[QUECTEL_NAME_MAX + 1], password[QUECTEL_NAME_MAX + 1];
    int authentication;
    bool active; /* by AT+QIACT: available to sockets */
    bool bearer; /* by AT+CGACT or AT+QIACT */
    char dns[2][64];
};

struct quectel_pdp {
    struct quectel_context contexts[QUECTEL_CONTEXTS];
};

/* As after power-up. */
void quectel_pdp_init(struct quectel *quectel);

bool quectel_pdp_is_active(const struct quectel *quectel, long long context);

/* The network drops a context, or all of them: sockets are closed with their URCs. Returns false if the
 * context was not active. */
bool quectel_pdp_drop(struct quectel *quectel, long long context);
void quectel_pdp_drop_all(struct quectel *quectel);

#endif
