#define _GNU_SOURCE /* accept4 */
#include "emulator/quectel/socket/listener.h"

#include "emulator/quectel/quectel.h"
#include "emulator/quectel/socket/conn.h"
#include "emulator/quectel/socket/socket.h"

#include <sys/socket.h>
#include <unistd.h>

/* Accepted connections get ids from the top, as in the example of the TCP/IP note. */
static struct quectel_conn *free_conn(struct quectel *quectel)
{
    for (int i = QUECTEL_CONNS - 1; i >= 0; i--)
        if (quectel->sockets->conns[i].state == QUECTEL_CONN_INITIAL)
            return &quectel->sockets->conns[i];
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
    emu_link_adopt(&conn->link, &quectel->emu->net, fd, &quectel_conn_events, conn);
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
    struct emu *emu = conn->quectel->emu;
    unsigned real = port;
    int fd = emu_listen(&emu->net.listen, &real, false);
    if (fd < 0)
        return false;
    conn->state = QUECTEL_CONN_LISTENING;
    conn->link.local_port = port;
    conn->listening =
        (struct emu_watch){.fd = fd, .events = POLLIN, .on_ready = on_connection, .owner = conn};
    emu_watch_add(&emu->loop, &conn->listening);
    return true;
}
