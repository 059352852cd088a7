#define _GNU_SOURCE /* accept4 */
#include "emulator/net/ftp/session.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LOSS_LIMIT_S = 5
};

static void on_opened(void *owner, enum emu_link_failure failure);
static void on_closed(void *owner);
static void on_drained(void *owner);
static void on_second(void *owner);
static void on_transfer(struct emu_ftp *ftp, int code);

static const struct emu_link_events data_events = {
    .opened = on_opened,
    .closed = on_closed,
    .drained = on_drained,
};

static void stop_listening(struct emu_ftp *ftp)
{
    struct emu_watch *listener = &ftp->data.listener;
    emu_watch_remove(ftp->net->loop, listener);
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
}

void emu_ftp_data_close(struct emu_ftp *ftp)
{
    struct emu_ftp_data *data = &ftp->data;
    emu_link_close(&data->link);
    emu_timer_stop(ftp->net->loop, &data->second);
    stop_listening(ftp);
    *data = (struct emu_ftp_data){.listener.fd = -1};
}

/* The data connection is finished and only the server's reply is outstanding. If the connection was lost,
 * the server may never reply (pyftpdlib 1.5.7, if it had not accepted the connection yet). */
static void end_data(struct emu_ftp *ftp, enum emu_ftp_failure failure)
{
    struct emu_loop *loop = ftp->net->loop;
    if (ftp->data.failure == EMU_FTP_OK)
        ftp->data.failure = failure;
    ftp->data.state = EMU_FTP_DATA_OVER;
    emu_ftp_start_reply_timer(ftp);
    emu_time soon = emu_seconds(LOSS_LIMIT_S);
    if (ftp->data.failure != EMU_FTP_OK && ftp->reply_limit > soon)
        emu_timer_start(loop, &ftp->limit, loop->now + soon);
}

static void send_transfer(struct emu_ftp *ftp)
{
    emu_ftp_send_command(ftp, on_transfer, ftp->transfer.verb, ftp->transfer.argument);
}

static void on_rest(struct emu_ftp *ftp, int code)
{
    if (code == 350)
        send_transfer(ftp);
    else
        emu_ftp_complete(ftp, EMU_FTP_REFUSED, code);
}

static void send_rest(struct emu_ftp *ftp)
{
    char offset[24];
    snprintf(offset, sizeof offset, "%" PRIu64, ftp->transfer.offset);
    if (ftp->transfer.offset > 0)
        emu_ftp_send_command(ftp, on_rest, "REST", offset);
    else
        send_transfer(ftp);
}

/* Once the server has agreed and the connection is up: starts TLS, if used, then the data. Resumes the TLS
 * session of the control connection, which many servers require. */
static void start_flow(struct emu_ftp *ftp)
{
    struct emu_ftp_data *data = &ftp->data;
    if (!data->agreed || data->state != EMU_FTP_DATA_CONNECTED)
        return;
    emu_timer_stop(ftp->net->loop, &ftp->limit);
    if (!ftp->secured) {
        data->state = EMU_FTP_DATA_FLOWING;
        ftp->events->flowing(ftp->owner);
        return;
    }
    if (data->link.state != EMU_LINK_UP) {
        end_data(ftp, EMU_FTP_DATA_LOST);
        return;
    }
    SSL_SESSION *session = emu_tls_session(ftp->control.tls);
    data->state = EMU_FTP_DATA_HANDSHAKING;
    emu_link_secure(&data->link, ftp->plan.make_tls(ftp->owner, session), ftp->plan.handshake_limit);
    SSL_SESSION_free(session);
}

static void on_transfer(struct emu_ftp *ftp, int code)
{
    struct emu_ftp_data *data = &ftp->data;
    data->agreed = data->agreed || code < 300;
    if (code >= 200) {
        data->final = code;
        ftp->next = NULL;
        emu_timer_stop(ftp->net->loop, &ftp->limit);
    }
    start_flow(ftp);
}

void emu_ftp_data_check_end(struct emu_ftp *ftp)
{
    struct emu_ftp_data *data = &ftp->data;
    if (data->state == EMU_FTP_DATA_FLOWING && !ftp->transfer.upload && data->link.state == EMU_LINK_CLOSED &&
        data->link.in.used == 0)
        end_data(ftp, EMU_FTP_OK);
    if (data->final == 0)
        return;
    bool refused = data->final >= 400;
    if (data->state == EMU_FTP_DATA_OVER && data->stopped)
        emu_ftp_complete(ftp, EMU_FTP_OK, data->final);
    else if (data->failure != EMU_FTP_OK && (data->agreed || !refused))
        emu_ftp_complete(ftp, data->failure, refused ? data->final : 0);
    else if (refused) /* ProFTPD resets the data connection before it refuses the transfer */
        emu_ftp_complete(ftp, EMU_FTP_REFUSED, data->final);
    else if (data->state == EMU_FTP_DATA_OVER || data->state == EMU_FTP_DATA_LISTENING)
        emu_ftp_complete(ftp, EMU_FTP_OK, data->final);
}

static void connect_to(struct emu_ftp *ftp, const char *host)
{
    struct emu_ftp_data *data = &ftp->data;
    const struct emu_link_plan plan = {.host = host, .port = data->port, .connect_limit = ftp->reply_limit};
    emu_link_close(&data->link);
    data->state = EMU_FTP_DATA_CONNECTING;
    emu_link_open(&data->link, ftp->net, &plan, &data_events, ftp);
    emu_link_size_buffer(&data->link, ftp->transfer.buffer);
}

static void connect_given(struct emu_ftp *ftp)
{
    emu_timer_stop(ftp->net->loop, &ftp->data.second);
    ftp->data.tried_given = true;
    connect_to(ftp, ftp->data.given);
}

static void on_second(void *owner)
{
    connect_given(owner);
}

/* The address of the control connection is already translated by --resolve; the one given by the server
 * still has to be. */
static void connect_passive(struct emu_ftp *ftp)
{
    struct emu_ftp_data *data = &ftp->data;
    struct emu_address peer;
    char text[EMU_ADDRESS_TEXT] = "";
    if (emu_link_address(&ftp->control, &peer))
        emu_address_text(&peer, text);
    if (strcmp(data->given, "0.0.0.0") == 0 || !*data->given)
        memcpy(data->given, text, sizeof data->given);
    if (ftp->transfer.address == EMU_FTP_ADDRESS_GIVEN) {
        connect_given(ftp);
        return;
    }
    data->tried_given = ftp->transfer.address == EMU_FTP_ADDRESS_CONTROL;
    data->second = (struct emu_timer){.on_due = on_second, .owner = ftp};
    if (!data->tried_given)
        emu_timer_start(ftp->net->loop, &data->second, ftp->net->loop->now + ftp->transfer.address_limit);
    connect_to(ftp, text);
}

static void on_passive(struct emu_ftp *ftp, int code)
{
    struct emu_ftp_data *data = &ftp->data;
    bool good = (code == 227 && emu_ftp_reply_pasv(ftp->reply.text, data->given, &data->port)) ||
                (code == 229 && emu_ftp_reply_epsv(ftp->reply.text, &data->port));
    if (!good) {
        emu_ftp_complete(ftp, EMU_FTP_DATA_NOT_OPENED, code >= 400 ? code : 0);
        return;
    }
    emu_timer_stop(ftp->net->loop, &ftp->limit);
    ftp->next = NULL;
    connect_passive(ftp);
}

static void mark_connected(struct emu_ftp *ftp)
{
    emu_timer_stop(ftp->net->loop, &ftp->data.second);
    ftp->data.state = EMU_FTP_DATA_CONNECTED;
}

static void on_opened(void *owner, enum emu_link_failure failure)
{
    struct emu_ftp *ftp = owner;
    struct emu_ftp_data *data = &ftp->data;
    bool handshaking = data->state == EMU_FTP_DATA_HANDSHAKING;
    if (failure == EMU_LINK_OPENED && handshaking) {
        data->state = EMU_FTP_DATA_FLOWING;
        ftp->events->flowing(ftp->owner);
    } else if (failure == EMU_LINK_OPENED) {
        mark_connected(ftp);
        send_rest(ftp);
    } else if (handshaking) {
        end_data(ftp, EMU_FTP_TLS_FAILED);
    } else if (!data->tried_given) {
        connect_given(ftp);
    } else {
        emu_ftp_complete(ftp, EMU_FTP_DATA_NOT_OPENED, 0);
    }
}

/* A download that ended normally still has to be consumed. */
static void on_closed(void *owner)
{
    struct emu_ftp *ftp = owner;
    struct emu_ftp_data *data = &ftp->data;
    if (data->state == EMU_FTP_DATA_FINISHING && !data->link.broken)
        end_data(ftp, data->link.out.used > 0 ? EMU_FTP_DATA_LOST : EMU_FTP_OK);
    else if (ftp->transfer.upload || data->link.broken)
        end_data(ftp, EMU_FTP_DATA_LOST);
}

static void on_drained(void *owner)
{
    struct emu_ftp *ftp = owner;
    if (ftp->data.state != EMU_FTP_DATA_FINISHING)
        return;
    emu_link_close(&ftp->data.link);
    end_data(ftp, EMU_FTP_OK);
}

static void on_connection(void *owner, short events)
{
    (void)events;
    struct emu_ftp *ftp = owner;
    int fd = accept4(ftp->data.listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    stop_listening(ftp);
    emu_link_adopt(&ftp->data.link, ftp->net, fd, &data_events, ftp);
    emu_link_size_buffer(&ftp->data.link, ftp->transfer.buffer);
    mark_connected(ftp);
    start_flow(ftp);
}

static void on_port(struct emu_ftp *ftp, int code)
{
    if (code == 200)
        send_rest(ftp);
    else
        emu_ftp_complete(ftp, EMU_FTP_DATA_NOT_OPENED, code);
}

/* Listens on the local address of the control connection, which is stored in *local. */
static bool listen_active(struct emu_ftp *ftp, struct emu_address *local)
{
    local->length = sizeof local->storage;
    if (getsockname(ftp->control.watch.fd, (struct sockaddr *)&local->storage, &local->length) != 0)
        return false;
    if (local->storage.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&local->storage)->sin6_port = 0;
    else
        ((struct sockaddr_in *)&local->storage)->sin_port = 0;
    int fd = socket(local->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    ftp->data.listener =
        (struct emu_watch){.fd = fd, .events = POLLIN, .on_ready = on_connection, .owner = ftp};
    return bind(fd, (struct sockaddr *)&local->storage, local->length) == 0 && listen(fd, 1) == 0 &&
           getsockname(fd, (struct sockaddr *)&local->storage, &local->length) == 0;
}

static void open_active(struct emu_ftp *ftp)
{
    struct emu_address local;
    char text[EMU_ADDRESS_TEXT], argument[EMU_ADDRESS_TEXT + 16];
    if (ftp->secured || !listen_active(ftp, &local)) {
        /* FTP note 2.1: FTPS excludes active mode. This may run inside a call, so the failure is reported
         * in the next round. The server was not involved, so no reply is outstanding. */
        stop_listening(ftp);
        ftp->data.failure = EMU_FTP_DATA_NOT_OPENED;
        ftp->data.final = 200;
        return;
    }
    emu_address_text(&local, text);
    unsigned port = emu_address_port(&local);
    ftp->data.state = EMU_FTP_DATA_LISTENING;
    emu_watch_add(ftp->net->loop, &ftp->data.listener);
    if (local.storage.ss_family == AF_INET6) {
        snprintf(argument, sizeof argument, "|2|%s|%u|", text, port);
        emu_ftp_send_command(ftp, on_port, "EPRT", argument);
        return;
    }
    for (char *dot = text; (dot = strchr(dot, '.'));)
        *dot = ',';
    snprintf(argument, sizeof argument, "%s,%u,%u", text, port / 256, port % 256);
    emu_ftp_send_command(ftp, on_port, "PORT", argument);
}

void emu_ftp_data_open(struct emu_ftp *ftp)
{
    struct emu_address peer;
    ftp->next = NULL;
    emu_timer_stop(ftp->net->loop, &ftp->limit);
    if (ftp->transfer.active) {
        open_active(ftp);
        return;
    }
    bool v6 = emu_link_address(&ftp->control, &peer) && peer.storage.ss_family == AF_INET6;
    emu_ftp_send_command(ftp, on_passive, v6 ? "EPSV" : "PASV", NULL);
}

void emu_ftp_consumed(struct emu_ftp *ftp)
{
    emu_link_consumed(&ftp->data.link, 0);
}

size_t emu_ftp_write(struct emu_ftp *ftp, const char *bytes, size_t length)
{
    return ftp->data.state == EMU_FTP_DATA_FLOWING ? emu_link_send(&ftp->data.link, bytes, length) : 0;
}

void emu_ftp_finish(struct emu_ftp *ftp)
{
    if (ftp->data.state != EMU_FTP_DATA_FLOWING)
        return;
    ftp->data.state = EMU_FTP_DATA_FINISHING;
    emu_ftp_start_reply_timer(ftp);
    if (ftp->data.link.out.used == 0)
        on_drained(ftp);
}

void emu_ftp_stop(struct emu_ftp *ftp)
{
    struct emu_ftp_data *data = &ftp->data;
    if (data->state != EMU_FTP_DATA_FLOWING && data->state != EMU_FTP_DATA_FINISHING)
        return;
    data->stopped = true;
    if (ftp->transfer.reset)
        emu_link_reset(&data->link);
    else
        emu_link_close(&data->link);
    end_data(ftp, EMU_FTP_OK);
}

void emu_ftp_break_data(struct emu_ftp *ftp)
{
    if (ftp->data.state != EMU_FTP_DATA_FLOWING && ftp->data.state != EMU_FTP_DATA_FINISHING)
        return;
    emu_link_reset(&ftp->data.link);
    end_data(ftp, EMU_FTP_DATA_LOST);
}
