/* AT+QFTPPUT, GET, LIST, NLST and MLSD (FTP note 2.5, 2.6, 2.11 to 2.13): starting a transfer. */
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/file/files.h"
#include "emulator/quectel/ftp/ftp.h"
#include "emulator/quectel/ftp/transfer.h"
#include "emulator/quectel/quectel.h"

#include <string.h>

enum {
    CACHE_SMALL = 64 * 1024, /* FTP note 2.1, <cache_type> */
    CACHE_LARGE = 128 * 1024,
    LOCAL_MAX = 127,
};

/* The parameters of a command. */
struct request {
    const char *verb, *remote, *local;
    bool upload, listing;
    long long start, length, last;
    bool counted;
};

static bool is_port(const char *local)
{
    return strcmp(local, "COM:") == 0;
}

/* Opens the module's file, if the transfer uses one. Returns 0 or an error. */
static int open_source(struct quectel *quectel, const struct request *request)
{
    struct quectel_ftp_transfer *transfer = &quectel->ftp->transfer;
    const char *name;
    uint64_t size;
    struct emu_store *store = quectel_file_store(quectel, request->local, &name);
    if (!store)
        return QUECTEL_FTP_FILE_ERROR; /* EC25AFXGAR07A04M1G: 613 for "ufs:" */
    if (!request->upload)
        return 0;
    if (!emu_store_size(store, name, &size))
        return QUECTEL_FTP_OPEN_FILE_FAILED;
    if ((uint64_t)request->start > size)
        return QUECTEL_FTP_POSITION_INVALID;
    transfer->file = emu_store_open_file(store, name, EMU_STORE_READ);
    if (!transfer->file || fseeko(transfer->file, (off_t)request->start, SEEK_SET) != 0)
        return QUECTEL_FTP_OPEN_FILE_FAILED;
    return 0;
}

static void ask_server(struct quectel *quectel, const struct request *request)
{
    struct quectel_ftp *ftp = quectel->ftp;
    const struct quectel_ftp_settings *settings = &ftp->settings;
    const struct emu_ftp_transfer plan = {
        .verb = request->verb,
        /* FTP note 2.11: "." is the current folder. Listing it without a name is most widely supported. */
        .argument = request->listing && strcmp(request->remote, ".") == 0 ? "" : request->remote,
        .offset = (uint64_t)request->start,
        .upload = request->upload,
        .ascii = request->listing || settings->filetype == 1,
        .active = settings->transmode == 0,
        .reset = settings->restenable == 1,
        .address = (enum emu_ftp_address)settings->data_address,
        .address_limit = ftp->timeout_ms ? emu_ms(ftp->timeout_ms) : emu_seconds(settings->data_timeout),
        .buffer = settings->cache == 0 ? CACHE_SMALL : CACHE_LARGE,
    };
    ftp->client.reply_limit = quectel_ftp_response_limit(quectel);
    ftp->state = QUECTEL_FTP_TRANSFERRING;
    emu_ftp_transfer(&ftp->client, &plan);
}

/* Continues an upload whose data connection is still open with its next piece. */
static struct emu_result continue_upload(struct quectel *quectel, const struct request *request)
{
    struct quectel_ftp_transfer *transfer = &quectel->ftp->transfer;
    if (!request->upload || !is_port(request->local) || strcmp(transfer->name, request->remote) != 0)
        return emu_cme(QUECTEL_FTP_BUSY);
    if ((uint64_t)request->start != transfer->position)
        return emu_cme(QUECTEL_FTP_POSITION_INVALID);
    transfer->start = transfer->position;
    transfer->done = 0;
    transfer->wanted = (uint64_t)request->length;
    transfer->counted = request->counted;
    transfer->last = request->last == 1;
    return quectel_ftp_go_online(quectel);
}

/* Returns the error of a connection that broke after earlier pieces of this upload, if any. */
static int take_piece_error(struct quectel *quectel, const struct request *request)
{
    struct quectel_ftp_transfer *transfer = &quectel->ftp->transfer;
    bool concerned = request->upload && (uint64_t)request->start == transfer->position &&
                     strcmp(transfer->name, request->remote) == 0;
    int error = concerned ? transfer->piece_error : 0;
    transfer->piece_error = 0;
    return error;
}

static struct emu_result begin(struct emu_call *call, const struct request *request)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_ftp_transfer *transfer = &quectel->ftp->transfer;
    if (transfer->phase == QUECTEL_FTP_AWAITING_PIECE)
        return continue_upload(quectel, request);
    int error = quectel_ftp_refusal(quectel);
    if (!error)
        error = take_piece_error(quectel, request);
    if (error)
        return emu_cme(error);

    quectel_ftp_transfer_init(quectel);
    bool com = is_port(request->local);
    error = com ? 0 : open_source(quectel, request);
    if (error) {
        quectel_ftp_transfer_stop(quectel);
        return emu_cme(error);
    }
    static const struct {
        const char *verb, *command;
    } commands[] = {{"STOR", "+QFTPPUT"},
                    {"RETR", "+QFTPGET"},
                    {"LIST", "+QFTPLIST"},
                    {"NLST", "+QFTPNLST"},
                    {"MLSD", "+QFTPMLSD"}};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].verb, request->verb) == 0)
            transfer->command = commands[i].command;
    transfer->phase = QUECTEL_FTP_STARTING;
    transfer->upload = request->upload;
    transfer->com = com;
    transfer->counted = request->counted;
    transfer->wanted = (uint64_t)request->length;
    transfer->last = request->last == 1;
    transfer->start = (uint64_t)request->start;
    memcpy(transfer->name, request->remote, strlen(request->remote) + 1);
    memcpy(transfer->local, request->local, strlen(request->local) + 1);
    ask_server(quectel, request);
    return com ? emu_pending() : emu_ok();
}

/* Reads the two names that all of these commands start with. Listings may omit the local one. */
static bool read_names(struct emu_call *call, struct request *request)
{
    request->remote = emu_param_string(call, 0, QUECTEL_FTP_TEXT_MAX);
    request->local =
        request->listing && emu_param_absent(call, 1) ? "COM:" : emu_param_string(call, 1, LOCAL_MAX);
    return request->remote && *request->remote && request->local && *request->local;
}

static struct emu_result put(struct emu_call *call)
{
    struct request request = {.verb = "STOR", .upload = true, .last = 1};
    request.counted = call->count > 3;
    if (!read_names(call, &request) || !emu_param_option(call, 2, 0, INT64_MAX / 2, &request.start) ||
        (request.counted && (call->count != 5 || !is_port(request.local) ||
                             !emu_param_number(call, 3, 1, INT64_MAX / 2, &request.length) ||
                             !emu_param_number(call, 4, 0, 1, &request.last))))
        return emu_cme(QUECTEL_FTP_INVALID_PARAMETER);
    return begin(call, &request);
}

static struct emu_result get(struct emu_call *call)
{
    struct request request = {.verb = "RETR"};
    if (!read_names(call, &request) || call->count > (is_port(request.local) ? 4U : 3U) ||
        !emu_param_option(call, 2, 0, INT64_MAX / 2, &request.start) ||
        !emu_param_option(call, 3, 0, INT64_MAX / 2, &request.length))
        return emu_cme(QUECTEL_FTP_INVALID_PARAMETER);
    request.counted = request.length > 0; /* 0, the default, means everything */
    return begin(call, &request);
}

/* The end of the module's command is the name of the server's command. */
static struct emu_result list(struct emu_call *call)
{
    static const char *const verbs[] = {"LIST", "NLST", "MLSD"};
    struct request request = {.listing = true};
    for (int i = 0; i < 3; i++)
        if (strcmp(call->name + strlen("+QFTP"), verbs[i]) == 0)
            request.verb = verbs[i];
    if (!read_names(call, &request) || call->count > 2)
        return emu_cme(QUECTEL_FTP_INVALID_PARAMETER);
    return begin(call, &request);
}

const struct emu_command quectel_ftp_transfer_commands[] = {
    {.name = "+QFTPPUT", .write = put, .ranges = "<file_name>,<local_name>,<startpos>,<uploadlen>,<beof>"},
    {.name = "+QFTPGET", .write = get, .ranges = "<file_name>,<local_name>,<startpos>,<downloadlen>"},
    {.name = "+QFTPLIST", .write = list, .ranges = "<dirname>,<local_name>"},
    {.name = "+QFTPNLST", .write = list, .ranges = "<dirname>,<local_name>"},
    {.name = "+QFTPMLSD", .write = list, .ranges = "<dirname>,<local_name>"},
    {0},
};
