#include "emulator/net/tls/tls.h"

#include "emulator/alloc.h"
#include "emulator/net/resolver.h"
#include "emulator/net/tls/suites.h"
#include "emulator/net/tls/verify.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

enum {
    MBEDTLS_INTERMEDIATES = 8,   /* MBEDTLS_X509_MAX_INTERMEDIATE_CA */
    MBEDTLS_MESSAGE = 16 * 1024, /* MBEDTLS_SSL_IN_CONTENT_LEN: a handshake message in one record */
};

static const char mbedtls_signatures[] =
    "RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA1:ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ECDSA+SHA1";

struct emu_tls {
    SSL_CTX *context;
    SSL *ssl;
    struct emu_verify verify;
    char *host;
    bool datagram;
    bool server;
    bool sni;
    bool up; /* the handshake has succeeded, and no error has occurred since */
};

static const struct {
    int min, max;
} versions[] = {
    [EMU_TLS_SSL3] = {SSL3_VERSION, SSL3_VERSION},       [EMU_TLS_1_0] = {TLS1_VERSION, TLS1_VERSION},
    [EMU_TLS_1_1] = {TLS1_1_VERSION, TLS1_1_VERSION},    [EMU_TLS_1_2] = {TLS1_2_VERSION, TLS1_2_VERSION},
    [EMU_TLS_ALL] = {TLS1_VERSION, TLS1_2_VERSION},      [EMU_DTLS_1_0] = {DTLS1_VERSION, DTLS1_VERSION},
    [EMU_DTLS_1_2] = {DTLS1_2_VERSION, DTLS1_2_VERSION},
};

static bool set_version(SSL_CTX *context, enum emu_tls_version version)
{
    return SSL_CTX_set_min_proto_version(context, versions[version].min) &&
           SSL_CTX_set_max_proto_version(context, versions[version].max);
}

static bool set_suite(SSL_CTX *context, unsigned suite)
{
    char *list = emu_suite_list(suite);
    bool set = SSL_CTX_set_cipher_list(context, list) == 1;
    free(list);
    return set;
}

static bool set_verification(struct emu_tls *tls, const struct emu_tls_settings *settings)
{
    SSL_CTX *context = tls->context;
    if (!settings->verify) {
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
        return true;
    }
    tls->verify = (struct emu_verify){
        .host = tls->host,
        .ignore = settings->ignore,
        .ignore_signature = settings->ignore_signature,
        .ignore_chain = settings->ignore_chain,
    };
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(context, emu_verify_chain, &tls->verify);
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);
    /* mbedTLS trusts every certificate in the CA file, intermediates included. */
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    if (settings->ignore_time)
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
    else
        X509_VERIFY_PARAM_set_time(param, (time_t)settings->time);
    return !settings->ca || SSL_CTX_load_verify_file(context, settings->ca) == 1;
}

static int copy_password(char *to, int size, int writing, void *password)
{
    (void)writing;
    if (!password || (size_t)size <= strlen(password))
        return -1;
    memcpy(to, password, strlen(password) + 1);
    return (int)strlen(password);
}

static bool set_identity(SSL_CTX *context, const struct emu_tls_settings *settings)
{
    if (!settings->server && (!settings->authenticate || (!settings->certificate && !settings->key)))
        return true;
    SSL_CTX_set_default_passwd_cb(context, copy_password);
    SSL_CTX_set_default_passwd_cb_userdata(context, (void *)(uintptr_t)settings->password);
    return settings->certificate && settings->key &&
           SSL_CTX_use_certificate_chain_file(context, settings->certificate) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, settings->key, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_check_private_key(context) == 1;
}

static bool set_limits(SSL_CTX *context)
{
    X509_VERIFY_PARAM_set_depth(SSL_CTX_get0_param(context), MBEDTLS_INTERMEDIATES);
    SSL_CTX_set_max_cert_list(context, MBEDTLS_MESSAGE);
    return SSL_CTX_set1_sigalgs_list(context, mbedtls_signatures) == 1;
}

static bool configure(struct emu_tls *tls, const struct emu_tls_settings *settings)
{
    SSL_CTX *context = tls->context;
    /* These modules use TLS 1.0 and SHA-1, which the default security level of distributions forbids. */
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(
        context, settings->server ? SSL_SESS_CACHE_OFF : SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    if (!set_version(context, settings->version) || !set_suite(context, settings->suite) ||
        !set_verification(tls, settings) || !set_identity(context, settings) ||
        (settings->limited && !set_limits(context)))
        return false;
    tls->ssl = SSL_new(context);
    if (!tls->ssl)
        return false;
    if (settings->session)
        SSL_set_session(tls->ssl, settings->session);
    return !tls->sni || SSL_set_tlsext_host_name(tls->ssl, tls->host) == 1;
}

static const SSL_METHOD *method_of(const struct emu_tls *tls)
{
    if (tls->server)
        return TLS_server_method();
    return tls->datagram ? DTLS_client_method() : TLS_client_method();
}

struct emu_tls *emu_tls_new(const struct emu_tls_settings *settings)
{
    struct emu_tls *tls = emu_alloc(sizeof *tls);
    tls->host = emu_copy_text(settings->host ? settings->host : "");
    tls->server = settings->server;
    tls->sni = settings->sni && !emu_is_address(tls->host); /* RFC 6066, 3: not for literal addresses */
    tls->datagram = settings->version == EMU_DTLS_1_0 || settings->version == EMU_DTLS_1_2;
    tls->context = SSL_CTX_new(method_of(tls));
    bool good = tls->context && configure(tls, settings);
    ERR_clear_error();
    if (good)
        return tls;
    emu_tls_free(tls);
    return NULL;
}

void emu_tls_free(struct emu_tls *tls)
{
    if (!tls)
        return;
    if (tls->up)
        SSL_shutdown(tls->ssl);
    ERR_clear_error();
    SSL_free(tls->ssl);
    SSL_CTX_free(tls->context);
    free(tls->host);
    free(tls);
}

bool emu_tls_start(struct emu_tls *tls, int fd)
{
    if (!tls->datagram)
        return SSL_set_fd(tls->ssl, fd) == 1;
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    BIO *bio = BIO_new_dgram(fd, BIO_NOCLOSE);
    if (!bio || getpeername(fd, (struct sockaddr *)&peer, &length) != 0) {
        BIO_free(bio);
        return false;
    }
    BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &peer);
    SSL_set_bio(tls->ssl, bio, bio);
    return true;
}

enum emu_tls_progress emu_tls_handshake(struct emu_tls *tls)
{
    ERR_clear_error();
    int outcome = tls->server ? SSL_accept(tls->ssl) : SSL_connect(tls->ssl);
    if (outcome == 1) {
        tls->up = true;
        return EMU_TLS_DONE;
    }
    int error = SSL_get_error(tls->ssl, outcome);
    ERR_clear_error();
    if (error == SSL_ERROR_WANT_READ)
        return EMU_TLS_WANTS_READ;
    return error == SSL_ERROR_WANT_WRITE ? EMU_TLS_WANTS_WRITE : EMU_TLS_FAILED;
}

static ssize_t outcome_of(struct emu_tls *tls, int outcome)
{
    if (outcome > 0)
        return outcome;
    int error = SSL_get_error(tls->ssl, outcome);
    ERR_clear_error();
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return -1;
    if (error == SSL_ERROR_ZERO_RETURN)
        return 0;
    tls->up = false;
    return -2;
}

ssize_t emu_tls_read(struct emu_tls *tls, char *bytes, size_t size)
{
    ERR_clear_error();
    return outcome_of(tls, SSL_read(tls->ssl, bytes, size > INT32_MAX ? INT32_MAX : (int)size));
}

ssize_t emu_tls_write(struct emu_tls *tls, const char *bytes, size_t length)
{
    ERR_clear_error();
    return outcome_of(tls, SSL_write(tls->ssl, bytes, length > INT32_MAX ? INT32_MAX : (int)length));
}

bool emu_tls_resumed(const struct emu_tls *tls)
{
    return SSL_session_reused(tls->ssl) == 1;
}

SSL_SESSION *emu_tls_session(struct emu_tls *tls)
{
    SSL_SESSION *session = SSL_get1_session(tls->ssl);
    if (session && SSL_SESSION_is_resumable(session))
        return session;
    SSL_SESSION_free(session);
    return NULL;
}

int64_t emu_tls_retransmit_in(struct emu_tls *tls)
{
    struct timeval left;
    if (!tls->datagram || !DTLSv1_get_timeout(tls->ssl, &left))
        return -1;
    return (int64_t)left.tv_sec * 1000000000 + (int64_t)left.tv_usec * 1000;
}

bool emu_tls_retransmit(struct emu_tls *tls)
{
    ERR_clear_error();
    bool good = DTLSv1_handle_timeout(tls->ssl) >= 0;
    ERR_clear_error();
    return good;
}
