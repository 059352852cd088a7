/* The three certificate slots of AT+SSLCRET, and TLS with their contents. Each slot is a file in flash.
 * One set serves all connections, servers included. */
#ifndef EMU_AITHINKER_CERTIFICATES_H
#define EMU_AITHINKER_CERTIFICATES_H

#include "emulator/net/tls/tls.h"

struct aithinker;

enum {
    AITHINKER_CERTIFICATE_MAX = 2047 /* the SDK's buffer is 2048 */
};

struct aithinker_certificates {
    int type; /* of the certificate being received */
    size_t wanted, length;
    char bytes[AITHINKER_CERTIFICATE_MAX];
};

void aithinker_certificates_clear(struct aithinker *aithinker);

/* Without a CA certificate nothing is verified: "an empty certificate means client does not load
 * certificate" (TCP/IP page). Returns NULL if the contents of the slots are unusable. */
struct emu_tls *aithinker_tls_client(struct aithinker *aithinker, const char *host);
bool aithinker_tls_verifies(const struct aithinker *aithinker);

/* Uses slots 2 and 3. No document says where a server's certificate comes from. */
struct emu_tls *aithinker_tls_server(struct aithinker *aithinker);

#endif
