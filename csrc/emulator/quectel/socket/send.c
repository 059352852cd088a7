#include "emulator/quectel/socket/send.h"

#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/socket/conn.h"
#include "emulator/quectel/socket/udp_service.h"

#include <string.h>

enum {
    CTRL_Z = 0x1a,
    ESC = 0x1b,
};

/* Sends everything or nothing: SEND FAIL means that the buffer had too little room (SSL note 2.2.3). */
static bool send_whole(struct quectel_conn *conn, const char *bytes, size_t length)
{
    return emu_link_can_send(&conn->link, length) && emu_link_send(&conn->link, bytes, length) == length;
}

static struct emu_result hand_over(struct quectel *quectel)
{
    struct quectel_send *send = quectel->send;
    struct quectel_conn *conn = send->conn;
    if (send->too_long)
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    if (conn->state != QUECTEL_CONN_CONNECTED || (conn->link.state != EMU_LINK_UP && !conn->serves_udp))
        return quectel_fail(quectel, QUECTEL_NET_CLOSED);
    quectel->last_error = QUECTEL_NET_OK;
    if (send->length == 0)
        return emu_result(EMU_RESULT_SEND_OK);
    bool sent = conn->serves_udp ? quectel_udp_send(conn, &send->to, send->bytes, send->length)
                                 : send_whole(conn, send->bytes, send->length);
    return emu_result(sent ? EMU_RESULT_SEND_OK : EMU_RESULT_SEND_FAIL);
}

static void finish(struct quectel *quectel, struct emu_result result)
{
    quectel->send->conn = NULL;
    emu_mode_leave_data(quectel->emu);
    emu_finish(quectel->emu, result);
}

static void keep(struct quectel_send *send, const char *bytes, size_t length)
{
    if (length > sizeof send->bytes - send->length) {
        send->too_long = true;
        length = sizeof send->bytes - send->length;
    }
    memcpy(send->bytes + send->length, bytes, length);
    send->length += length;
}

static size_t consume_counted(void *owner, const char *bytes, size_t length)
{
    struct quectel *quectel = owner;
    struct quectel_send *send = quectel->send;
    size_t used = send->wanted - send->length;
    if (used > length)
        used = length;
    keep(send, bytes, used);
    if (send->length == send->wanted)
        finish(quectel, hand_over(quectel));
    return used;
}

static size_t consume_typed(void *owner, const char *bytes, size_t length)
{
    struct quectel *quectel = owner;
    size_t i = 0;
    while (i < length && bytes[i] != CTRL_Z && bytes[i] != ESC)
        i++;
    keep(quectel->send, bytes, i);
    if (i == length)
        return length;
    if (bytes[i] == CTRL_Z)
        finish(quectel, hand_over(quectel));
    else
        finish(quectel, quectel_fail(quectel, QUECTEL_NET_CANCELLED));
    return i + 1;
}

void quectel_send_to(struct quectel *quectel, const struct emu_address *to)
{
    quectel->send->to = *to;
}

struct emu_result quectel_send_begin(struct quectel_conn *conn, size_t length, bool echo)
{
    struct quectel *quectel = conn->quectel;
    if (conn->state != QUECTEL_CONN_CONNECTED)
        return quectel_fail(quectel, conn->state == QUECTEL_CONN_CLOSING ? QUECTEL_NET_CLOSED
                                                                         : QUECTEL_NET_INVALID_PARAMETER);
    quectel->send->conn = conn;
    quectel->send->wanted = length;
    quectel->send->length = 0;
    quectel->send->too_long = false;
    const struct emu_data_mode mode = {.consume = length > 0 ? consume_counted : consume_typed,
                                       .owner = quectel,
                                       .echo = echo && quectel->emu->mode->profile.echo};
    emu_prompt(quectel->emu);
    emu_mode_enter_data(quectel->emu, &mode);
    return emu_pending();
}
