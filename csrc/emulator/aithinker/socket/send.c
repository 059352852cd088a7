#include "emulator/aithinker/socket/send.h"

#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/responses.h"
#include "emulator/aithinker/socket/conn.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/interpreter/reply.h"

#include <string.h>

/* Returns the connection to send to, or NULL with *error set. */
static struct aithinker_conn *target(struct aithinker *aithinker, long long id, int *error)
{
    struct aithinker_conn *conn = aithinker_conn_find(aithinker, (long)id);
    if (!conn)
        *error = AITHINKER_CONID;
    else if (conn->type == AITHINKER_TCP_SERVER || conn->type == AITHINKER_SSL_SERVER)
        *error = AITHINKER_SOCKET_TYPE;
    else if (!aithinker_conn_is_up(conn))
        *error = AITHINKER_SOCKET_STATE;
    else
        return conn;
    return NULL;
}

/* Once its connection is closed, a send remains failed: by the time its last byte arrives, another
 * connection may have the same id. */
static void mark_failed_if_closed(struct aithinker *aithinker)
{
    struct aithinker_send *send = aithinker->send;
    const struct aithinker_conn *conn = aithinker_conn_find(aithinker, send->id);
    if (!send->silent && (!conn || !aithinker_conn_is_up(conn)))
        send->failed = true;
}

/* Sends the chunk. Returns false if that is not possible yet. */
static bool flush(struct aithinker *aithinker)
{
    struct aithinker_send *send = aithinker->send;
    mark_failed_if_closed(aithinker);
    if (send->silent || send->failed ||
        aithinker_conn_send(aithinker_conn_find(aithinker, send->id), send->chunk, send->length))
        send->length = 0;
    return send->length == 0;
}

static void finish(struct aithinker *aithinker)
{
    const struct aithinker_send *send = aithinker->send;
    struct emu_result result = send->failed ? aithinker_fail(AITHINKER_SOCKET_SEND) : emu_ok();
    if (send->silent || (send->failed && emu_quirk(aithinker->emu, AITHINKER_QUIRK_SILENT_SEND)))
        result = emu_result(EMU_RESULT_SILENT);
    emu_mode_leave_data(aithinker->emu);
    aithinker->send->id = 0;
    emu_finish(aithinker->emu, result);
}

static size_t consume(void *owner, const char *bytes, size_t length)
{
    struct aithinker *aithinker = owner;
    struct aithinker_send *send = aithinker->send;
    if ((send->length == AITHINKER_CHUNK || send->left == 0) && !flush(aithinker))
        return 0;
    size_t used = AITHINKER_CHUNK - send->length;
    used = used < send->left ? used : send->left;
    used = used < length ? used : length;
    memcpy(send->chunk + send->length, bytes, used);
    send->length += used;
    send->left -= used;
    if (send->left == 0 && flush(aithinker))
        finish(aithinker);
    return used;
}

bool aithinker_send_continue(struct aithinker *aithinker)
{
    const struct aithinker_send *send = aithinker->send;
    if (send->id == 0)
        return false;
    mark_failed_if_closed(aithinker);
    if (send->left > 0 || !flush(aithinker))
        return false;
    finish(aithinker);
    return true;
}

struct emu_result aithinker_send(struct emu_call *call)
{
    struct emu *emu = call->emu;
    struct aithinker *aithinker = aithinker_of(emu);
    long long id, length;
    int error = 0;
    if (call->count != 2 || !emu_param_number(call, 0, 1, INT32_MAX, &id) ||
        !emu_param_number(call, 1, 1, INT32_MAX, &length))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    const struct aithinker_conn *conn = target(aithinker, id, &error);
    bool silent = !conn && emu_quirk(emu, AITHINKER_QUIRK_SILENT_SEND);
    if (!conn && !silent)
        return aithinker_fail(error);
    *aithinker->send = (struct aithinker_send){.id = (long)id, .left = (size_t)length, .silent = silent};
    const struct emu_data_mode mode = {
        .consume = consume, .owner = aithinker, .urcs = emu_quirk(emu, AITHINKER_QUIRK_EVENTS_ANYWHERE)};
    emu_prompt(emu);
    emu_mode_enter_data(emu, &mode);
    return emu_pending();
}

/* Sends the first <length> bytes. Fewer bytes than <length> are an error. */
struct emu_result aithinker_send_line(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    long long id, length;
    int error = 0;
    if (call->count != 3)
        return aithinker_fail(AITHINKER_BAD_FORMAT);
    if (!emu_param_number(call, 0, 1, INT32_MAX, &id) ||
        !emu_param_number(call, 1, 1, (long long)call->params[2].length, &length))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    struct aithinker_conn *conn = target(aithinker, id, &error);
    bool sent = conn && aithinker_conn_send(conn, call->params[2].text, (size_t)length);
    if (sent)
        return emu_ok();
    if (emu_quirk(call->emu, AITHINKER_QUIRK_SILENT_SEND))
        return emu_result(EMU_RESULT_SILENT);
    return aithinker_fail(conn ? AITHINKER_SOCKET_SEND : error);
}
