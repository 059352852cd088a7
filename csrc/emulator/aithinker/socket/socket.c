/* AT+SOCKET and related commands. */
#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/params.h"
#include "emulator/aithinker/responses.h"
#include "emulator/aithinker/settings.h"
#include "emulator/aithinker/socket/conn.h"
#include "emulator/aithinker/socket/receive.h"
#include "emulator/aithinker/socket/send.h"
#include "emulator/aithinker/socket/server.h"
#include "emulator/aithinker/wifi.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/reply.h"

#include <string.h>

enum {
    KEEP_ALIVE_MAX = 7200
};

/* Servers also work on the module's own access point. */
static bool has_network(const struct aithinker *aithinker, enum aithinker_type type)
{
    return aithinker_is_online(aithinker) || (aithinker_is_server(type) && aithinker->wifi->mode >= 2);
}

static struct emu_result serve(struct aithinker_conn *conn)
{
    struct emu *emu = conn->aithinker->emu;
    int error = aithinker_server_open(conn);
    if (error) {
        aithinker_conn_free(conn);
        return aithinker_fail(error);
    }
    aithinker_print(emu, "\r\nconnect success ConID=%ld\r\n", conn->id);
    return emu_ok();
}

static void on_opened(struct aithinker_conn *conn)
{
    struct emu *emu = conn->aithinker->emu;
    aithinker_print(emu, "connect success ConID=%ld\r\n", conn->id);
    emu_finish(emu, emu_ok());
}

static void on_failed(struct aithinker_conn *conn, int error)
{
    struct emu *emu = conn->aithinker->emu;
    aithinker_conn_free(conn);
    emu_finish(emu, aithinker_fail(error));
}

static const struct aithinker_conn_events command_events = {.opened = on_opened, .failed = on_failed};

static struct emu_result connect_client(struct aithinker_conn *conn)
{
    int error = aithinker_conn_open(conn, &command_events);
    if (!error)
        return emu_pending();
    aithinker_conn_free(conn);
    return aithinker_fail(error);
}

static struct emu_result open_socket(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    long long number, keep_alive = 0, id = 0;
    char host[AITHINKER_HOST_MAX + 1];
    unsigned port;
    if (!emu_param_number(call, 0, AITHINKER_UDP_SERVER, AITHINKER_SSL_SEED, &number))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    enum aithinker_type type = (enum aithinker_type)number;
    if (aithinker_is_seed(type))
        return aithinker_fail(AITHINKER_SOCKET_TYPE);
    size_t used = aithinker_read_target(call, type, host, &port);
    if (!used || call->count > used + 2 || !emu_param_option(call, used, 0, KEEP_ALIVE_MAX, &keep_alive) ||
        !emu_param_option(call, used + 1, 0, INT32_MAX, &id))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    if (aithinker_conn_find(aithinker, (long)id))
        return aithinker_fail(AITHINKER_CONID);
    if (!has_network(aithinker, type))
        return aithinker_fail(aithinker_is_server(type) ? AITHINKER_SOCKET_CREATE : AITHINKER_SOCKET_CONNECT);
    struct aithinker_conn *conn = aithinker_conn_new(aithinker, type, (long)id);
    if (!conn)
        return aithinker_fail(AITHINKER_SOCKET_CREATE);
    memcpy(conn->host, host, sizeof host);
    conn->port = port;
    return aithinker_is_server(type) ? serve(conn) : connect_client(conn);
}

static int status_of(const struct aithinker_conn *conn)
{
    const struct emu *emu = conn->aithinker->emu;
    bool table = emu_quirk(emu, AITHINKER_QUIRK_STATE_TABLE);
    switch (conn->status) {
    case AITHINKER_CONNECTING:
        return table ? 3 : 1;
    case AITHINKER_CONNECTED:
        return table ? 1 : 3;
    case AITHINKER_CLOSED:
        if (emu_quirk(emu, AITHINKER_QUIRK_STATE_127))
            return 127;
        return table ? 2 : 0;
    }
    return 0;
}

static void print_row(struct emu *emu, const struct aithinker_conn *conn)
{
    bool server = aithinker_is_server(conn->type);
    long from = conn->server;
    if (from == 0 && emu_quirk(emu, AITHINKER_QUIRK_SERVER_MINUS_ONE))
        from = -1;
    aithinker_print(emu, "%ld,%d,%d,%s,%d,%d,%ld\r\n", conn->id, (int)conn->type, status_of(conn), conn->host,
                    server ? -1 : (int)conn->port, server ? (int)conn->port : -1, from);
}

/* Returns the connection with the lowest id above the given one. */
static const struct aithinker_conn *next_by_id(const struct aithinker *aithinker, long id)
{
    const struct aithinker_conn *found = NULL;
    for (int i = 0; i < AITHINKER_CONNS; i++) {
        const struct aithinker_conn *conn = &aithinker->conns[i];
        if (conn->id > id && (!found || conn->id < found->id))
            found = conn;
    }
    return found;
}

static struct emu_result show_sockets(struct emu_call *call)
{
    const struct aithinker *aithinker = aithinker_of(call->emu);
    const struct aithinker_conn *conn = NULL;
    while ((conn = next_by_id(aithinker, conn ? conn->id : 0)))
        print_row(call->emu, conn);
    return emu_ok();
}

static struct emu_result delete_socket(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    long long id;
    if (call->count != 1 || !emu_param_number(call, 0, 1, INT32_MAX, &id))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    struct aithinker_conn *conn = aithinker_conn_find(aithinker, (long)id);
    if (!conn)
        return aithinker_fail(AITHINKER_CONID);
    return aithinker_conn_delete(conn);
}

static struct emu_result set_receive_mode(struct emu_call *call)
{
    long long mode;
    if (call->count != 1 || !emu_param_number(call, 0, 0, 1, &mode))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    aithinker_of(call->emu)->pushes = mode == 1;
    return emu_ok();
}

const struct emu_command aithinker_socket_commands[] = {
    {.name = "+SOCKET", .write = open_socket, .read = show_sockets},
    {.name = "+SOCKETSEND", .write = aithinker_send},
    {.name = "+SOCKETSENDLINE", .write = aithinker_send_line},
    {.name = "+SOCKETREAD", .write = aithinker_read},
    {.name = "+SOCKETDEL", .write = delete_socket},
    {.name = "+SOCKETRECVCFG", .write = set_receive_mode},
    {0},
};
