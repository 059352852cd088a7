/* TLS and DTLS over a non-blocking socket by OpenSSL, with the options of a module's SSL context. */
#ifndef EMU_NET_TLS_TLS_H
#define EMU_NET_TLS_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum emu_tls_version {
    EMU_TLS_SSL3, /* not supported by OpenSSL: every handshake fails */
    EMU_TLS_1_0,
    EMU_TLS_1_1,
    EMU_TLS_1_2,
    EMU_TLS_ALL, /* 1.0 to 1.2 (SSL note, table 2); these modules do not support 1.3 */
    EMU_DTLS_1_0,
    EMU_DTLS_1_2,
};

/* Only used during emu_tls_new. Paths are host paths; NULL: not configured. */
struct emu_tls_settings {
    enum emu_tls_version version;
    unsigned suite;
    bool server;      /* uses certificate and key; does not request one from the client */
    const char *host; /* name of the peer; unused for servers */
    bool sni;
    bool verify;
    bool authenticate; /* uses certificate and key if the server requests one */
    const char *ca, *certificate, *key, *password;
    bool ignore_time;
    int64_t time; /* current time of the module */
    uint32_t ignore;
    bool ignore_signature, ignore_chain;
    bool limited;         /* the defaults of mbedTLS apply to certificate chains and keys */
    SSL_SESSION *session; /* to resume; NULL: none */
};

struct emu_tls;

/* Returns NULL if the settings are unusable: a file is missing or not PEM, the key does not belong to the
 * certificate, or OpenSSL does not support the suite. */
struct emu_tls *emu_tls_new(const struct emu_tls_settings *settings);

/* Notifies the peer if that does not block. Accepts NULL. */
void emu_tls_free(struct emu_tls *tls);

/* The socket must be connected and outlive the object. Returns false if out of memory. */
bool emu_tls_start(struct emu_tls *tls, int fd);

enum emu_tls_progress {
    EMU_TLS_DONE,
    EMU_TLS_WANTS_READ,
    EMU_TLS_WANTS_WRITE,
    EMU_TLS_FAILED,
};
enum emu_tls_progress emu_tls_handshake(struct emu_tls *tls);

/* After the handshake. Like read and write, but return 0 if the peer has closed, -1 if the call would
 * block, -2 on failure. */
ssize_t emu_tls_read(struct emu_tls *tls, char *bytes, size_t size);
ssize_t emu_tls_write(struct emu_tls *tls, const char *bytes, size_t length);

bool emu_tls_resumed(const struct emu_tls *tls);

/* Returns a session that a later handshake can resume, which the caller must free, or NULL. */
SSL_SESSION *emu_tls_session(struct emu_tls *tls);

/* For DTLS: nanoseconds until the next retransmission (negative: none pending), and the retransmission
 * itself. */
int64_t emu_tls_retransmit_in(struct emu_tls *tls);
bool emu_tls_retransmit(struct emu_tls *tls);

#endif
