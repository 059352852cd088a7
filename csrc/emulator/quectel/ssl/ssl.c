/* AT+QSSLOPEN and the following commands, SSL note 2.2.2 to 2.2.6. */
#include "emulator/quectel/ssl/ssl.h"

#include "emulator/alloc.h"
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/file/files.h"
#include "emulator/quectel/network/pdp.h"
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/socket/conn.h"
#include "emulator/quectel/socket/receive.h"
#include "emulator/quectel/socket/send.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CONNECT_LIMIT_S = 150
};

static int error_of(const struct quectel *quectel, enum emu_link_failure failure)
{
    switch (failure) {
    case EMU_LINK_OPENED:
        return QUECTEL_NET_OK;
    case EMU_LINK_NO_NAME:
        return QUECTEL_NET_DNS_FAILED;
    case EMU_LINK_NO_CONNECTION:
        return QUECTEL_NET_CONNECT_FAILED;
    case EMU_LINK_TIMED_OUT:
        return QUECTEL_NET_TIMEOUT;
    case EMU_LINK_TLS_FAILED:
        return emu_quirk(quectel->emu, QUECTEL_QUIRK_EG800K_566) ? QUECTEL_NET_CONNECT_FAILED
                                                                 : QUECTEL_NET_TLS_FAILED;
    }
    return QUECTEL_NET_UNKNOWN;
}

void quectel_ssl_free(struct quectel *quectel)
{
    for (int i = 0; i < QUECTEL_CONNS; i++)
        quectel_conn_drop(&quectel->ssl->clients[i]);
    for (int i = 0; i < QUECTEL_SSL_CONTEXTS; i++)
        quectel_ssl_forget_sessions(&quectel->ssl->contexts[i]);
}

static void forget_session(struct quectel_ssl_session *session)
{
    free(session->host);
    SSL_SESSION_free(session->session);
    *session = (struct quectel_ssl_session){0};
}

void quectel_ssl_forget_sessions(struct quectel_ssl_context *context)
{
    for (int i = 0; i < QUECTEL_SSL_SESSIONS; i++)
        forget_session(&context->sessions[i]);
}

static struct quectel_ssl_session *find_session(struct quectel_ssl_context *context, const char *host)
{
    for (int i = 0; i < QUECTEL_SSL_SESSIONS; i++)
        if (context->sessions[i].host && strcasecmp(context->sessions[i].host, host) == 0)
            return &context->sessions[i];
    return NULL;
}

/* Stores the TLS session of a new connection if its context caches sessions. */
static void keep_session(struct quectel_conn *conn)
{
    struct quectel_ssl_context *context = &conn->quectel->ssl->contexts[conn->ssl_context];
    SSL_SESSION *session = context->session_cache ? emu_tls_session(conn->link.tls) : NULL;
    if (!session)
        return;
    struct quectel_ssl_session *kept = find_session(context, conn->host);
    if (!kept)
        kept = &context->sessions[context->next_session++ % QUECTEL_SSL_SESSIONS];
    forget_session(kept);
    kept->host = emu_copy_text(conn->host);
    kept->session = session;
}

static const struct quectel_family family = {
    .urc = "+QSSLURC",
    .open = "+QSSLOPEN",
    .receive = "+QSSLRECV",
    .error_of = error_of,
    .opened = keep_session,
};

void quectel_ssl_init(struct quectel *quectel)
{
    for (int i = 0; i < QUECTEL_CONNS; i++)
        quectel_conn_init(&quectel->ssl->clients[i], quectel, &family, i);
    quectel_ssl_contexts_init(quectel);
}

/* Returns the host path for a module path. If the file name is invalid, the result is a path that cannot
 * be opened. */
static char *host_path(struct quectel *quectel, const char *path)
{
    if (!*path)
        return NULL;
    const char *name;
    struct emu_store *store = quectel_file_store(quectel, path, &name);
    char *found = store ? emu_store_path(store, name) : NULL;
    return found ? found : emu_copy_text("");
}

static enum emu_tls_version version_of(const struct quectel_ssl_context *context)
{
    if (context->dtls)
        return context->dtlsversion ? EMU_DTLS_1_2 : EMU_DTLS_1_0;
    return (enum emu_tls_version)context->sslversion;
}

struct emu_tls *quectel_ssl_make_tls(struct quectel *quectel, struct quectel_ssl_context *context,
                                     const char *host, SSL_SESSION *session)
{
    char *ca = host_path(quectel, context->cacert);
    char *certificate = host_path(quectel, context->clientcert),
         *key = host_path(quectel, context->clientkey);
    const struct quectel_ssl_session *kept = context->session_cache ? find_session(context, host) : NULL;
    const struct emu_tls_settings settings = {
        .version = version_of(context),
        .suite = (unsigned)context->ciphersuite,
        .host = host,
        .sni = context->sni != 0,
        .verify = context->seclevel >= 1,
        .authenticate = context->seclevel == 2,
        .ca = ca,
        .certificate = certificate,
        .key = key,
        .password = *context->key_password ? context->key_password : NULL,
        .ignore_time = context->ignorelocaltime != 0,
        .time = emu_clock_get(&quectel->emu->clock, quectel->emu->loop.now),
        .ignore = (uint32_t)context->ignorecertitem,
        .ignore_signature = context->ignoreinvalidcertsign != 0,
        .ignore_chain = context->ignoremulticertchainverify != 0,
        .limited = emu_quirk(quectel->emu, EMU_QUIRK_MBEDTLS_LIMITS),
        .session = session || !kept ? session : kept->session,
    };
    struct emu_tls *tls = emu_tls_new(&settings);
    free(ca);
    free(certificate);
    free(key);
    return tls;
}

static struct emu_result start(struct quectel_conn *conn)
{
    struct quectel *quectel = conn->quectel;
    struct quectel_ssl_context *context = &quectel->ssl->contexts[conn->ssl_context];
    const struct emu_link_plan plan = {
        .host = conn->host,
        .port = conn->port,
        .datagram = context->dtls != 0,
        .secure = true,
        .tls = quectel_ssl_make_tls(quectel, context, conn->host, NULL),
        .connect_limit = emu_seconds(CONNECT_LIMIT_S),
        .handshake_limit = emu_seconds(context->negotiatetime),
    };
    quectel->ssl_opens++;
    return quectel_conn_open(conn, &plan);
}

/* Returns the error of an open whose parameters are in range; 0: none. */
static int refusal(struct quectel *quectel, const struct quectel_conn *conn, long long pdp)
{
    if (quectel_is_exhausted(quectel))
        return QUECTEL_NET_INVALID_PARAMETER;
    if (conn->state != QUECTEL_CONN_INITIAL)
        return QUECTEL_NET_ID_IN_USE;
    return quectel_pdp_is_active(quectel, pdp) ? 0 : QUECTEL_NET_PDP_OPEN_FAILED;
}

static struct emu_result open_client(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long pdp, context, id, port, access = QUECTEL_ACCESS_BUFFER;
    const char *host = emu_param_string(call, 3, QUECTEL_HOST_MAX);
    if (call->count > 6 || !emu_param_number(call, 0, 1, quectel->model->last_context, &pdp) ||
        !emu_param_number(call, 1, 0, QUECTEL_SSL_CONTEXTS - 1, &context) ||
        !emu_param_number(call, 2, 0, QUECTEL_CONNS - 1, &id) || !host || !*host ||
        !emu_param_number(call, 4, 1, 65535, &port) || !emu_param_option(call, 5, 0, 2, &access))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);

    struct quectel_conn *conn = &quectel->ssl->clients[id];
    int error = refusal(quectel, conn, pdp);
    if (error)
        return quectel_conn_refuse(quectel, &family, (int)id, (enum quectel_access)access, error);
    conn->kind = "SSLClient";
    conn->context = (int)pdp;
    conn->ssl_context = (int)context;
    conn->access = (enum quectel_access)access;
    conn->port = (unsigned)port;
    memcpy(conn->host, host, strlen(host) + 1);
    return start(conn);
}

static struct quectel_conn *client_of(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long id;
    return emu_param_number(call, 0, 0, QUECTEL_CONNS - 1, &id) ? &quectel->ssl->clients[id] : NULL;
}

static struct emu_result send_data(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_conn *conn = client_of(call);
    long long length = 0;
    if (!conn || call->count > 2 ||
        (call->count == 2 && !emu_param_number(call, 1, 1, QUECTEL_SEND_MAX, &length)))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    return quectel_send_begin(conn, (size_t)length, true);
}

static struct emu_result receive_data(struct emu_call *call)
{
    struct quectel_conn *conn = client_of(call);
    long long length;
    if (!conn || call->count != 2 || !emu_param_number(call, 1, 0, QUECTEL_READ_MAX, &length))
        return quectel_fail(quectel_of(call->emu), QUECTEL_NET_INVALID_PARAMETER);
    return quectel_conn_read(conn, (size_t)length);
}

static struct emu_result close_client(struct emu_call *call)
{
    return quectel_conn_close(call, client_of(call));
}

static void print_state(struct quectel_conn *conn)
{
    if (conn->state == QUECTEL_CONN_INITIAL)
        return;
    char peer[QUECTEL_HOST_MAX + 1];
    quectel_conn_peer(conn, peer);
    emu_info(conn->quectel->emu, "+QSSLSTATE: %d,\"SSLClient\",\"%s\",%u,%u,%d,%d,%d,%d,\"uart1\",%d",
             conn->id, peer, conn->port, conn->link.local_port, (int)conn->state, conn->context, conn->id,
             (int)conn->access, conn->ssl_context);
}

static struct emu_result state_of_one(struct emu_call *call)
{
    struct quectel_conn *conn = client_of(call);
    if (!conn || call->count > 1)
        return quectel_fail(quectel_of(call->emu), QUECTEL_NET_INVALID_PARAMETER);
    print_state(conn);
    return emu_ok();
}

static struct emu_result state_of_all(struct emu_call *call)
{
    for (int i = 0; i < QUECTEL_CONNS; i++)
        print_state(&quectel_of(call->emu)->ssl->clients[i]);
    return emu_ok();
}

static struct emu_result test_open(struct emu_call *call)
{
    emu_info(call->emu, "+QSSLOPEN: (1-%lld),(0-5),(0-11),<serveraddr>,<server_port>,(0-2)",
             quectel_of(call->emu)->model->last_context);
    return emu_ok();
}

const struct emu_command quectel_ssl_commands[] = {
    {.name = "+QSSLOPEN", .write = open_client, .test = test_open},
    {.name = "+QSSLSEND", .write = send_data, .ranges = "(0-11)[,(1-1460)]"},
    {.name = "+QSSLRECV", .write = receive_data, .ranges = "(0-11),(1-1500)"},
    {.name = "+QSSLCLOSE", .write = close_client, .ranges = "(0-11),(0-65535)"},
    {.name = "+QSSLSTATE",
     .write = state_of_one,
     .execute = state_of_all,
     .read = state_of_all,
     .ranges = ""},
    {0},
};
