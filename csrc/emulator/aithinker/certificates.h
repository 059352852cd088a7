/* The three slots of AT+SSLCRET, and TLS with what is in them. They are files of the flash; one set serves
 * all connections, servers too. */
#ifndef EMU_AITHINKER_CERTIFICATES_H
#define EMU_AITHINKER_CERTIFICATES_H

#include "emulator/net/tls.h"

struct aithinker;

enum {
    AITHINKER_CERTIFICATE_MAX = 2047 /* the SDK's buffer is 2048 */
};

struct aithinker_certificates {
    int type; /* of the one that comes in */
    size_t wanted, length;
    char bytes[AITHINKER_CERTIFICATE_MAX];
};

void aithinker_certificates_clear(struct aithinker *aithinker);

/* Without a CA nothing is verified; the page: "an empty certificate means client does not load certificate".
 * NULL when what is in the slots can't be used. */
struct emu_tls *aithinker_tls_client(struct aithinker *aithinker, const char *host);
bool aithinker_tls_verifies(const struct aithinker *aithinker);

/* With the slots 2 and 3; how a server gets its certificate is not written anywhere. */
struct emu_tls *aithinker_tls_server(struct aithinker *aithinker);

#endif
