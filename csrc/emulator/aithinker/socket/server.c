#define _GNU_SOURCE /* accept4 */
#include "emulator/aithinker/socket/server.h"

#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/certificates.h"
#include "emulator/aithinker/responses.h"
#include "emulator/aithinker/socket/conn.h"
#include "emulator/aithinker/socket/packets.h"
#include "emulator/net/listen.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HANDSHAKE_LIMIT_S = 20,
    DATAGRAM_MAX = 2048,
};

static void report_seed(struct aithinker_conn *seed)
{
    struct aithinker *aithinker = seed->aithinker;
    if (!emu_quirk(aithinker->emu, AITHINKER_QUIRK_NO_SEED_EVENT))
        aithinker_event(aithinker, AITHINKER_EVENT_SEED, "SocketSeed,%ld,%ld", seed->id, seed->server);
}

static void on_handshake_failed(struct aithinker_conn *seed, int error)
{
    (void)error;
    aithinker_conn_free(seed);
}

static const struct aithinker_conn_events seed_events = {
    .opened = report_seed,
    .failed = on_handshake_failed,
};

static void accept_client(struct aithinker_conn *server, int fd)
{
    struct aithinker *aithinker = server->aithinker;
    bool secure = aithinker_is_secure(server->type);
    struct emu_tls *tls = secure ? aithinker_tls_server(aithinker) : NULL;
    struct aithinker_conn *seed =
        secure && !tls ? NULL
                       : aithinker_conn_new(aithinker, secure ? AITHINKER_SSL_SEED : AITHINKER_TCP_SEED, 0);
    if (!seed) { /* seeds that are never deleted use up all slots (BW20) */
        emu_tls_free(tls);
        close(fd);
        return;
    }
    seed->server = server->id;
    seed->events = &seed_events;
    if (secure)
        emu_link_adopt_secure(&seed->link, &aithinker->emu->net, fd, tls, emu_seconds(HANDSHAKE_LIMIT_S),
                              &aithinker_link_events, seed);
    else
        emu_link_adopt(&seed->link, &aithinker->emu->net, fd, &aithinker_link_events, seed);
    struct emu_address peer;
    if (emu_link_address(&seed->link, &peer)) {
        emu_address_text(&peer, seed->host);
        seed->port = emu_address_port(&peer);
    }
    if (!secure) {
        seed->status = AITHINKER_CONNECTED;
        report_seed(seed);
    }
}

static void on_connection(void *owner, short events)
{
    (void)events;
    struct aithinker_conn *server = owner;
    int fd = accept4(server->listening.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        accept_client(server, fd);
}

static void on_datagram(void *owner, short events)
{
    (void)events;
    struct aithinker_conn *conn = owner;
    char bytes[DATAGRAM_MAX];
    conn->last.length = sizeof conn->last.storage;
    ssize_t got = recvfrom(conn->listening.fd, bytes, sizeof bytes, 0, (struct sockaddr *)&conn->last.storage,
                           &conn->last.length);
    if (got < 0)
        return;
    if (!conn->spoken_to)
        conn->peer = conn->last;
    conn->spoken_to = true;
    if (got > 0 && conn->packets.bytes < EMU_LINK_RECEIVE_SIZE)
        memcpy(aithinker_packets_add(&conn->packets, (size_t)got), bytes, (size_t)got);
}

int aithinker_server_open(struct aithinker_conn *conn)
{
    struct emu *emu = conn->aithinker->emu;
    bool datagram = conn->type == AITHINKER_UDP_SERVER;
    if (conn->type == AITHINKER_SSL_SERVER) {
        struct emu_tls *tls = aithinker_tls_server(conn->aithinker);
        if (!tls)
            return AITHINKER_TLS_CONFIG;
        emu_tls_free(tls);
    }
    conn->real_port = conn->port;
    int fd = emu_listen(&emu->net.listen, &conn->real_port, datagram);
    if (fd < 0)
        return AITHINKER_SOCKET_BIND;
    conn->status = AITHINKER_CONNECTED;
    conn->listening = (struct emu_watch){
        .fd = fd, .events = POLLIN, .on_ready = datagram ? on_datagram : on_connection, .owner = conn};
    emu_watch_add(&emu->loop, &conn->listening);
    return 0;
}
