#include "emulator/aithinker/socket/conn.h"

#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/certificates.h"
#include "emulator/aithinker/responses.h"
#include "emulator/aithinker/socket/packets.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/reply.h"

#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECT_LIMIT_S = 20, /* existing drivers wait 10 to 30 s for the result */
    AGAIN_MS = 100,
    CLOSE_LIMIT_S = 2,
};

static void on_opened(void *owner, enum emu_link_failure failure);
static void on_closed(void *owner);
static void on_drained(void *owner);
static void on_again(void *owner);
static void finish_delete(void *owner);

const struct emu_link_events aithinker_link_events = {
    .opened = on_opened,
    .closed = on_closed,
    .drained = on_drained,
};

struct aithinker_conn *aithinker_conn_find(struct aithinker *aithinker, long id)
{
    for (int i = 0; i < AITHINKER_CONNS; i++)
        if (id > 0 && aithinker->conns[i].id == id)
            return &aithinker->conns[i];
    return NULL;
}

size_t aithinker_conns_count(const struct aithinker *aithinker)
{
    size_t count = 0;
    for (int i = 0; i < AITHINKER_CONNS; i++)
        count += aithinker->conns[i].id != 0;
    return count;
}

struct aithinker_conn *aithinker_conn_new(struct aithinker *aithinker, enum aithinker_type type, long id)
{
    struct aithinker_conn *conn = aithinker->conns;
    if (aithinker_conns_count(aithinker) >= aithinker->conn_limit)
        return NULL;
    while (conn->id)
        conn++;
    while (id == 0 || aithinker_conn_find(aithinker, id))
        id++;
    *conn = (struct aithinker_conn){.aithinker = aithinker, .id = id, .type = type};
    conn->pushes = aithinker->pushes;
    conn->again = (struct emu_timer){.on_due = on_again, .owner = conn};
    conn->close_timer = (struct emu_timer){.on_due = finish_delete, .owner = conn};
    return conn;
}

static void stop_listening(struct aithinker_conn *conn)
{
    if (!conn->listening.added)
        return;
    emu_watch_remove(&conn->aithinker->emu->loop, &conn->listening);
    close(conn->listening.fd);
}

void aithinker_conn_free(struct aithinker_conn *conn)
{
    if (!conn->id)
        return;
    emu_timer_stop(&conn->aithinker->emu->loop, &conn->again);
    emu_timer_stop(&conn->aithinker->emu->loop, &conn->close_timer);
    stop_listening(conn);
    emu_link_close(&conn->link);
    aithinker_packets_clear(&conn->packets);
    conn->id = 0;
}

void aithinker_conns_free(struct aithinker *aithinker)
{
    for (int i = 0; i < AITHINKER_CONNS; i++)
        aithinker_conn_free(&aithinker->conns[i]);
}

int aithinker_conn_open(struct aithinker_conn *conn, const struct aithinker_conn_events *events)
{
    struct emu_link_plan plan = {
        .host = conn->host,
        .port = conn->port,
        .datagram = conn->type == AITHINKER_UDP_CLIENT,
        .secure = conn->type == AITHINKER_SSL_CLIENT,
        .connect_limit = emu_seconds(CONNECT_LIMIT_S),
        .handshake_limit = emu_seconds(CONNECT_LIMIT_S),
    };
    if (plan.secure && !(plan.tls = aithinker_tls_client(conn->aithinker, conn->host)))
        return AITHINKER_TLS_CONFIG;
    conn->status = AITHINKER_CONNECTING;
    conn->events = events;
    emu_link_open(&conn->link, &conn->aithinker->emu->net, &plan, &aithinker_link_events, conn);
    return 0;
}

static int error_of(const struct aithinker_conn *conn, enum emu_link_failure failure)
{
    switch (failure) {
    case EMU_LINK_OPENED:
        return 0;
    case EMU_LINK_NO_NAME:
        return AITHINKER_SOCKET_DNS;
    case EMU_LINK_NO_CONNECTION:
    case EMU_LINK_TIMED_OUT:
        return AITHINKER_SOCKET_CONNECT;
    case EMU_LINK_TLS_FAILED:
        return aithinker_tls_verifies(conn->aithinker) ? AITHINKER_TLS_VERIFY : AITHINKER_TLS_CONFIG;
    }
    return AITHINKER_SOCKET_CONNECT;
}

static void try_again(struct aithinker_conn *conn);

static void on_reconnected(struct aithinker_conn *conn)
{
    aithinker_event(conn->aithinker, AITHINKER_EVENT_RECONNECT, "SocketReconnect,%ld", conn->id);
}

static void on_not_reconnected(struct aithinker_conn *conn, int error)
{
    (void)error;
    try_again(conn);
}

static const struct aithinker_conn_events reconnect_events = {
    .opened = on_reconnected,
    .failed = on_not_reconnected,
};

static void try_again(struct aithinker_conn *conn)
{
    struct emu_loop *loop = &conn->aithinker->emu->loop;
    conn->status = AITHINKER_CONNECTING;
    conn->events = &reconnect_events;
    emu_timer_start(loop, &conn->again, emu_loop_now(loop) + emu_ms(AGAIN_MS));
}

static void on_again(void *owner)
{
    struct aithinker_conn *conn = owner;
    if (!aithinker_is_online(conn->aithinker))
        return; /* aithinker_conns_resume retries */
    if (aithinker_conn_open(conn, &reconnect_events) != 0)
        try_again(conn);
}

void aithinker_conns_resume(struct aithinker *aithinker)
{
    for (int i = 0; i < AITHINKER_CONNS; i++) {
        struct aithinker_conn *conn = &aithinker->conns[i];
        if (conn->id && conn->status == AITHINKER_CONNECTING && conn->link.state == EMU_LINK_IDLE)
            try_again(conn);
    }
}

static void on_opened(void *owner, enum emu_link_failure failure)
{
    struct aithinker_conn *conn = owner;
    if (failure != EMU_LINK_OPENED) {
        conn->events->failed(conn, error_of(conn, failure));
        return;
    }
    conn->status = AITHINKER_CONNECTED;
    conn->events->opened(conn);
}

static void on_closed(void *owner)
{
    struct aithinker_conn *conn = owner;
    if (conn->deleting) /* otherwise the pump reports the close after all received data */
        finish_delete(conn);
}

static void on_drained(void *owner)
{
    struct aithinker_conn *conn = owner;
    if (conn->deleting)
        finish_delete(conn);
}

void aithinker_conn_report_close(struct aithinker_conn *conn)
{
    struct aithinker *aithinker = conn->aithinker;
    bool twice = emu_quirk(aithinker->emu, AITHINKER_QUIRK_DISSCONNECT);
    emu_link_close(&conn->link);
    conn->status = AITHINKER_CLOSED;
    if (!emu_quirk(aithinker->emu, AITHINKER_QUIRK_AUTODEL_ALONE))
        aithinker_event(aithinker, AITHINKER_EVENT_DISCONNECT, "SocketDis%sconnect,%ld", twice ? "s" : "",
                        conn->id);
    if (aithinker_is_client(conn->type) && emu_quirk(aithinker->emu, AITHINKER_QUIRK_RECONNECT))
        try_again(conn);
}

static void finish_delete(void *owner)
{
    struct aithinker_conn *conn = owner;
    struct aithinker *aithinker = conn->aithinker;
    long id = conn->id;
    bool waited = conn->deleting;
    aithinker_conn_free(conn);
    if (waited)
        emu_finish(aithinker->emu, emu_ok());
    if (emu_quirk(aithinker->emu, AITHINKER_QUIRK_AUTODEL_AFTER_DEL))
        aithinker_event(aithinker, AITHINKER_EVENT_AUTODEL, "SocketAutoDel,%ld", id);
}

struct emu_result aithinker_conn_delete(struct aithinker_conn *conn)
{
    struct emu_loop *loop = &conn->aithinker->emu->loop;
    if (conn->link.state != EMU_LINK_UP || conn->link.out.used == 0) {
        finish_delete(conn);
        return emu_ok();
    }
    conn->deleting = true;
    emu_timer_start(loop, &conn->close_timer, emu_loop_now(loop) + emu_seconds(CLOSE_LIMIT_S));
    return emu_pending();
}

void aithinker_conn_drop(struct aithinker_conn *conn)
{
    if (aithinker_is_server(conn->type) || conn->status == AITHINKER_CLOSED)
        return;
    if (conn->deleting) {
        finish_delete(conn);
        return;
    }
    bool opening = conn->status == AITHINKER_CONNECTING;
    emu_link_close(&conn->link);
    if (opening)
        conn->events->failed(conn, AITHINKER_SOCKET_CONNECT);
    else
        aithinker_conn_report_close(conn);
}

void aithinker_conns_drop(struct aithinker *aithinker)
{
    for (int i = 0; i < AITHINKER_CONNS; i++)
        if (aithinker->conns[i].id)
            aithinker_conn_drop(&aithinker->conns[i]);
}

bool aithinker_conn_is_up(const struct aithinker_conn *conn)
{
    if (conn->type == AITHINKER_UDP_SERVER)
        return conn->spoken_to;
    return conn->status == AITHINKER_CONNECTED && conn->link.state == EMU_LINK_UP;
}

/* A UDP server sends to its first peer or, with AT+SOCKETTT=2, to the latest one. */
static void send_datagram(struct aithinker_conn *conn, const char *bytes, size_t length)
{
    const struct emu_address *to = conn->aithinker->udp_follows_last ? &conn->last : &conn->peer;
    if (sendto(conn->listening.fd, bytes, length, MSG_NOSIGNAL, (const struct sockaddr *)&to->storage,
               to->length) > 0)
        conn->link.sent += length;
}

bool aithinker_conn_send(struct aithinker_conn *conn, const char *bytes, size_t length)
{
    if (conn->type == AITHINKER_UDP_SERVER) {
        send_datagram(conn, bytes, length);
        return true;
    }
    if (!emu_link_can_send(&conn->link, length))
        return false;
    /* A rejected datagram is lost, which does not count as a failure. */
    return emu_link_send(&conn->link, bytes, length) > 0 || conn->type == AITHINKER_UDP_CLIENT;
}
