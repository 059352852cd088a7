#include "emulator/net/ftp/client.h"

#include "emulator/alloc.h"
#include "emulator/net/ftp/session.h"

#include <stdlib.h>
#include <string.h>

static void on_control_opened(void *owner, enum emu_link_failure failure);
static void on_nothing(void *owner);
static void on_limit(void *owner);
static void on_delay_over(void *owner);
static void on_greeting(struct emu_ftp *ftp, int code);

static const struct emu_link_events control_events = {
    .opened = on_control_opened,
    .closed = on_nothing, /* emu_ftp_run handles this after the last replies */
    .drained = on_nothing,
};

static void on_nothing(void *owner)
{
    (void)owner;
}

static void forget_arguments(struct emu_ftp *ftp)
{
    free(ftp->first);
    free(ftp->second);
    ftp->first = ftp->second = NULL;
}

void emu_ftp_close(struct emu_ftp *ftp)
{
    if (!ftp->net)
        return;
    emu_ftp_data_close(ftp);
    emu_link_close(&ftp->control);
    emu_timer_stop(ftp->net->loop, &ftp->limit);
    emu_timer_stop(ftp->net->loop, &ftp->reply_timer);
    forget_arguments(ftp);
    free(ftp->host);
    free(ftp->user);
    free(ftp->password);
    ftp->host = ftp->user = ftp->password = NULL;
    ftp->logged_in = ftp->busy = ftp->reply_held = false;
    ftp->next = NULL;
}

void emu_ftp_start_reply_timer(struct emu_ftp *ftp)
{
    emu_timer_start(ftp->net->loop, &ftp->limit, emu_loop_now(ftp->net->loop) + ftp->reply_limit);
}

void emu_ftp_send_command(struct emu_ftp *ftp, void (*next)(struct emu_ftp *ftp, int code), const char *verb,
                          const char *argument)
{
    char *line = argument && *argument ? emu_text("%s %s\r\n", verb, argument) : emu_text("%s\r\n", verb);
    ftp->next = next;
    emu_ftp_start_reply_timer(ftp);
    emu_link_send(&ftp->control, line, strlen(line));
    free(line);
}

void emu_ftp_complete(struct emu_ftp *ftp, enum emu_ftp_failure failure, int code)
{
    emu_timer_stop(ftp->net->loop, &ftp->limit);
    emu_ftp_data_close(ftp);
    forget_arguments(ftp);
    ftp->next = NULL;
    ftp->busy = false;
    ftp->events->done(ftp->owner, failure, code, code ? ftp->reply.text : "");
}

/* Ends the session and the operation in progress. */
static void give_up(struct emu_ftp *ftp, enum emu_ftp_failure failure, int code)
{
    bool busy = ftp->busy;
    emu_ftp_close(ftp);
    if (busy)
        ftp->events->done(ftp->owner, failure, code, code ? ftp->reply.text : "");
}

/* The session is closed because a late reply would be mistaken for the reply to the next command. */
static void on_limit(void *owner)
{
    struct emu_ftp *ftp = owner;
    enum emu_ftp_failure failure = ftp->data.failure;
    give_up(ftp, failure == EMU_FTP_OK ? EMU_FTP_TIMED_OUT : failure, 0);
}

static enum emu_ftp_failure failure_of(enum emu_link_failure failure)
{
    switch (failure) {
    case EMU_LINK_OPENED:
        return EMU_FTP_OK;
    case EMU_LINK_NO_NAME:
        return EMU_FTP_NO_NAME;
    case EMU_LINK_NO_CONNECTION:
        return EMU_FTP_NO_CONNECTION;
    case EMU_LINK_TIMED_OUT:
        return EMU_FTP_TIMED_OUT;
    case EMU_LINK_TLS_FAILED:
        return EMU_FTP_TLS_FAILED;
    }
    return EMU_FTP_NO_CONNECTION;
}

void emu_ftp_open(struct emu_ftp *ftp, struct emu_net *net, const struct emu_ftp_plan *plan,
                  const struct emu_ftp_events *events, void *owner)
{
    emu_time reply_limit = ftp->reply_limit, reply_delay = ftp->reply_delay;
    *ftp = (struct emu_ftp){.net = net, .events = events, .owner = owner, .plan = *plan};
    ftp->reply_limit = reply_limit;
    ftp->reply_delay = reply_delay;
    ftp->host = emu_copy_text(plan->host);
    ftp->user = emu_copy_text(plan->user);
    ftp->password = emu_copy_text(plan->password);
    ftp->plan.host = ftp->plan.user = ftp->plan.password = NULL;
    ftp->limit = (struct emu_timer){.on_due = on_limit, .owner = ftp};
    ftp->reply_timer = (struct emu_timer){.on_due = on_delay_over, .owner = ftp};
    ftp->data.listener.fd = -1;
    ftp->busy = true;
    ftp->secured = plan->security == EMU_FTP_IMPLICIT;
    const struct emu_link_plan link = {
        .host = ftp->host,
        .port = plan->port,
        .secure = ftp->secured,
        .tls = ftp->secured ? plan->make_tls(owner, NULL) : NULL,
        .connect_limit = plan->connect_limit,
        .handshake_limit = plan->handshake_limit,
    };
    emu_link_open(&ftp->control, net, &link, &control_events, ftp);
    ftp->control.never_stalls = true;
}

static void on_logged_in(struct emu_ftp *ftp)
{
    ftp->logged_in = true;
    emu_ftp_complete(ftp, EMU_FTP_OK, 0);
}

static void on_prot(struct emu_ftp *ftp, int code)
{
    if (code == 200)
        on_logged_in(ftp);
    else
        give_up(ftp, EMU_FTP_REFUSED, code);
}

/* RFC 4217, 9: protects the data connections too. */
static void on_pbsz(struct emu_ftp *ftp, int code)
{
    if (code == 200)
        emu_ftp_send_command(ftp, on_prot, "PROT", "P");
    else
        give_up(ftp, EMU_FTP_REFUSED, code);
}

static void on_user_or_password(struct emu_ftp *ftp, int code);

static void finish_login(struct emu_ftp *ftp)
{
    if (ftp->secured)
        emu_ftp_send_command(ftp, on_pbsz, "PBSZ", "0");
    else
        on_logged_in(ftp);
}

static void on_password(struct emu_ftp *ftp, int code)
{
    if (code == 230 || code == 202)
        finish_login(ftp);
    else
        give_up(ftp, EMU_FTP_REFUSED, code);
}

static void on_user_or_password(struct emu_ftp *ftp, int code)
{
    if (code == 331)
        emu_ftp_send_command(ftp, on_password, "PASS", ftp->password);
    else
        on_password(ftp, code);
}

static void log_in(struct emu_ftp *ftp)
{
    emu_ftp_send_command(ftp, on_user_or_password, "USER", ftp->user);
}

static void on_auth(struct emu_ftp *ftp, int code)
{
    if (code != 234) {
        give_up(ftp, EMU_FTP_REFUSED, code);
        return;
    }
    emu_timer_stop(ftp->net->loop, &ftp->limit);
    ftp->secured = true;
    ftp->next = NULL;
    emu_link_secure(&ftp->control, ftp->plan.make_tls(ftp->owner, NULL), ftp->plan.handshake_limit);
}

static void on_greeting(struct emu_ftp *ftp, int code)
{
    if (code != 220)
        give_up(ftp, EMU_FTP_REFUSED, code);
    else if (ftp->plan.security == EMU_FTP_EXPLICIT)
        emu_ftp_send_command(ftp, on_auth, "AUTH", "TLS");
    else
        log_in(ftp);
}

static void on_control_opened(void *owner, enum emu_link_failure failure)
{
    struct emu_ftp *ftp = owner;
    if (failure != EMU_LINK_OPENED) {
        give_up(ftp, failure_of(failure), 0);
    } else if (ftp->secured && ftp->plan.security == EMU_FTP_EXPLICIT) {
        log_in(ftp);
    } else {
        ftp->next = on_greeting;
        emu_ftp_start_reply_timer(ftp);
    }
}

static void begin(struct emu_ftp *ftp, const char *first, const char *second)
{
    forget_arguments(ftp);
    ftp->first = first ? emu_copy_text(first) : NULL;
    ftp->second = second ? emu_copy_text(second) : NULL;
    ftp->busy = true;
}

static void on_reply(struct emu_ftp *ftp, int code)
{
    emu_ftp_complete(ftp, code < 400 ? EMU_FTP_OK : EMU_FTP_REFUSED, code);
}

static void on_quit(struct emu_ftp *ftp, int code)
{
    give_up(ftp, EMU_FTP_OK, code);
}

void emu_ftp_command(struct emu_ftp *ftp, const char *verb, const char *argument)
{
    begin(ftp, NULL, NULL);
    emu_ftp_send_command(ftp, strcmp(verb, "QUIT") == 0 ? on_quit : on_reply, verb, argument);
}

static void on_rename_from(struct emu_ftp *ftp, int code)
{
    if (code == 350)
        emu_ftp_send_command(ftp, on_reply, "RNTO", ftp->second);
    else
        on_reply(ftp, code);
}

void emu_ftp_rename(struct emu_ftp *ftp, const char *from, const char *to)
{
    begin(ftp, from, to);
    emu_ftp_send_command(ftp, on_rename_from, "RNFR", ftp->first);
}

/* Returns true if the type is already set. Otherwise sends TYPE, whose reply goes to `next`. */
static bool has_type(struct emu_ftp *ftp, char type, void (*next)(struct emu_ftp *ftp, int code))
{
    const char text[2] = {type, '\0'};
    if (ftp->type == type)
        return true;
    ftp->type = type;
    emu_ftp_send_command(ftp, next, "TYPE", text);
    return false;
}

static void on_size_type(struct emu_ftp *ftp, int code)
{
    if (code != 200)
        ftp->type = '\0';
    if (code == 200)
        emu_ftp_send_command(ftp, on_reply, "SIZE", ftp->first);
    else
        on_reply(ftp, code);
}

void emu_ftp_size(struct emu_ftp *ftp, const char *path)
{
    begin(ftp, path, NULL);
    if (has_type(ftp, 'I', on_size_type))
        on_size_type(ftp, 200);
}

static void on_transfer_type(struct emu_ftp *ftp, int code)
{
    if (code != 200)
        ftp->type = '\0';
    if (code == 200)
        emu_ftp_data_open(ftp);
    else
        on_reply(ftp, code);
}

void emu_ftp_transfer(struct emu_ftp *ftp, const struct emu_ftp_transfer *transfer)
{
    begin(ftp, transfer->argument, NULL);
    ftp->transfer = *transfer;
    ftp->transfer.argument = ftp->first;
    if (has_type(ftp, transfer->ascii ? 'A' : 'I', on_transfer_type))
        on_transfer_type(ftp, 200);
}

static void on_delay_over(void *owner)
{
    ((struct emu_ftp *)owner)->reply_due = true;
}

/* Reads the next reply. Returns false if there is none or its delay has not passed. */
static bool listen_to(struct emu_ftp *ftp)
{
    bool up = ftp->control.state == EMU_LINK_UP || ftp->control.state == EMU_LINK_CLOSED;
    if (!up || (!ftp->reply_held && !emu_ftp_reply_next(&ftp->reply, &ftp->control.in)))
        return false;
    emu_link_consumed(&ftp->control, 0); /* a stream has no datagrams to count */
    if (ftp->reply_delay > 0 && !ftp->reply_due) {
        if (!ftp->reply_held)
            emu_timer_start(ftp->net->loop, &ftp->reply_timer,
                            emu_loop_now(ftp->net->loop) + ftp->reply_delay);
        ftp->reply_held = true;
        return false;
    }
    ftp->reply_held = ftp->reply_due = false;
    return true;
}

/* 1xx announces another reply. Transfers handle these themselves. */
static bool is_preliminary(const struct emu_ftp *ftp)
{
    return ftp->reply.code < 200 && ftp->data.state == EMU_FTP_DATA_NONE;
}

void emu_ftp_run(struct emu_ftp *ftp)
{
    while (listen_to(ftp)) {
        if (is_preliminary(ftp))
            emu_ftp_start_reply_timer(ftp);
        else if (ftp->next)
            ftp->next(ftp, ftp->reply.code);
    }
    if (ftp->control.state == EMU_LINK_CLOSED && !ftp->reply_held)
        give_up(ftp, ftp->next == on_quit ? EMU_FTP_OK : EMU_FTP_CONTROL_LOST, 0);
    else if (ftp->busy)
        emu_ftp_data_check_end(ftp);
}

void emu_ftp_break_control(struct emu_ftp *ftp)
{
    emu_link_reset(&ftp->control);
    give_up(ftp, EMU_FTP_CONTROL_LOST, 0);
}
