#define _GNU_SOURCE /* accept4 */
#include "emulator/quectel/listener.h"

#include "emulator/quectel/quectel.h"

#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

/* Incoming connections take ids from the top, as in the TCP/IP note's example. */
static struct quectel_conn *free_conn(struct quectel *quectel)
{
    for (int i = QUECTEL_CONNS - 1; i >= 0; i--)
        if (quectel->sockets.conns[i].state == QUECTEL_CONN_INITIAL)
            return &quectel->sockets.conns[i];
    return NULL;
}

static void on_connection(void *owner, short events)
{
    (void)events;
    struct quectel_conn *listener = owner;
    struct quectel *quectel = listener->quectel;
    int fd = accept4(listener->listening.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct quectel_conn *conn = free_conn(quectel);
    if (!conn) {
        close(fd);
        quectel_urc(quectel, "+QIURC: \"incoming full\"");
        return;
    }
    conn->kind = "TCP INCOMING";
    conn->state = QUECTEL_CONN_CONNECTED;
    conn->access = listener->access;
    conn->context = listener->context;
    conn->server = listener->id;
    emu_link_adopt(&conn->link, quectel->emu, fd, &quectel_conn_events, conn);
    struct emu_address peer;
    if (emu_link_address(&conn->link, &peer)) {
        conn->port = emu_address_port(&peer);
        emu_address_text(&peer, conn->host);
    }
    quectel_urc(quectel, "+QIURC: \"incoming\",%d,%d,\"%s\",%u", conn->id, listener->id, conn->host,
                conn->port);
}

bool quectel_listen(struct quectel_conn *conn, unsigned port)
{
    const struct sockaddr_in local = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (const struct sockaddr *)&local, sizeof local) != 0 || listen(fd, QUECTEL_CONNS) != 0) {
        close(fd);
        return false;
    }
    conn->state = QUECTEL_CONN_LISTENING;
    conn->link.local_port = port;
    conn->listening =
        (struct emu_watch){.fd = fd, .events = POLLIN, .on_ready = on_connection, .owner = conn};
    emu_watch_add(&conn->quectel->emu->loop, &conn->listening);
    return true;
}
