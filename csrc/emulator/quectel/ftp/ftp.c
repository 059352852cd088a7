/* The commands of the FTP note, except for settings and transfers. */
#include "emulator/quectel/ftp/ftp.h"

#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/ftp/transfer.h"
#include "emulator/quectel/network/pdp.h"
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/ssl/ssl.h"

#include <stdio.h>
#include <string.h>

enum {
    CONNECT_LIMIT_S = 125, /* FTP note 2.2 */
    STANDARD_PORT = 21,
};

void quectel_ftp_init(struct quectel *quectel)
{
    *quectel->ftp = (struct quectel_ftp){.state = QUECTEL_FTP_CLOSED, .timeout_ms = quectel->ftp->timeout_ms};
    quectel_ftp_settings_init(&quectel->ftp->settings);
    quectel_ftp_transfer_init(quectel);
}

/* Pending faults are kept, so that a second one can strike after the first has rebooted the module. */
void quectel_ftp_drop(struct quectel *quectel)
{
    const struct quectel_ftp_faults faults = quectel->ftp->faults;
    emu_time delay = quectel->ftp->client.reply_delay;
    quectel_ftp_transfer_stop(quectel);
    emu_ftp_close(&quectel->ftp->client);
    quectel_ftp_init(quectel);
    quectel->ftp->faults = faults;
    quectel->ftp->faults.stalled = false;
    quectel->ftp->client.reply_delay = delay;
}

static int error_of_code(int code)
{
    static const struct {
        int code, error;
    } errors[] = {
        {332, QUECTEL_FTP_NEED_ACCOUNT},
        {421, QUECTEL_FTP_SERVICE_GONE},
        {425, QUECTEL_FTP_DATA_NOT_OPENED},
        {426, QUECTEL_FTP_ABORTED},
        {450, QUECTEL_FTP_FILE_ACTION_NOT_TAKEN},
        {451, 618},
        {452, 619},
        {500, 620},
        {501, 621},
        {502, 622},
        {503, 623},
        {504, 624},
        {530, QUECTEL_FTP_NOT_LOGGED_IN},
        {532, QUECTEL_FTP_NEED_ACCOUNT},
        {550, QUECTEL_FTP_NOT_TAKEN},
        {551, 628},
        {552, 629},
    };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].code == code)
            return errors[i].error;
    if (code >= 500)
        return QUECTEL_FTP_NOT_TAKEN; /* includes 553: the note has no 630 */
    return code >= 400 ? QUECTEL_FTP_FILE_ACTION_NOT_TAKEN : QUECTEL_FTP_UNKNOWN;
}

int quectel_ftp_error(enum emu_ftp_failure failure, int code)
{
    switch (failure) {
    case EMU_FTP_OK:
        return 0;
    case EMU_FTP_REFUSED:
        return error_of_code(code);
    case EMU_FTP_NO_NAME:
        return QUECTEL_FTP_DNS_FAILED;
    case EMU_FTP_NO_CONNECTION:
        return QUECTEL_FTP_NETWORK;
    case EMU_FTP_TIMED_OUT:
        return QUECTEL_FTP_TIMEOUT;
    case EMU_FTP_TLS_FAILED:
        return QUECTEL_FTP_TLS_FAILED;
    case EMU_FTP_CONTROL_LOST:
        return QUECTEL_FTP_CONTROL_CLOSED;
    case EMU_FTP_DATA_LOST:
        return QUECTEL_FTP_DATA_CLOSED;
    case EMU_FTP_DATA_NOT_OPENED:
        return QUECTEL_FTP_DATA_NOT_OPENED;
    }
    return QUECTEL_FTP_UNKNOWN;
}

emu_time quectel_ftp_response_limit(const struct quectel *quectel)
{
    const struct quectel_ftp *ftp = quectel->ftp;
    return ftp->timeout_ms ? emu_ms(ftp->timeout_ms) : emu_seconds(ftp->settings.rsptimeout);
}

void quectel_ftp_note_error(struct quectel *quectel, int error)
{
    if (error == QUECTEL_FTP_DATA_NOT_OPENED && emu_quirk(quectel->emu, QUECTEL_QUIRK_FTP_615_POISONS))
        quectel->ftp->poisoned = true;
}

/* Detects that the session was closed by the server or the network while it was idle. */
static void check_session(struct quectel_ftp *ftp)
{
    if (ftp->state != QUECTEL_FTP_IDLE || emu_ftp_is_open(&ftp->client))
        return;
    emu_ftp_close(&ftp->client);
    ftp->state = QUECTEL_FTP_CLOSED;
    ftp->session_dropped = true;
}

int quectel_ftp_refusal(struct quectel *quectel)
{
    struct quectel_ftp *ftp = quectel->ftp;
    check_session(ftp);
    if (ftp->poisoned)
        return QUECTEL_FTP_BUSY;
    if (ftp->state == QUECTEL_FTP_CLOSED)
        return ftp->session_dropped ? QUECTEL_FTP_CONTROL_CLOSED : QUECTEL_FTP_NOT_LOGGED_IN;
    return ftp->state == QUECTEL_FTP_IDLE && !ftp->command ? 0 : QUECTEL_FTP_BUSY;
}

static void print_done(struct quectel *quectel, const char *text)
{
    (void)text;
    quectel_urc(quectel, "%s: 0,0", quectel->ftp->command);
}

static void end_command(struct quectel *quectel, int error, int code, const char *text)
{
    struct quectel_ftp *ftp = quectel->ftp;
    if (error)
        quectel_urc(quectel, "%s: %d,%d", ftp->command, error, code >= 400 ? code : 0);
    else
        ftp->print(quectel, text);
    ftp->command = NULL;
}

static void end_close(struct quectel *quectel, int error)
{
    struct quectel_ftp *ftp = quectel->ftp;
    emu_ftp_close(&ftp->client);
    ftp->state = QUECTEL_FTP_CLOSED;
    ftp->poisoned = ftp->session_dropped = false;
    ftp->command = "+QFTPCLOSE";
    ftp->print = print_done;
    end_command(quectel, error, 0, "");
}

static void begin_quit(struct quectel *quectel)
{
    struct quectel_ftp *ftp = quectel->ftp;
    if (emu_ftp_is_open(&ftp->client))
        emu_ftp_command(&ftp->client, "QUIT", NULL);
    else
        end_close(quectel, 0);
}

void quectel_ftp_transfer_over(struct quectel *quectel)
{
    struct quectel_ftp *ftp = quectel->ftp;
    if (ftp->state == QUECTEL_FTP_CLOSING) {
        begin_quit(quectel);
        return;
    }
    ftp->state = QUECTEL_FTP_IDLE;
    check_session(ftp);
}

static void on_done(void *owner, enum emu_ftp_failure failure, int code, const char *text)
{
    struct quectel *quectel = owner;
    struct quectel_ftp *ftp = quectel->ftp;
    int error = quectel_ftp_error(failure, code);
    if (ftp->transfer.phase != QUECTEL_FTP_NO_TRANSFER) {
        quectel_ftp_transfer_done(quectel, failure, code);
        return;
    }
    if (ftp->state == QUECTEL_FTP_CLOSING) {
        end_close(quectel, error);
        return;
    }
    if (ftp->state == QUECTEL_FTP_OPENING) {
        ftp->state = error ? QUECTEL_FTP_CLOSED : QUECTEL_FTP_IDLE;
        ftp->session_dropped = false;
    }
    end_command(quectel, error, code, text);
    check_session(ftp);
}

static void on_flowing(void *owner)
{
    quectel_ftp_transfer_flowing(owner);
}

static const struct emu_ftp_events events = {.done = on_done, .flowing = on_flowing};

bool quectel_ftp_pump(struct quectel *quectel)
{
    struct quectel_ftp *ftp = quectel->ftp;
    if (ftp->state == QUECTEL_FTP_CLOSED)
        return false;
    emu_ftp_run(&ftp->client);
    check_session(ftp);
    bool printed = quectel_ftp_transfer_pump(quectel);
    if (ftp->client.busy)
        emu_ftp_run(&ftp->client); /* the data consumed by the pump may have been the last */
    return printed;
}

void quectel_ftp_drop_context(struct quectel *quectel, int context)
{
    struct quectel_ftp *ftp = quectel->ftp;
    if (ftp->state == QUECTEL_FTP_CLOSED || ftp->context != context)
        return;
    bool closing = ftp->state == QUECTEL_FTP_CLOSING;
    emu_ftp_close(&ftp->client);
    ftp->state = QUECTEL_FTP_CLOSED;
    ftp->session_dropped = true;
    if (ftp->transfer.phase != QUECTEL_FTP_NO_TRANSFER)
        quectel_ftp_transfer_fail(quectel, QUECTEL_FTP_NETWORK);
    else if (ftp->command)
        end_command(quectel, QUECTEL_FTP_NETWORK, 0, "");
    if (closing)
        end_close(quectel, 0);
}

/* Starts a command with a deferred result. */
static struct emu_ftp *begin(struct quectel *quectel, const char *command,
                             void (*print)(struct quectel *quectel, const char *text))
{
    struct quectel_ftp *ftp = quectel->ftp;
    ftp->command = command;
    ftp->print = print;
    ftp->client.reply_limit = quectel_ftp_response_limit(quectel);
    return &ftp->client;
}

static struct emu_tls *make_tls(void *owner, SSL_SESSION *session)
{
    struct quectel *quectel = owner;
    struct quectel_ftp *ftp = quectel->ftp;
    if (ftp->secure->dtls)
        return NULL;
    return quectel_ssl_make_tls(quectel, ftp->secure, ftp->host, session);
}

static void connect_session(struct quectel *quectel, unsigned port)
{
    struct quectel_ftp *ftp = quectel->ftp;
    const struct quectel_ftp_settings *settings = &ftp->settings;
    ftp->secure = &quectel->ssl->contexts[settings->sslctxid];
    ftp->context = (int)settings->contextid;
    ftp->state = QUECTEL_FTP_OPENING;
    const struct emu_ftp_plan plan = {
        .host = ftp->host,
        .user = *settings->user ? settings->user : "anonymous",
        .password = settings->password,
        .port = port,
        .security = (enum emu_ftp_security)settings->ssltype,
        .make_tls = make_tls,
        .connect_limit = emu_seconds(CONNECT_LIMIT_S),
        .handshake_limit = emu_seconds(ftp->secure->negotiatetime),
    };
    emu_ftp_open(begin(quectel, "+QFTPOPEN", print_done), &quectel->emu->net, &plan, &events, quectel);
}

static struct emu_result open_session(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_ftp *ftp = quectel->ftp;
    const char *host = emu_param_string(call, 0, QUECTEL_FTP_TEXT_MAX);
    long long port = STANDARD_PORT;
    if (!host || !*host || call->count > 2 || !emu_param_option(call, 1, 1, 65535, &port))
        return emu_cme(QUECTEL_FTP_INVALID_PARAMETER);
    check_session(ftp);
    if (ftp->state != QUECTEL_FTP_CLOSED || ftp->poisoned)
        return emu_cme(QUECTEL_FTP_BUSY);
    if (!quectel_pdp_is_active(quectel, ftp->settings.contextid)) {
        /* FTP note 4.3: without the context names cannot be resolved either. */
        int error = emu_is_address(host) ? QUECTEL_FTP_NETWORK : QUECTEL_FTP_DNS_FAILED;
        quectel_urc(quectel, "+QFTPOPEN: %d,0", error);
        return emu_ok();
    }
    memcpy(ftp->host, host, strlen(host) + 1);
    connect_session(quectel, (unsigned)port);
    return emu_ok();
}

static struct emu_result close_session(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_ftp *ftp = quectel->ftp;
    check_session(ftp);
    if (ftp->state == QUECTEL_FTP_CLOSED && !ftp->session_dropped && !ftp->poisoned)
        return emu_cme(QUECTEL_FTP_NOT_LOGGED_IN);
    if (ftp->state == QUECTEL_FTP_CLOSED) {
        end_close(quectel, 0);
        return emu_ok();
    }
    if (ftp->state == QUECTEL_FTP_TRANSFERRING) {
        if (!quectel_ftp_transfer_abandon(quectel))
            return emu_cme(QUECTEL_FTP_BUSY);
        ftp->state = QUECTEL_FTP_CLOSING;
        return emu_ok();
    }
    if (ftp->state != QUECTEL_FTP_IDLE || ftp->command)
        return emu_cme(QUECTEL_FTP_BUSY);
    ftp->state = QUECTEL_FTP_CLOSING;
    emu_ftp_command(begin(quectel, "+QFTPCLOSE", print_done), "QUIT", NULL);
    return emu_ok();
}

static struct emu_result show_state(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    check_session(quectel->ftp);
    if (quectel->ftp->poisoned)
        return emu_cme(QUECTEL_FTP_BUSY);
    if (emu_quirk(call->emu, QUECTEL_QUIRK_FTP_STAT_BEFORE_OK))
        emu_info(call->emu, "+QFTPSTAT: 0,%d", (int)quectel->ftp->state);
    else
        quectel_urc(quectel, "+QFTPSTAT: 0,%d", (int)quectel->ftp->state);
    return emu_ok();
}

static struct emu_result show_length(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    int error = quectel_ftp_refusal(quectel);
    if (error && quectel->ftp->state != QUECTEL_FTP_TRANSFERRING)
        return emu_cme(error);
    quectel_urc(quectel, "+QFTPLEN: 0,%llu", (unsigned long long)quectel->ftp->transfer.done);
    return emu_ok();
}

static void print_path(struct quectel *quectel, const char *text)
{
    char path[EMU_FTP_LINE_MAX + 1];
    if (!emu_ftp_reply_path(text, path, sizeof path))
        snprintf(path, sizeof path, "%s", text);
    const char *quote = emu_quirk(quectel->emu, QUECTEL_QUIRK_FTP_PWD_BARE) ? "" : "\"";
    quectel_urc(quectel, "+QFTPPWD: 0,%s%.*s%s", quote, QUECTEL_FTP_TEXT_MAX, path, quote);
}

static void print_size(struct quectel *quectel, const char *text)
{
    const char *comma = emu_quirk(quectel->emu, QUECTEL_QUIRK_FTP_SPACE_AFTER_COMMA) ? ", " : ",";
    quectel_urc(quectel, "+QFTPSIZE: 0%s%.20s", comma, text);
}

static void print_time(struct quectel *quectel, const char *text)
{
    quectel_urc(quectel, "+QFTPMDTM: 0,\"%.18s\"", text);
}

static struct emu_result print_working_directory(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    int error = quectel_ftp_refusal(quectel);
    if (error)
        return emu_cme(error);
    emu_ftp_command(begin(quectel, "+QFTPPWD", print_path), "PWD", NULL);
    return emu_ok();
}

/* Commands with the name of a file or folder as their parameter. */
static const struct named {
    const char *name, *verb;
    size_t longest;
    void (*print)(struct quectel *quectel, const char *text);
} named[] = {
    {"+QFTPCWD", "CWD", QUECTEL_FTP_CWD_MAX, print_done},
    {"+QFTPDEL", "DELE", QUECTEL_FTP_TEXT_MAX, print_done},
    {"+QFTPMKDIR", "MKD", QUECTEL_FTP_TEXT_MAX, print_done},
    {"+QFTPRMDIR", "RMD", QUECTEL_FTP_TEXT_MAX, print_done},
    {"+QFTPMDTM", "MDTM", QUECTEL_FTP_TEXT_MAX, print_time},
    {"+QFTPSIZE", "SIZE", QUECTEL_FTP_TEXT_MAX, print_size},
    {"+QFTPRENAME", "RNFR", QUECTEL_FTP_TEXT_MAX, print_done},
};

static struct emu_result act_on_name(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    const struct named *command = named;
    while (strcmp(command->name, call->name) != 0)
        command++;
    bool renames = command->print == print_done && strcmp(command->verb, "RNFR") == 0;
    bool sizes = command->print == print_size;
    const char *path = emu_param_string(call, 0, command->longest);
    const char *other = renames ? emu_param_string(call, 1, command->longest) : path;
    if (!path || !*path || !other || !*other || call->count > (renames ? 2U : 1U))
        return emu_cme(QUECTEL_FTP_INVALID_PARAMETER);
    int error = quectel_ftp_refusal(quectel);
    if (error)
        return emu_cme(error);
    struct emu_ftp *client = begin(quectel, command->name, command->print);
    if (renames)
        emu_ftp_rename(client, path, other);
    else if (sizes)
        emu_ftp_size(client, path);
    else
        emu_ftp_command(client, command->verb, path);
    return emu_ok();
}

const struct emu_command quectel_ftp_commands[] = {
    {.name = "+QFTPOPEN", .write = open_session, .ranges = "<hostname>,<port>"},
    {.name = "+QFTPCLOSE", .execute = close_session, .ranges = ""},
    {.name = "+QFTPSTAT", .execute = show_state, .ranges = ""},
    {.name = "+QFTPLEN", .execute = show_length, .ranges = ""},
    {.name = "+QFTPPWD", .execute = print_working_directory, .ranges = ""},
    {.name = "+QFTPCWD", .write = act_on_name, .ranges = "<path_name>"},
    {.name = "+QFTPDEL", .write = act_on_name, .ranges = "<file_name>"},
    {.name = "+QFTPMKDIR", .write = act_on_name, .ranges = "<folder_name>"},
    {.name = "+QFTPRMDIR", .write = act_on_name, .ranges = "<folder_name>"},
    {.name = "+QFTPMDTM", .write = act_on_name, .ranges = "<file_name>"},
    {.name = "+QFTPSIZE", .write = act_on_name, .ranges = "<file_name>"},
    {.name = "+QFTPRENAME", .write = act_on_name, .ranges = "<old_name>,<new_name>"},
    {0},
};
