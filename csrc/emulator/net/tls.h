/* TLS and DTLS by OpenSSL over a non-blocking socket, with the choices an SSL context of a module has. */
#ifndef EMU_NET_TLS_H
#define EMU_NET_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum emu_tls_version {
    EMU_TLS_SSL3, /* not in OpenSSL: every handshake fails */
    EMU_TLS_1_0,
    EMU_TLS_1_1,
    EMU_TLS_1_2,
    EMU_TLS_ALL, /* 1.0 to 1.2 (SSL note, table 2): these modules have no 1.3 */
    EMU_DTLS_1_0,
    EMU_DTLS_1_2,
};

/* Needed only while emu_tls_new runs. Paths are the host's; NULL: not configured. */
struct emu_tls_settings {
    enum emu_tls_version version;
    unsigned suite;
    bool server;      /* with certificate and key; the peer is not asked for one */
    const char *host; /* the peer's; a server has none */
    bool sni;
    bool verify;
    bool authenticate; /* with certificate and key, if the server asks */
    const char *ca, *certificate, *key, *password;
    bool ignore_time;
    int64_t time; /* the module's idea of now */
    uint32_t ignore;
    bool ignore_signature, ignore_chain;
    SSL_SESSION *session; /* to resume; NULL: none */
};

struct emu_tls;

/* NULL when the settings can't work: a file that is missing or not PEM, no suite that OpenSSL has. */
struct emu_tls *emu_tls_new(const struct emu_tls_settings *settings);

/* Says goodbye to the peer when that does not block. NULL is fine. */
void emu_tls_free(struct emu_tls *tls);

/* The socket must be connected and outlive this. False when there is no memory. */
bool emu_tls_start(struct emu_tls *tls, int fd);

enum emu_tls_progress {
    EMU_TLS_DONE,
    EMU_TLS_WANTS_READ,
    EMU_TLS_WANTS_WRITE,
    EMU_TLS_FAILED,
};
enum emu_tls_progress emu_tls_handshake(struct emu_tls *tls);

/* After the handshake. As read and write, but: 0: the peer has closed; -1: would block; -2: broken. */
ssize_t emu_tls_read(struct emu_tls *tls, char *bytes, size_t size);
ssize_t emu_tls_write(struct emu_tls *tls, const char *bytes, size_t length);

bool emu_tls_resumed(const struct emu_tls *tls);

/* What a later handshake can resume from, for the caller to free; NULL: nothing. */
SSL_SESSION *emu_tls_session(struct emu_tls *tls);

/* DTLS: nanoseconds until a flight must be sent again, < 0: none is out; and doing so. */
int64_t emu_tls_retransmit_in(struct emu_tls *tls);
bool emu_tls_retransmit(struct emu_tls *tls);

#endif
