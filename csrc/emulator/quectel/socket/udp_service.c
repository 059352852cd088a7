#include "emulator/quectel/socket/udp_service.h"

#include "emulator/alloc.h"
#include "emulator/interpreter/mode.h"
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/settings.h"
#include "emulator/quectel/socket/conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    DATAGRAMS_MAX = 32, /* further datagrams are dropped while this many are unread */
    DATAGRAM_SIZE = QUECTEL_READ_MAX,
};

struct quectel_datagram {
    struct quectel_datagram *next;
    struct emu_address from;
    size_t length, bytes_read;
    char bytes[DATAGRAM_SIZE];
};

static void keep(struct quectel_conn *conn, struct quectel_datagram *datagram)
{
    struct quectel_datagram **at = &conn->datagrams;
    unsigned count = 0;
    for (; *at; at = &(*at)->next)
        count++;
    if (count >= DATAGRAMS_MAX) {
        free(datagram);
        return;
    }
    *at = datagram;
    conn->link.received += datagram->length;
}

static void on_datagram(void *owner, short events)
{
    (void)events;
    struct quectel_conn *conn = owner;
    struct quectel_datagram *datagram = emu_alloc(sizeof *datagram);
    datagram->from.length = sizeof datagram->from.storage;
    ssize_t got = recvfrom(conn->listening.fd, datagram->bytes, sizeof datagram->bytes, 0,
                           (struct sockaddr *)&datagram->from.storage, &datagram->from.length);
    if (got <= 0) {
        free(datagram);
        return;
    }
    datagram->length = (size_t)got;
    keep(conn, datagram);
}

bool quectel_udp_open(struct quectel_conn *conn, unsigned port)
{
    unsigned real = port;
    int fd = emu_listen(&conn->quectel->emu->net.listen, &real, true);
    if (fd < 0)
        return false;
    conn->state = QUECTEL_CONN_CONNECTED;
    conn->link.local_port = port;
    conn->listening = (struct emu_watch){.fd = fd, .events = POLLIN, .on_ready = on_datagram, .owner = conn};
    emu_watch_add(&conn->quectel->emu->loop, &conn->listening);
    return true;
}

static void drop_first(struct quectel_conn *conn)
{
    struct quectel_datagram *first = conn->datagrams;
    conn->datagrams = first->next;
    free(first);
}

void quectel_udp_close(struct quectel_conn *conn)
{
    while (conn->datagrams)
        drop_first(conn);
}

/* Returns up to `max` bytes of the first datagram, which stay valid until the next call for this
 * connection. */
static struct emu_span next_part(const struct quectel_conn *conn, size_t max)
{
    const struct quectel_datagram *first = conn->datagrams;
    size_t left = first->length - first->bytes_read;
    return (struct emu_span){.bytes = first->bytes + first->bytes_read, .length = left < max ? left : max};
}

static void consume(struct quectel_conn *conn, size_t length)
{
    conn->bytes_read += length;
    conn->datagrams->bytes_read += length;
    if (conn->datagrams->bytes_read == conn->datagrams->length)
        drop_first(conn);
    if (!conn->datagrams)
        conn->announced = false;
}

struct emu_result quectel_udp_read(struct quectel_conn *conn, size_t length)
{
    struct emu *emu = conn->quectel->emu;
    unsigned long long received = conn->link.received, bytes_read = conn->bytes_read;
    if (length == 0) {
        emu_info(emu, "+QIRD: %llu,%llu,%llu", received, bytes_read, received - bytes_read);
        return emu_ok();
    }
    if (conn->access != QUECTEL_ACCESS_BUFFER)
        return quectel_fail(conn->quectel, QUECTEL_NET_NOT_ALLOWED);
    if (!conn->datagrams) {
        emu_info(emu, "+QIRD: 0");
        return emu_ok();
    }
    char peer[EMU_ADDRESS_TEXT], line[128];
    struct emu_span part = next_part(conn, length);
    emu_address_text(&conn->datagrams->from, peer);
    snprintf(line, sizeof line, "+QIRD: %zu,\"%s\",%u%s", part.length, peer,
             emu_address_port(&conn->datagrams->from),
             quectel_data_follows_comma(conn->quectel) ? "," : "\r\n");
    emu_info_block(emu, line, part, (struct emu_span){0});
    consume(conn, part.length);
    return emu_ok();
}

bool quectel_udp_send(struct quectel_conn *conn, const struct emu_address *to, const char *bytes,
                      size_t length)
{
    ssize_t put = sendto(conn->listening.fd, bytes, length, MSG_NOSIGNAL,
                         (const struct sockaddr *)&to->storage, to->length);
    conn->link.sent += put > 0 ? (size_t)put : 0;
    return put == (ssize_t)length;
}

static void push(struct quectel_conn *conn)
{
    struct emu *emu = conn->quectel->emu;
    char peer[EMU_ADDRESS_TEXT], line[128];
    struct emu_span part = next_part(conn, QUECTEL_READ_MAX);
    emu_address_text(&conn->datagrams->from, peer);
    snprintf(line, sizeof line, "+QIURC: \"recv\",%d,%zu,\"%s\",%u%s", conn->id, part.length, peer,
             emu_address_port(&conn->datagrams->from),
             quectel_data_follows_comma(conn->quectel) ? "," : "\r\n");
    if (quectel_urcs_use_this_port(conn->quectel))
        emu_urc_block(emu, line, part, (struct emu_span){0},
                      emu_quirk(emu, QUECTEL_QUIRK_PUSH_CRLF) ? "\r\n" : "");
    consume(conn, part.length);
}

bool quectel_udp_pump(struct quectel_conn *conn)
{
    const struct emu *emu = conn->quectel->emu;
    bool pushed = false;
    if (conn->access == QUECTEL_ACCESS_BUFFER && conn->datagrams && !conn->announced) {
        conn->announced = true;
        quectel_urc(conn->quectel, "+QIURC: \"recv\",%d", conn->id);
    }
    while (conn->access == QUECTEL_ACCESS_PUSH && conn->datagrams && !emu->mode->in_data &&
           emu_output_length(&emu->uart.output) < EMU_UART_PUMP_BELOW) {
        push(conn);
        pushed = true;
    }
    return pushed;
}
