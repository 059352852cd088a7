#include "emulator/aithinker/socket/transparent.h"

#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/params.h"
#include "emulator/aithinker/responses.h"
#include "emulator/aithinker/settings.h"
#include "emulator/aithinker/socket/conn.h"
#include "emulator/aithinker/socket/send.h"
#include "emulator/aithinker/socket/server.h"
#include "emulator/interpreter/mode.h"
#include "emulator/interpreter/reply.h"

#include <string.h>

enum {
    PACKET_MS = 20 /* SDK constant: a packet is sent after this silence or at 1024 bytes */
};

static void on_idle(void *owner);

void aithinker_transparent_init(struct aithinker *aithinker)
{
    aithinker->transparent_conn = NULL;
    aithinker->udp_follows_last = false;
    *aithinker->transparent = (struct aithinker_transparent){0};
    aithinker->transparent->idle = (struct emu_timer){.on_due = on_idle, .owner = aithinker};
}

void aithinker_transparent_stop(struct aithinker *aithinker)
{
    emu_timer_stop(&aithinker->emu->loop, &aithinker->transparent->idle);
    aithinker->transparent_conn = NULL;
}

/* Sends the data collected so far, or drops it if the connection is closed. Returns false if sending is
 * not possible yet. */
static bool flush(struct aithinker *aithinker)
{
    struct aithinker_transparent *tt = aithinker->transparent;
    if (tt->length == 0 || !aithinker_conn_is_up(aithinker->transparent_conn) ||
        aithinker_conn_send(aithinker->transparent_conn, tt->chunk, tt->length))
        tt->length = 0;
    return tt->length == 0;
}

static void restart_idle(struct aithinker *aithinker)
{
    struct emu_loop *loop = &aithinker->emu->loop;
    emu_timer_start(loop, &aithinker->transparent->idle, emu_loop_now(loop) + emu_ms(PACKET_MS));
}

static void add_pluses(struct aithinker_transparent *tt)
{
    for (; tt->pluses > 0 && tt->length < AITHINKER_CHUNK; tt->pluses--)
        tt->chunk[tt->length++] = '+';
}

static void on_idle(void *owner)
{
    struct aithinker *aithinker = owner;
    add_pluses(aithinker->transparent); /* only three pluses in one packet end the mode */
    if (!flush(aithinker))
        restart_idle(aithinker);
}

/* Returns false if data still has to be sent first. */
static bool leave_transparent(struct aithinker *aithinker)
{
    aithinker->transparent->leaving = !flush(aithinker);
    if (aithinker->transparent->leaving)
        return false;
    emu_mode_leave_data(aithinker->emu);
    aithinker_transparent_stop(aithinker);
    emu_final(aithinker->emu, emu_ok());
    return true;
}

bool aithinker_transparent_continue(struct aithinker *aithinker)
{
    return aithinker->transparent_conn && aithinker->transparent->leaving && leave_transparent(aithinker);
}

static size_t consume(void *owner, const char *bytes, size_t length)
{
    struct aithinker *aithinker = owner;
    struct aithinker_transparent *tt = aithinker->transparent;
    if (tt->leaving || (tt->length == AITHINKER_CHUNK && !flush(aithinker)))
        return 0;
    size_t used = AITHINKER_CHUNK - tt->length;
    used = used < length ? used : length;
    memcpy(tt->chunk + tt->length, bytes, used);
    tt->length += used;
    if (tt->length < AITHINKER_CHUNK || !flush(aithinker))
        restart_idle(aithinker);
    return used;
}

/* Works byte by byte, for firmware that leaves the mode at any "+++" in the data. */
static size_t consume_until_pluses(void *owner, const char *bytes, size_t length)
{
    struct aithinker *aithinker = owner;
    struct aithinker_transparent *tt = aithinker->transparent;
    (void)length;
    if (tt->leaving || (tt->length > AITHINKER_CHUNK - 4 && !flush(aithinker)))
        return 0;
    restart_idle(aithinker);
    if (*bytes == '+') {
        if (++tt->pluses == 3)
            leave_transparent(aithinker);
        return 1;
    }
    add_pluses(tt);
    tt->chunk[tt->length++] = *bytes;
    return 1;
}

static void on_escape(void *owner)
{
    leave_transparent(owner);
}

static void enter(struct aithinker_conn *conn)
{
    struct aithinker *aithinker = conn->aithinker;
    struct aithinker_transparent *tt = aithinker->transparent;
    bool plus_anywhere = emu_quirk(aithinker->emu, AITHINKER_QUIRK_TT_EXIT_ANYWHERE);
    aithinker->transparent_conn = conn;
    tt->leaving = false;
    tt->pluses = 0;
    tt->length = 0;
    const struct emu_data_mode mode = {
        .consume = plus_anywhere ? consume_until_pluses : consume,
        .escape = plus_anywhere ? NULL : on_escape,
        .owner = aithinker,
        .urcs = emu_quirk(aithinker->emu, AITHINKER_QUIRK_TT_EVENTS),
    };
    emu_prompt(aithinker->emu);
    emu_mode_enter_data(aithinker->emu, &mode);
}

/* Conditions of the TCP/IP page: a single client, a server with a single seed, or a single UDP server. */
static struct aithinker_conn *eligible(struct aithinker *aithinker)
{
    struct aithinker_conn *found = NULL, *server = NULL;
    size_t count = aithinker_conns_count(aithinker);
    for (int i = 0; i < AITHINKER_CONNS; i++) {
        struct aithinker_conn *conn = &aithinker->conns[i];
        if (!conn->id)
            continue;
        if (conn->type == AITHINKER_TCP_SERVER || conn->type == AITHINKER_SSL_SERVER)
            server = conn;
        else
            found = conn;
    }
    if (!found || found->status != AITHINKER_CONNECTED)
        return NULL;
    if (aithinker_is_seed(found->type))
        return count == 2 && server && server->id == found->server ? found : NULL;
    return count == 1 ? found : NULL;
}

static struct emu_result go_transparent(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    long long mode = 0;
    if (call->form == EMU_WRITE && (call->count != 1 || !emu_param_number(call, 0, 0, 2, &mode) || mode == 1))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    struct aithinker_conn *conn = eligible(aithinker);
    if (!conn)
        return aithinker_fail(AITHINKER_SOCKET_TT);
    aithinker->udp_follows_last = mode == 2;
    enter(conn);
    return emu_result(EMU_RESULT_SILENT);
}

static bool can_be_automatic(enum aithinker_type type)
{
    return type == AITHINKER_UDP_SERVER || type == AITHINKER_UDP_CLIENT || type == AITHINKER_TCP_CLIENT ||
           type == AITHINKER_SSL_CLIENT;
}

static struct emu_result keep(struct aithinker *aithinker, const struct aithinker_target *target)
{
    aithinker->settings->autott = *target;
    return aithinker_settings_save(aithinker) ? emu_ok() : aithinker_fail(AITHINKER_FLASH);
}

static struct emu_result configure(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    struct aithinker_target target = {0};
    long long type;
    if (!emu_param_number(call, 0, 0, AITHINKER_SSL_SEED, &type))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    if (type == 0)
        return keep(aithinker, &target);
    target.type = (unsigned)type;
    if (!can_be_automatic((enum aithinker_type)type))
        return aithinker_fail(AITHINKER_SOCKET_TYPE);
    size_t used = aithinker_read_target(call, (enum aithinker_type)type, target.host, &target.port);
    return used == call->count ? keep(aithinker, &target) : aithinker_fail(AITHINKER_BAD_VALUE);
}

/* A server has no remote host. Its port is assumed to stand in the same place; the page has no example. */
static struct emu_result show(struct emu_call *call)
{
    const struct aithinker_target *target = &aithinker_of(call->emu)->settings->autott;
    if (target->type == 0)
        emu_info(call->emu, "+SOCKETAUTOTT:0");
    else
        emu_info(call->emu, "+SOCKETAUTOTT:%u,%s,%u", target->type, target->host, target->port);
    return emu_ok();
}

/* Printed as by V4.18_P1.4.4, which omits OK for UDP. */
static void on_autott_opened(struct aithinker_conn *conn)
{
    struct emu *emu = conn->aithinker->emu;
    bool datagram = conn->type == AITHINKER_UDP_CLIENT || conn->type == AITHINKER_UDP_SERVER;
    aithinker_print(emu, "connect success ConID=%ld\r\n", conn->id);
    if (!datagram)
        emu_final(emu, emu_ok());
    if (!emu->mode->in_data && eligible(conn->aithinker) == conn)
        enter(conn);
}

static void on_autott_failed(struct aithinker_conn *conn, int error)
{
    struct emu *emu = conn->aithinker->emu;
    aithinker_conn_free(conn);
    aithinker_print_error(emu, "+SOCKET", error);
}

static const struct aithinker_conn_events autott_events = {
    .opened = on_autott_opened,
    .failed = on_autott_failed,
};

void aithinker_autott_start(struct aithinker *aithinker)
{
    const struct aithinker_target *target = &aithinker->settings->autott;
    struct aithinker_conn *conn =
        target->type ? aithinker_conn_new(aithinker, (enum aithinker_type)target->type, 0) : NULL;
    if (!conn)
        return;
    memcpy(conn->host, target->host, sizeof conn->host);
    conn->port = target->port;
    bool server = aithinker_is_server(conn->type);
    int error = server ? aithinker_server_open(conn) : aithinker_conn_open(conn, &autott_events);
    if (error) {
        on_autott_failed(conn, error);
    } else if (server) {
        on_autott_opened(conn);
    }
}

const struct emu_command aithinker_transparent_commands[] = {
    {.name = "+SOCKETTT", .execute = go_transparent, .write = go_transparent},
    {.name = "+SOCKETAUTOTT", .write = configure, .read = show},
    {0},
};
