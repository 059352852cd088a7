/* SSL contexts and clients: the commands of the SSL note. */
#ifndef EMU_QUECTEL_SSL_SSL_H
#define EMU_QUECTEL_SSL_SSL_H

#include "emulator/quectel/socket/conn.h"

enum {
    QUECTEL_SSL_CONTEXTS = 6,
    QUECTEL_SSL_PATH_MAX = 127,
    QUECTEL_SSL_SESSIONS = 4, /* per context, one per host */
};

struct emu_random;

struct quectel_ssl_session {
    char *host; /* NULL: unused */
    SSL_SESSION *session;
};

/* All settings of AT+QSSLCFG. */
struct quectel_ssl_context {
    long long sslversion, dtls, ciphersuite, seclevel, sni, ignorelocaltime, negotiatetime,
        ignoreinvalidcertsign, ignorecertitem, ignoremulticertchainverify, session_cache, dtlsversion;
    char cacert[QUECTEL_SSL_PATH_MAX + 1], clientcert[QUECTEL_SSL_PATH_MAX + 1],
        clientkey[QUECTEL_SSL_PATH_MAX + 1], key_password[QUECTEL_SSL_PATH_MAX + 1];
    struct quectel_ssl_session sessions[QUECTEL_SSL_SESSIONS];
    unsigned next_session;
};

struct quectel_ssl {
    struct quectel_ssl_context contexts[QUECTEL_SSL_CONTEXTS];
    struct quectel_conn clients[QUECTEL_CONNS];
};

/* As after power-up: QSSLCFG settings are not saved (SSL note 2.2.1). */
void quectel_ssl_init(struct quectel *quectel);
void quectel_ssl_contexts_init(struct quectel *quectel);
void quectel_ssl_free(struct quectel *quectel);

/* Creates TLS with the settings of a context, for AT+QSSLOPEN and FTPS. Resumes `session` or, if NULL, a
 * cached one. Returns NULL if the settings are unusable. */
struct emu_tls *quectel_ssl_make_tls(struct quectel *quectel, struct quectel_ssl_context *context,
                                     const char *host, SSL_SESSION *session);

/* See emu_module.weaken. */
bool quectel_ssl_weaken(struct emu *emu, const char *line, struct emu_random *random);

void quectel_ssl_forget_sessions(struct quectel_ssl_context *context);

#endif
