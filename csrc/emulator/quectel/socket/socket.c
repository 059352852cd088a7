#include "emulator/quectel/socket/socket.h"

#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/network/pdp.h"
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/settings.h"
#include "emulator/quectel/socket/conn.h"
#include "emulator/quectel/socket/listener.h"
#include "emulator/quectel/socket/receive.h"
#include "emulator/quectel/socket/send.h"
#include "emulator/quectel/socket/udp_service.h"
#include "emulator/quectel/ssl/ssl.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
    CONNECT_LIMIT_S = 150
};

static int error_of(const struct quectel *quectel, enum emu_link_failure failure)
{
    (void)quectel;
    switch (failure) {
    case EMU_LINK_OPENED:
        return QUECTEL_NET_OK;
    case EMU_LINK_NO_NAME:
        return QUECTEL_NET_DNS_FAILED;
    case EMU_LINK_NO_CONNECTION:
    case EMU_LINK_TLS_FAILED:
        return QUECTEL_NET_CONNECT_FAILED;
    case EMU_LINK_TIMED_OUT:
        return QUECTEL_NET_TIMEOUT;
    }
    return QUECTEL_NET_UNKNOWN;
}

static const struct quectel_family family = {
    .urc = "+QIURC",
    .open = "+QIOPEN",
    .receive = "+QIRD",
    .follows_qicfg = true,
    .error_of = error_of,
};

void quectel_sockets_init(struct quectel *quectel)
{
    for (int i = 0; i < QUECTEL_CONNS; i++)
        quectel_conn_init(&quectel->sockets->conns[i], quectel, &family, i);
}

void quectel_sockets_drop(struct quectel *quectel)
{
    for (int i = 0; i < QUECTEL_CONNS; i++)
        quectel_conn_drop(&quectel->sockets->conns[i]);
}

/* Returns the error of an open whose parameters are in range; 0: none. */
static int refusal(const struct quectel *quectel, const struct quectel_conn *conn, long long pdp)
{
    if (quectel_is_exhausted(quectel))
        return QUECTEL_NET_INVALID_PARAMETER;
    if (conn->state != QUECTEL_CONN_INITIAL)
        return QUECTEL_NET_ID_IN_USE;
    return quectel_pdp_is_active(quectel, pdp) ? 0 : QUECTEL_NET_PDP_OPEN_FAILED;
}

static struct emu_result connect_client(struct quectel_conn *conn, bool datagram, unsigned local_port)
{
    const struct emu_link_plan plan = {
        .host = conn->host,
        .port = conn->port,
        .local_port = local_port,
        .datagram = datagram,
        .connect_limit = emu_seconds(CONNECT_LIMIT_S),
    };
    return quectel_conn_open(conn, &plan);
}

static struct emu_result serve_at(struct quectel_conn *conn, unsigned local_port)
{
    struct quectel *quectel = conn->quectel;
    int id = conn->id;
    conn->serves_udp = strcmp(conn->kind, "UDP SERVICE") == 0;
    if (!(conn->serves_udp ? quectel_udp_open(conn, local_port) : quectel_listen(conn, local_port))) {
        enum quectel_access access = conn->access;
        quectel_conn_drop(conn);
        return quectel_conn_refuse(quectel, &family, id, access, QUECTEL_NET_LISTEN_FAILED);
    }
    quectel->last_error = QUECTEL_NET_OK;
    quectel_urc(quectel, "+QIOPEN: %d,0", id);
    return emu_ok();
}

/* <service_type>. Returns NULL if it is not supported. */
static const char *service(const char *text)
{
    static const char *const known[] = {"TCP", "UDP", "TCP LISTENER", "UDP SERVICE"};
    for (size_t i = 0; text && i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], text) == 0)
            return known[i];
    return NULL;
}

static struct emu_result open_socket(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long pdp, id, port, local_port = 0, access = QUECTEL_ACCESS_BUFFER;
    const char *kind = service(emu_param_string(call, 2, 16)),
               *host = emu_param_string(call, 3, QUECTEL_HOST_MAX);
    bool serves = kind && strlen(kind) > strlen("TCP");
    if (call->count > 7 || !emu_param_number(call, 0, 1, quectel->model->last_context, &pdp) ||
        !emu_param_number(call, 1, 0, QUECTEL_CONNS - 1, &id) || !kind || !host || !*host ||
        !emu_param_number(call, 4, serves ? 0 : 1, 65535, &port) ||
        !emu_param_option(call, 5, 0, 65535, &local_port) ||
        !emu_param_option(call, 6, 0, serves ? 1 : 2, &access) || (serves && local_port == 0))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);

    struct quectel_conn *conn = &quectel->sockets->conns[id];
    int error = refusal(quectel, conn, pdp);
    if (error)
        return quectel_conn_refuse(quectel, &family, (int)id, (enum quectel_access)access, error);
    conn->kind = kind;
    conn->context = (int)pdp;
    conn->access = (enum quectel_access)access;
    conn->port = (unsigned)port;
    memcpy(conn->host, host, strlen(host) + 1);
    if (serves)
        return serve_at(conn, (unsigned)local_port);
    return connect_client(conn, strcmp(kind, "UDP") == 0, (unsigned)local_port);
}

static struct quectel_conn *conn_of(struct emu_call *call, size_t index)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long id;
    return emu_param_number(call, index, 0, QUECTEL_CONNS - 1, &id) ? &quectel->sockets->conns[id] : NULL;
}

static struct emu_result show_sent(struct quectel_conn *conn)
{
    if (conn->state != QUECTEL_CONN_CONNECTED && conn->state != QUECTEL_CONN_CLOSING)
        return quectel_fail(conn->quectel, QUECTEL_NET_INVALID_PARAMETER);
    int unacknowledged = 0;
    if (conn->link.watch.fd >= 0 && !conn->link.datagram)
        ioctl(conn->link.watch.fd, SIOCOUTQ, &unacknowledged);
    unsigned long long total = conn->link.sent + conn->link.out.used;
    unsigned long long waiting = (unsigned)unacknowledged + conn->link.out.used;
    emu_info(conn->quectel->emu, "+QISEND: %llu,%llu,%llu", total, total - waiting, waiting);
    return emu_ok();
}

/* AT+QISEND=<connectID>,<send_length>,<remoteIP>,<remote_port> */
static struct emu_result send_datagram(struct emu_call *call, struct quectel_conn *conn)
{
    struct quectel *quectel = conn->quectel;
    long long length, port;
    const char *host = emu_param_string(call, 2, QUECTEL_HOST_MAX);
    struct emu_lookup lookup = {0};
    if (call->count != 4 || !emu_param_number(call, 1, 1, QUECTEL_SEND_MAX, &length) || !host ||
        !emu_is_address(host) || !emu_param_number(call, 3, 1, 65535, &port) ||
        emu_lookup_start(&lookup, &call->emu->net.resolver, &call->emu->loop, host, (unsigned)port) !=
            EMU_LOOKUP_FOUND)
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    quectel_send_to(quectel, &lookup.found[0]);
    return quectel_send_begin(conn, (size_t)length, quectel->settings->echo_data);
}

static struct emu_result send_data(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_conn *conn = conn_of(call, 0);
    long long length = 0;
    if (conn && conn->serves_udp)
        return send_datagram(call, conn);
    if (!conn || call->count > 2 ||
        (call->count == 2 && !emu_param_number(call, 1, 0, QUECTEL_SEND_MAX, &length)))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    if (call->count == 2 && length == 0)
        return show_sent(conn);
    return quectel_send_begin(conn, (size_t)length, quectel->settings->echo_data);
}

static struct emu_result receive_data(struct emu_call *call)
{
    struct quectel_conn *conn = conn_of(call, 0);
    long long length = QUECTEL_READ_MAX;
    if (!conn || call->count > 2 || !emu_param_option(call, 1, 0, QUECTEL_READ_MAX, &length))
        return quectel_fail(quectel_of(call->emu), QUECTEL_NET_INVALID_PARAMETER);
    return quectel_conn_read(conn, (size_t)length);
}

static struct emu_result close_socket(struct emu_call *call)
{
    return quectel_conn_close(call, conn_of(call, 0));
}

static void print_state(struct quectel_conn *conn)
{
    if (conn->state == QUECTEL_CONN_INITIAL)
        return;
    char peer[QUECTEL_HOST_MAX + 1];
    quectel_conn_peer(conn, peer);
    emu_info(conn->quectel->emu, "+QISTATE: %d,\"%s\",\"%s\",%u,%u,%d,%d,%d,%d,\"uart1\"", conn->id,
             conn->kind, peer, conn->port, conn->link.local_port, (int)conn->state, conn->context,
             conn->server, (int)conn->access);
}

/* =0,<contextID> or =1,<connectID> */
static struct emu_result state_of_some(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long by_id, number;
    if (call->count != 2 || !emu_param_number(call, 0, 0, 1, &by_id) ||
        !emu_param_number(call, 1, by_id ? 0 : 1, by_id ? QUECTEL_CONNS - 1 : quectel->model->last_context,
                          &number))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    for (int i = 0; i < QUECTEL_CONNS; i++) {
        struct quectel_conn *conn = &quectel->sockets->conns[i];
        if ((by_id ? conn->id : conn->context) == number)
            print_state(conn);
    }
    return emu_ok();
}

static struct emu_result state_of_all(struct emu_call *call)
{
    for (int i = 0; i < QUECTEL_CONNS; i++)
        print_state(&quectel_of(call->emu)->sockets->conns[i]);
    return emu_ok();
}

/* The SSL note also uses it for SSL clients, whose ids overlap. A TCP/IP connection with the id takes
 * precedence. */
static struct emu_result switch_access(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_conn *conn = conn_of(call, 0);
    long long access;
    if (!conn || call->count > 2 || !emu_param_number(call, 1, 0, 2, &access))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    if (conn->state == QUECTEL_CONN_INITIAL)
        conn = &quectel->ssl->clients[conn->id];
    return quectel_conn_switch(conn, (enum quectel_access)access);
}

static struct emu_result write_echo(struct emu_call *call)
{
    long long on;
    if (call->count > 1 || !emu_param_number(call, 0, 0, 1, &on))
        return emu_error();
    quectel_of(call->emu)->settings->echo_data = on == 1;
    return emu_ok();
}

static struct emu_result read_echo(struct emu_call *call)
{
    emu_info(call->emu, "+QISDE: %d", quectel_of(call->emu)->settings->echo_data);
    return emu_ok();
}

static struct emu_result test_open(struct emu_call *call)
{
    emu_info(call->emu,
             "+QIOPEN: (1-%lld),(0-11),\"TCP/UDP/TCP LISTENER/UDP "
             "SERVICE\",\"<IP_address>/<domain_name>\",<remote_port>,"
             "<local_port>,(0-2)",
             quectel_of(call->emu)->model->last_context);
    return emu_ok();
}

const struct emu_command quectel_socket_commands[] = {
    {.name = "+QIOPEN", .write = open_socket, .test = test_open},
    {.name = "+QISEND", .write = send_data, .ranges = "(0-11),(0-1460)"},
    {.name = "+QIRD", .write = receive_data, .ranges = "(0-11),(0-1500)"},
    {.name = "+QICLOSE", .write = close_socket, .ranges = "(0-11),(0-65535)"},
    {.name = "+QISTATE", .write = state_of_some, .execute = state_of_all, .read = state_of_all, .ranges = ""},
    {.name = "+QISWTMD", .write = switch_access, .ranges = "(0-11),(0-2)"},
    {.name = "+QISDE", .write = write_echo, .read = read_echo, .ranges = "(0,1)"},
    {0},
};
