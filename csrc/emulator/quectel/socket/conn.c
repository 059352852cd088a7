#include "emulator/quectel/socket/conn.h"

#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/socket/udp_service.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void on_opened(void *owner, enum emu_link_failure failure);
static void on_closed(void *owner);
static void on_drained(void *owner);
static void on_close_timeout(void *owner);

const struct emu_link_events quectel_conn_events = {
    .opened = on_opened,
    .closed = on_closed,
    .drained = on_drained,
};

void quectel_conn_init(struct quectel_conn *conn, struct quectel *quectel,
                       const struct quectel_family *family, int id)
{
    *conn = (struct quectel_conn){.quectel = quectel, .family = family, .id = id, .server = id};
    conn->closing = (struct emu_timer){.on_due = on_close_timeout, .owner = conn};
}

static void stop_listening(struct quectel_conn *conn)
{
    if (!conn->listening.added)
        return;
    emu_watch_remove(&conn->quectel->emu->loop, &conn->listening);
    close(conn->listening.fd);
    quectel_udp_close(conn);
}

void quectel_conn_drop(struct quectel_conn *conn)
{
    struct quectel *quectel = conn->quectel;
    emu_timer_stop(&quectel->emu->loop, &conn->closing);
    stop_listening(conn);
    emu_link_close(&conn->link);
    if (conn->online)
        emu_mode_leave_data(quectel->emu);
    if (quectel->last_transparent == conn)
        quectel->last_transparent = NULL;
    quectel_conn_init(conn, quectel, conn->family, conn->id);
}

struct emu_result quectel_conn_refuse(struct quectel *quectel, const struct quectel_family *family, int id,
                                      enum quectel_access access, int error)
{
    quectel->last_error = error;
    if (access == QUECTEL_ACCESS_TRANSPARENT)
        return emu_error();
    quectel_urc(quectel, "%s: %d,%d", family->open, id, error);
    return emu_ok();
}

struct emu_result quectel_conn_open(struct quectel_conn *conn, const struct emu_link_plan *plan)
{
    conn->state = QUECTEL_CONN_OPENING;
    emu_link_open(&conn->link, &conn->quectel->emu->net, plan, &quectel_conn_events, conn);
    if (conn->access != QUECTEL_ACCESS_TRANSPARENT)
        return emu_ok();
    conn->command_waits = true;
    return emu_pending();
}

static size_t consume_transparent(void *owner, const char *bytes, size_t length)
{
    struct quectel_conn *conn = owner;
    if (conn->link.state != EMU_LINK_UP)
        return length; /* NO CARRIER is about to be printed */
    return emu_link_send(&conn->link, bytes, length);
}

void quectel_conn_go_offline(struct quectel_conn *conn)
{
    conn->online = false;
    emu_mode_leave_data(conn->quectel->emu);
}

static void on_escape(void *owner)
{
    struct quectel_conn *conn = owner;
    quectel_conn_go_offline(conn);
    emu_final(conn->quectel->emu, emu_ok());
}

static struct emu_result go_online(struct quectel_conn *conn)
{
    const struct emu_data_mode mode = {.consume = consume_transparent, .escape = on_escape, .owner = conn};
    conn->online = true;
    conn->quectel->last_transparent = conn;
    emu_mode_enter_data(conn->quectel->emu, &mode);
    return emu_result(EMU_RESULT_CONNECT);
}

static void give_up_opening(struct quectel_conn *conn, int error)
{
    struct quectel *quectel = conn->quectel;
    bool waits = conn->command_waits;
    int id = conn->id;
    quectel_conn_drop(conn);
    quectel->last_error = error;
    if (waits)
        emu_finish(quectel->emu, emu_error());
    else
        quectel_urc(quectel, "%s: %d,%d", conn->family->open, id, error);
}

static void on_opened(void *owner, enum emu_link_failure failure)
{
    struct quectel_conn *conn = owner;
    struct quectel *quectel = conn->quectel;
    if (failure != EMU_LINK_OPENED) {
        give_up_opening(conn, conn->family->error_of(quectel, failure));
        if (failure == EMU_LINK_TLS_FAILED && emu_quirk(quectel->emu, QUECTEL_QUIRK_EG800K_566))
            quectel->last_error = QUECTEL_NET_OK;
        return;
    }
    quectel->last_error = QUECTEL_NET_OK;
    conn->state = QUECTEL_CONN_CONNECTED;
    if (conn->family->opened)
        conn->family->opened(conn);
    if (!conn->command_waits) {
        quectel_urc(quectel, "%s: %d,0", conn->family->open, conn->id);
        return;
    }
    conn->command_waits = false;
    emu_finish(quectel->emu, go_online(conn));
}

static void finish_close(struct quectel_conn *conn)
{
    struct emu *emu = conn->quectel->emu;
    conn->command_waits = false;
    quectel_conn_drop(conn);
    emu_finish(emu, emu_ok());
}

static void on_closed(void *owner)
{
    struct quectel_conn *conn = owner;
    if (conn->command_waits)
        finish_close(conn);
}

static void on_drained(void *owner)
{
    struct quectel_conn *conn = owner;
    if (conn->command_waits)
        finish_close(conn);
}

static void on_close_timeout(void *owner)
{
    finish_close(owner);
}

/* Waits for data to be sent for at most the second parameter. 0: closes immediately (SSL note 2.2.5). */
struct emu_result quectel_conn_close(struct emu_call *call, struct quectel_conn *conn)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long timeout_s = 10;
    if (!conn || call->count > 2 || !emu_param_option(call, 1, 0, 65535, &timeout_s))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    if (conn->state == QUECTEL_CONN_INITIAL)
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    quectel->last_error = QUECTEL_NET_OK;
    if (conn->link.state == EMU_LINK_UP && conn->link.out.used > 0 && timeout_s > 0) {
        conn->command_waits = true;
        emu_timer_start(&quectel->emu->loop, &conn->closing,
                        emu_loop_now(&quectel->emu->loop) + emu_seconds(timeout_s));
        return emu_pending();
    }
    quectel_conn_drop(conn);
    return emu_ok();
}

struct emu_result quectel_conn_switch(struct quectel_conn *conn, enum quectel_access access)
{
    if (conn->state != QUECTEL_CONN_CONNECTED || (conn->serves_udp && access == QUECTEL_ACCESS_TRANSPARENT))
        return quectel_fail(conn->quectel, QUECTEL_NET_INVALID_PARAMETER);
    conn->access = access;
    conn->announced = false;
    conn->quectel->last_error = QUECTEL_NET_OK;
    return access == QUECTEL_ACCESS_TRANSPARENT ? go_online(conn) : emu_ok();
}

struct emu_result quectel_conn_back_online(struct quectel *quectel)
{
    struct quectel_conn *conn = quectel->last_transparent;
    if (!conn || conn->state != QUECTEL_CONN_CONNECTED || conn->access != QUECTEL_ACCESS_TRANSPARENT)
        return emu_result(EMU_RESULT_NO_CARRIER);
    return go_online(conn);
}

void quectel_conns_each(struct quectel *quectel, void (*visit)(struct quectel_conn *conn, void *argument),
                        void *argument)
{
    for (int family = 0; family < 2; family++)
        for (int i = 0; i < QUECTEL_CONNS; i++)
            visit(&quectel->conns[family][i], argument);
}

static void count(struct quectel_conn *conn, void *argument)
{
    *(size_t *)argument += conn->state != QUECTEL_CONN_INITIAL;
}

size_t quectel_conns_open(struct quectel *quectel)
{
    size_t open = 0;
    quectel_conns_each(quectel, count, &open);
    return open;
}

void quectel_conn_report_close(struct quectel_conn *conn)
{
    conn->close_reported = true;
    conn->state = QUECTEL_CONN_CLOSING;
    if (conn->online) {
        quectel_conn_go_offline(conn);
        emu_final(conn->quectel->emu, emu_result(EMU_RESULT_NO_CARRIER));
    } else {
        quectel_urc(conn->quectel, "%s: \"closed\",%d", conn->family->urc, conn->id);
    }
}

static void drop_if_on_context(struct quectel_conn *conn, void *context)
{
    if (conn->state == QUECTEL_CONN_INITIAL || conn->context != *(int *)context)
        return;
    if (conn->state == QUECTEL_CONN_OPENING) {
        give_up_opening(conn, QUECTEL_NET_PDP_BROKEN);
        return;
    }
    emu_link_close(&conn->link);
    stop_listening(conn);
    if (conn->command_waits)
        finish_close(conn);
    else if (!conn->close_reported)
        quectel_conn_report_close(conn);
}

void quectel_conns_drop_context(struct quectel *quectel, int context)
{
    quectel_conns_each(quectel, drop_if_on_context, &context);
}

void quectel_conn_peer(const struct quectel_conn *conn, char text[QUECTEL_HOST_MAX + 1])
{
    struct emu_address peer;
    if (emu_link_address(&conn->link, &peer))
        emu_address_text(&peer, text);
    else
        memcpy(text, conn->host, sizeof conn->host);
}
