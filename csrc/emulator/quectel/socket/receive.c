#include "emulator/quectel/socket/receive.h"

#include "emulator/interpreter/mode.h"
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/settings.h"
#include "emulator/quectel/socket/conn.h"
#include "emulator/quectel/socket/udp_service.h"

#include <stdio.h>

/* Returns the next received bytes without consuming them: at most `max`, from one datagram, in up to two
 * parts. */
static size_t peek_received(const struct quectel_conn *conn, size_t max, struct emu_span spans[2])
{
    struct emu_ring ring = conn->link.in;
    size_t total = 0;
    if (max > emu_link_first(&conn->link))
        max = emu_link_first(&conn->link);
    for (int i = 0; i < 2; i++) {
        const char *at;
        size_t length = emu_ring_peek(&ring, &at);
        if (length > max - total)
            length = max - total;
        spans[i] = (struct emu_span){.bytes = at, .length = length};
        total += length;
        emu_ring_drop(&ring, length);
    }
    return total;
}

static void consume(struct quectel_conn *conn, size_t length)
{
    emu_ring_drop(&conn->link.in, length);
    conn->bytes_read += length;
    if (conn->link.in.used == 0)
        conn->announced = false;
    emu_link_consumed(&conn->link, length);
}

static struct emu_result show_amounts(struct quectel_conn *conn)
{
    uint64_t unread = conn->link.in.used;
    emu_info(conn->quectel->emu, "%s: %llu,%llu,%llu", conn->family->receive,
             (unsigned long long)(conn->bytes_read + unread), (unsigned long long)conn->bytes_read,
             (unsigned long long)unread);
    return emu_ok();
}

static const char *before_data(const struct quectel_conn *conn)
{
    return conn->family->follows_qicfg && quectel_data_follows_comma(conn->quectel) ? "," : "\r\n";
}

static struct emu_result print_data(struct quectel_conn *conn, size_t max)
{
    struct quectel *quectel = conn->quectel;
    struct emu_span spans[2];
    size_t length = peek_received(conn, max, spans);
    bool announces_more = emu_quirk(quectel->emu, QUECTEL_QUIRK_RECV_ANNOUNCES_MORE);
    char line[48];
    snprintf(line, sizeof line, "%s: %zu%s", conn->family->receive, length + (announces_more ? 16 : 0),
             before_data(conn));
    if (announces_more)
        emu_urc_block(quectel->emu, line, spans[0], spans[1], "");
    else
        emu_info_block(quectel->emu, line, spans[0], spans[1]);
    consume(conn, length);
    return announces_more ? emu_result(EMU_RESULT_SILENT) : emu_ok();
}

static void print_late_urc(struct quectel_conn *conn)
{
    char line[48];
    snprintf(line, sizeof line, "%s: \"recv\",%d\r\n", conn->family->urc, conn->id);
    emu_urc_block(conn->quectel->emu, line, (struct emu_span){0}, (struct emu_span){0}, "");
}

struct emu_result quectel_conn_read(struct quectel_conn *conn, size_t length)
{
    struct quectel *quectel = conn->quectel;
    if (conn->state != QUECTEL_CONN_CONNECTED && conn->state != QUECTEL_CONN_CLOSING)
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    if (conn->serves_udp)
        return quectel_udp_read(conn, length);
    if (length == 0)
        return show_amounts(conn);
    if (conn->access != QUECTEL_ACCESS_BUFFER)
        return quectel_fail(quectel, QUECTEL_NET_NOT_ALLOWED);
    bool empty = conn->link.in.used == 0;
    if (empty && conn->state == QUECTEL_CONN_CLOSING)
        return quectel_fail(quectel, QUECTEL_NET_CLOSED);
    quectel->last_error = QUECTEL_NET_OK;
    if (!empty) {
        if (emu_quirk(quectel->emu, QUECTEL_QUIRK_LATE_URC_BEFORE_RECV))
            print_late_urc(conn);
        return print_data(conn, length);
    }
    emu_info(quectel->emu, "%s: 0", conn->family->receive);
    return emu_ok();
}

static void announce_data(struct quectel_conn *conn)
{
    conn->announced = true;
    if (conn->family->follows_qicfg && quectel_recv_urc_has_length(conn->quectel))
        quectel_urc(conn->quectel, "%s: \"recv\",%d,%zu", conn->family->urc, conn->id, conn->link.in.used);
    else
        quectel_urc(conn->quectel, "%s: \"recv\",%d", conn->family->urc, conn->id);
}

/* At most 1500 bytes each, the size at which EC200U (firmware EC200UCNAAR03A15M08) splits. */
static void push_some(struct quectel_conn *conn)
{
    struct quectel *quectel = conn->quectel;
    struct emu_span spans[2];
    size_t length = peek_received(conn, QUECTEL_READ_MAX, spans);
    char line[64];
    snprintf(line, sizeof line, "%s: \"recv\",%d,%zu%s", conn->family->urc, conn->id, length,
             before_data(conn));
    if (quectel_urcs_use_this_port(quectel))
        emu_urc_block(quectel->emu, line, spans[0], spans[1],
                      emu_quirk(quectel->emu, QUECTEL_QUIRK_PUSH_CRLF) ? "\r\n" : "");
    consume(conn, length);
}

static void pass_some(struct quectel_conn *conn)
{
    struct emu_span spans[2];
    size_t length = peek_received(conn, EMU_UART_PUMP_BELOW, spans);
    emu_raw(conn->quectel->emu, spans[0].bytes, spans[0].length);
    emu_raw(conn->quectel->emu, spans[1].bytes, spans[1].length);
    consume(conn, length);
}

static bool can_print_data(const struct quectel_conn *conn)
{
    const struct emu *emu = conn->quectel->emu;
    if (conn->link.in.used == 0 || emu_output_length(&emu->uart.output) >= EMU_UART_PUMP_BELOW)
        return false;
    return conn->online || (conn->access == QUECTEL_ACCESS_PUSH && !emu->mode->in_data);
}

static bool can_report_close(const struct quectel_conn *conn)
{
    if (conn->link.state != EMU_LINK_CLOSED || conn->close_reported)
        return false;
    return conn->link.in.used == 0 ||
           (emu_quirk(conn->quectel->emu, QUECTEL_QUIRK_CLOSED_BEFORE_DRAINED) && !conn->online);
}

static void pump(struct quectel_conn *conn, void *argument)
{
    bool *printed = argument;
    if (conn->state != QUECTEL_CONN_CONNECTED)
        return;
    if (conn->serves_udp) {
        *printed |= quectel_udp_pump(conn);
        return;
    }
    while (can_print_data(conn)) {
        if (conn->online)
            pass_some(conn);
        else
            push_some(conn);
        *printed = true;
    }
    if (conn->access == QUECTEL_ACCESS_BUFFER && conn->link.in.used > 0 && !conn->announced)
        announce_data(conn);
    if (can_report_close(conn))
        quectel_conn_report_close(conn);
}

bool quectel_conns_pump(struct quectel *quectel)
{
    bool printed = false;
    quectel_conns_each(quectel, pump, &printed);
    return printed;
}
