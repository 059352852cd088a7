#include "emulator/aithinker/socket/receive.h"

#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/responses.h"
#include "emulator/aithinker/socket/conn.h"
#include "emulator/aithinker/socket/packets.h"
#include "emulator/interpreter/mode.h"
#include "emulator/interpreter/reply.h"

#include <stdio.h>
#include <string.h>

enum {
    UNREAD_MAX = 32 * 1024, /* for streams: the peer has to wait beyond this */
    UNREAD_MAX_LOSING = 8 * 1024,
};

static bool may_print(const struct aithinker_conn *conn)
{
    const struct emu *emu = conn->aithinker->emu;
    return emu_output_length(&emu->uart.output) < EMU_UART_PUMP_BELOW;
}

static bool is_transparent(const struct aithinker_conn *conn)
{
    return conn->aithinker->transparent_conn == conn;
}

/* Turns the next part of a stream, or a datagram, into a packet. */
static bool make_packet(struct aithinker_conn *conn)
{
    struct emu_ring *in = &conn->link.in;
    bool losing = emu_quirk(conn->aithinker->emu, AITHINKER_QUIRK_PULL_LOSES);
    if (in->used == 0 || (!losing && conn->packets.bytes >= UNREAD_MAX))
        return false;
    size_t length = emu_link_first(&conn->link);
    if (!conn->link.datagram && length > AITHINKER_PACKET_MAX)
        length = AITHINKER_PACKET_MAX;
    if (!losing || conn->packets.bytes < UNREAD_MAX_LOSING)
        aithinker_packets_add_from(&conn->packets, in, length);
    else
        emu_ring_drop(in, length);
    emu_link_consumed(&conn->link, length);
    return true;
}

static void pass_on(struct aithinker_conn *conn)
{
    const struct aithinker_packet *packet = conn->packets.first;
    emu_raw(conn->aithinker->emu, packet->bytes, packet->length);
    aithinker_packets_drop_first(&conn->packets);
}

static void push(struct aithinker_conn *conn)
{
    struct aithinker *aithinker = conn->aithinker;
    const struct aithinker_packet *packet = conn->packets.first;
    char line[64];
    snprintf(line, sizeof line, "+EVENT:SocketDown,%ld,%zu,", conn->id, packet->length);
    if (aithinker_event_is_wanted(aithinker, AITHINKER_EVENT_DOWN))
        emu_urc_block(aithinker->emu, line,
                      (struct emu_span){.bytes = packet->bytes, .length = packet->length},
                      (struct emu_span){0}, "\r\n");
    aithinker_packets_drop_first(&conn->packets);
}

static void announce(struct aithinker_conn *conn, struct aithinker_packet *packet)
{
    packet->announced = true;
    aithinker_event(conn->aithinker, AITHINKER_EVENT_DOWN, "SocketDown,%ld,%zu", conn->id, packet->length);
}

static bool pushes(const struct aithinker_conn *conn)
{
    const struct aithinker *aithinker = conn->aithinker;
    return emu_quirk(aithinker->emu, AITHINKER_QUIRK_RECVCFG_AT_OPEN) ? conn->pushes : aithinker->pushes;
}

/* After the event of a packet was printed, this packet and all later ones wait for AT+SOCKETREAD. */
static bool show_packets(struct aithinker_conn *conn)
{
    bool printed = false;
    while (is_transparent(conn) && conn->packets.first && may_print(conn)) {
        pass_on(conn);
        printed = true;
    }
    if (is_transparent(conn) || !emu_mode_allows_urcs(conn->aithinker->emu))
        return printed;
    while (pushes(conn) && conn->packets.first && !conn->packets.first->announced && may_print(conn)) {
        push(conn);
        printed = true;
    }
    if (pushes(conn))
        return printed;
    for (struct aithinker_packet *packet = conn->packets.first; packet && may_print(conn);
         packet = packet->next)
        if (!packet->announced)
            announce(conn, packet);
    return printed;
}

static bool all_announced(const struct aithinker_conn *conn)
{
    return conn->link.in.used == 0 && (!conn->packets.last || conn->packets.last->announced);
}

static bool can_report_close(const struct aithinker_conn *conn)
{
    const struct emu *emu = conn->aithinker->emu;
    bool can_print = emu_mode_allows_urcs(emu) || conn->aithinker->transparent_conn;
    return conn->status == AITHINKER_CONNECTED && conn->link.state == EMU_LINK_CLOSED && can_print &&
           all_announced(conn);
}

static void delete_if_read(struct aithinker_conn *conn)
{
    struct aithinker *aithinker = conn->aithinker;
    if (conn->status != AITHINKER_CLOSED || conn->packets.first || is_transparent(conn) ||
        !emu_quirk(aithinker->emu, AITHINKER_QUIRK_AUTODEL))
        return;
    aithinker_event(aithinker, AITHINKER_EVENT_AUTODEL, "SocketAutoDel,%ld", conn->id);
    aithinker_conn_free(conn);
}

static bool pump(struct aithinker_conn *conn)
{
    bool printed = false;
    do
        printed |= show_packets(conn);
    while (make_packet(conn));
    printed |= show_packets(conn);
    if (can_report_close(conn))
        aithinker_conn_report_close(conn);
    delete_if_read(conn);
    return printed;
}

bool aithinker_conns_pump(struct aithinker *aithinker)
{
    bool printed = false;
    for (int i = 0; i < AITHINKER_CONNS; i++)
        if (aithinker->conns[i].id)
            printed |= pump(&aithinker->conns[i]);
    return printed;
}

/* +SOCKETREAD,<ConID>,<length>,<data>. If there is no data, no comma follows the 0 (strings in the SDK
 * library). */
struct emu_result aithinker_read(struct emu_call *call)
{
    struct emu *emu = call->emu;
    long long id;
    if (call->count != 1 || !emu_param_number(call, 0, 1, INT32_MAX, &id))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    struct aithinker_conn *conn = aithinker_conn_find(aithinker_of(emu), (long)id);
    if (!conn)
        return aithinker_fail(AITHINKER_CONID);
    if (conn->type == AITHINKER_TCP_SERVER || conn->type == AITHINKER_SSL_SERVER)
        return aithinker_fail(AITHINKER_SOCKET_TYPE);
    bool framed = emu_quirk(emu, AITHINKER_QUIRK_READ_CRLF);
    bool colon = emu_quirk(emu, AITHINKER_QUIRK_READ_COLON);
    const struct aithinker_packet *packet = conn->packets.first;
    emu_output_put(&emu->uart.output, "\r\n", framed ? 2 : 0);
    char head[64];
    int length = snprintf(head, sizeof head, "+SOCKETREAD%s%lld,%zu%s", colon ? ":" : ",", id,
                          packet ? packet->length : 0, packet ? "," : "");
    emu_output_put(&emu->uart.output, head, (size_t)length);
    if (packet) {
        emu_output_put(&emu->uart.output, packet->bytes, packet->length);
        aithinker_packets_drop_first(&conn->packets);
    }
    emu_raw(emu, "\r\n", framed ? 2 : 0);
    return emu_ok();
}
