#include "emulator/quectel/ftp/transfer.h"

#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/file/files.h"
#include "emulator/quectel/ftp/ftp.h"
#include "emulator/quectel/quectel.h"

#include <string.h>

static void on_silence(void *owner);

static struct quectel_ftp_transfer *transfer_of(struct quectel *quectel)
{
    return &quectel->ftp->transfer;
}

void quectel_ftp_transfer_init(struct quectel *quectel)
{
    *transfer_of(quectel) = (struct quectel_ftp_transfer){
        .silence = {.on_due = on_silence, .owner = quectel},
    };
}

/* The values that QFTPLEN and uploads in pieces need outlive the transfer. */
void quectel_ftp_transfer_stop(struct quectel *quectel)
{
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    emu_timer_stop(&quectel->emu->loop, &transfer->silence);
    if (transfer->file)
        fclose(transfer->file);
    transfer->file = NULL;
    if (transfer->online)
        emu_mode_leave_data(quectel->emu);
    transfer->online = false;
    transfer->phase = QUECTEL_FTP_NO_TRANSFER;
}

/* FTP note 2.1, <timeout>: the maximum time between two packets. */
static void expect_more(struct quectel *quectel)
{
    emu_timer_start(&quectel->emu->loop, &transfer_of(quectel)->silence,
                    emu_loop_now(&quectel->emu->loop) + quectel_ftp_response_limit(quectel));
}

static void go_offline(struct quectel *quectel, struct emu_result result)
{
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    if (!transfer->online)
        return;
    transfer->online = false;
    emu_mode_leave_data(quectel->emu);
    emu_final(quectel->emu, result);
}

/* Only the server's reply is outstanding. */
static void await_final_reply(struct quectel *quectel)
{
    emu_timer_stop(&quectel->emu->loop, &transfer_of(quectel)->silence);
    transfer_of(quectel)->phase = QUECTEL_FTP_ENDING;
}

static void stop_transfer(struct quectel *quectel, int error)
{
    transfer_of(quectel)->error = error;
    await_final_reply(quectel);
    emu_ftp_stop(&quectel->ftp->client);
}

static void finish(struct quectel *quectel)
{
    await_final_reply(quectel);
    emu_ftp_finish(&quectel->ftp->client);
}

static bool host_is_slow(const struct quectel *quectel)
{
    return quectel->ftp->transfer.com && !quectel->ftp->transfer.upload &&
           emu_output_length(&quectel->emu->uart.output) >= EMU_UART_PUMP_BELOW;
}

/* Data of an upload over COM: received so far is kept, because drivers rely on 609 as its regular end
 * (note 2.5, without a length). */
static void on_silence(void *owner)
{
    struct quectel *quectel = owner;
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    if (host_is_slow(quectel)) {
        expect_more(quectel);
        return;
    }
    go_offline(quectel, emu_ok());
    transfer->error = QUECTEL_FTP_TIMEOUT;
    if (transfer->upload && transfer->com && quectel->ftp->client.data.link.out.used == 0)
        finish(quectel);
    else
        stop_transfer(quectel, QUECTEL_FTP_TIMEOUT);
}

/* Returns how many of `length` bytes may pass now. */
static size_t allowed(const struct quectel *quectel, size_t length)
{
    const struct quectel_ftp_transfer *transfer = &quectel->ftp->transfer;
    uint64_t room = quectel_ftp_faults_bytes_left(quectel);
    if (transfer->counted && transfer->wanted - transfer->done < room)
        room = transfer->wanted - transfer->done;
    return length < room ? length : (size_t)room;
}

static void count(struct quectel *quectel, size_t length)
{
    if (length == 0)
        return;
    transfer_of(quectel)->done += length;
    expect_more(quectel);
}

static bool is_complete(const struct quectel_ftp_transfer *transfer)
{
    return transfer->counted && transfer->done == transfer->wanted;
}

/* Input during an upload is its data; during a download it is ignored. */
static size_t consume(void *owner, const char *bytes, size_t length)
{
    struct quectel *quectel = owner;
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    if (!transfer->upload || quectel->ftp->client.data.state != EMU_FTP_DATA_FLOWING)
        return length;
    size_t used = emu_ftp_write(&quectel->ftp->client, bytes, allowed(quectel, length));
    count(quectel, used);
    if (!is_complete(transfer))
        return used;
    go_offline(quectel, emu_ok());
    if (transfer->last)
        finish(quectel);
    else
        transfer->phase = QUECTEL_FTP_SENDING_PIECE;
    return used;
}

static void on_escape(void *owner)
{
    struct quectel *quectel = owner;
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    go_offline(quectel, emu_ok());
    if (transfer->phase != QUECTEL_FTP_RUNNING)
        return;
    if (transfer->upload) {
        finish(quectel);
    } else if (emu_quirk(quectel->emu, QUECTEL_QUIRK_FTP_ESCAPE_ABORTS)) {
        transfer->silent = true;
        stop_transfer(quectel, 0);
    } else {
        emu_timer_stop(&quectel->emu->loop, &transfer->silence);
        transfer->phase = QUECTEL_FTP_SUSPENDED;
    }
}

struct emu_result quectel_ftp_go_online(struct quectel *quectel)
{
    const struct emu_data_mode mode = {.consume = consume, .escape = on_escape, .owner = quectel};
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    transfer->phase = QUECTEL_FTP_RUNNING;
    transfer->online = true;
    emu_mode_enter_data(quectel->emu, &mode);
    expect_more(quectel);
    return emu_result(EMU_RESULT_CONNECT);
}

bool quectel_ftp_is_suspended(const struct quectel *quectel)
{
    return quectel->ftp->transfer.phase == QUECTEL_FTP_SUSPENDED;
}

static void open_target(struct quectel *quectel)
{
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    const char *name;
    transfer->store = quectel_file_store(quectel, transfer->local, &name);
    if (!quectel_file_is_open(quectel, transfer->local))
        transfer->file = emu_store_open_file(transfer->store, name, EMU_STORE_TRUNCATE);
    if (!transfer->file)
        stop_transfer(quectel, QUECTEL_FTP_OPEN_FILE_FAILED);
}

void quectel_ftp_transfer_flowing(struct quectel *quectel)
{
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    if (transfer->com) {
        emu_finish(quectel->emu, quectel_ftp_go_online(quectel));
        return;
    }
    transfer->phase = QUECTEL_FTP_RUNNING;
    expect_more(quectel);
    if (!transfer->upload)
        open_target(quectel);
}

/* Prints the deferred result. */
static void report_end(struct quectel *quectel, int error, int code)
{
    const struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    if (error)
        quectel_urc(quectel, "%s: %d,%d", transfer->command, error, code >= 400 ? code : 0);
    else
        quectel_urc(quectel, "%s: 0,%llu", transfer->command, (unsigned long long)transfer->done);
}

/* Refuses a transfer over COM: before CONNECT. */
static void refuse(struct quectel *quectel, int error, int code)
{
    bool later = code >= 400 && emu_quirk(quectel->emu, QUECTEL_QUIRK_FTP_REFUSED_LATER);
    emu_finish(quectel->emu, later ? emu_ok() : emu_cme(error));
    if (later)
        report_end(quectel, error, code);
}

/* Ends the transfer, successful or not, and reports the end where required. */
static void end_transfer(struct quectel *quectel, int error, int code, struct emu_result offline)
{
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    enum quectel_ftp_phase phase = transfer->phase;
    bool silent = transfer->silent;
    if (transfer->online && offline.outcome == EMU_RESULT_NO_CARRIER &&
        emu_quirk(quectel->emu, QUECTEL_QUIRK_FTP_NO_CARRIER))
        silent = true;
    go_offline(quectel, offline);
    quectel_ftp_transfer_stop(quectel);
    if (phase == QUECTEL_FTP_AWAITING_PIECE)
        transfer->piece_error = error;
    else if (phase == QUECTEL_FTP_STARTING && transfer->com)
        refuse(quectel, error, code);
    else if (!silent)
        report_end(quectel, error, code);
}

static bool is_loss(enum emu_ftp_failure failure)
{
    return failure == EMU_FTP_CONTROL_LOST || failure == EMU_FTP_DATA_LOST;
}

void quectel_ftp_transfer_done(struct quectel *quectel, enum emu_ftp_failure failure, int code)
{
    const struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    int error = transfer->error ? transfer->error : quectel_ftp_error(failure, code);
    bool quirky_loss = is_loss(failure) && emu_quirk(quectel->emu, QUECTEL_QUIRK_FTP_NO_CARRIER);
    if (transfer->error)
        code = 0;
    if (!error && !transfer->upload && transfer->start > 0 && transfer->done == 0 &&
        emu_quirk(quectel->emu, QUECTEL_QUIRK_FTP_EOF_550)) {
        error = QUECTEL_FTP_NOT_TAKEN;
        code = 550;
    }
    if (!error && transfer->upload && transfer->com && !transfer->counted &&
        emu_quirk(quectel->emu, QUECTEL_QUIRK_FTP_PUT_609))
        error = QUECTEL_FTP_TIMEOUT;
    quectel_ftp_note_error(quectel, error);
    end_transfer(quectel, error, error == QUECTEL_FTP_TIMEOUT ? 0 : code,
                 quirky_loss ? emu_result(EMU_RESULT_NO_CARRIER) : emu_ok());
    quectel_ftp_transfer_over(quectel);
}

/* The PDP context is down, so the transfer cannot have ended regularly. */
void quectel_ftp_transfer_fail(struct quectel *quectel, int error)
{
    end_transfer(quectel, error, 0, emu_result(EMU_RESULT_NO_CARRIER));
}

bool quectel_ftp_transfer_abandon(struct quectel *quectel)
{
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    switch (transfer->phase) {
    case QUECTEL_FTP_AWAITING_PIECE:
        transfer->silent = true;
        finish(quectel);
        return true;
    case QUECTEL_FTP_RUNNING:
    case QUECTEL_FTP_SUSPENDED:
        stop_transfer(quectel, QUECTEL_FTP_ABORTED);
        return true;
    case QUECTEL_FTP_NO_TRANSFER:
    case QUECTEL_FTP_STARTING:
    case QUECTEL_FTP_SENDING_PIECE:
    case QUECTEL_FTP_ENDING:
        break;
    }
    return false;
}

/* Returns false if the file cannot be written. */
static bool deliver(struct quectel *quectel, const char *bytes, size_t length)
{
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    if (!transfer->com)
        return emu_store_write(transfer->store, transfer->file, bytes, length) == length;
    emu_raw(quectel->emu, bytes, length);
    return true;
}

/* Returns true if it has printed data. */
static bool pump_download(struct quectel *quectel)
{
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    struct emu_ftp *client = &quectel->ftp->client;
    bool printed = false;
    while (!host_is_slow(quectel) && !is_complete(transfer)) {
        const char *at;
        size_t length = allowed(quectel, emu_ring_peek(&client->data.link.in, &at));
        if (length == 0)
            break;
        if (transfer->com && length > EMU_UART_PUMP_BELOW)
            length = EMU_UART_PUMP_BELOW;
        bool good = deliver(quectel, at, length);
        emu_ring_drop(&client->data.link.in, length);
        count(quectel, length);
        printed = transfer->com;
        if (!good) {
            stop_transfer(quectel, QUECTEL_FTP_FILE_ERROR);
            return false;
        }
    }
    if (is_complete(transfer))
        stop_transfer(quectel, 0);
    else
        emu_ftp_consumed(client);
    return printed;
}

/* Sends the module's file to the server. */
static void pump_upload(struct quectel *quectel)
{
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    for (;;) {
        if (transfer->chunk_at == transfer->chunk_length) {
            transfer->chunk_at = 0;
            transfer->chunk_length = fread(transfer->chunk, 1, sizeof transfer->chunk, transfer->file);
        }
        size_t left = transfer->chunk_length - transfer->chunk_at;
        if (left == 0) {
            transfer->error = ferror(transfer->file) ? QUECTEL_FTP_FILE_ERROR : 0;
            finish(quectel);
            return;
        }
        size_t used = emu_ftp_write(&quectel->ftp->client, transfer->chunk + transfer->chunk_at,
                                    allowed(quectel, left));
        transfer->chunk_at += used;
        count(quectel, used);
        if (used < left)
            return;
    }
}

/* The piece was sent: the command ends, and the connection stays open for the next piece. */
static void end_piece(struct quectel *quectel)
{
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    emu_timer_stop(&quectel->emu->loop, &transfer->silence);
    transfer->phase = QUECTEL_FTP_AWAITING_PIECE;
    transfer->position = transfer->start + transfer->done;
    report_end(quectel, 0, 0);
}

bool quectel_ftp_transfer_pump(struct quectel *quectel)
{
    struct quectel_ftp_transfer *transfer = transfer_of(quectel);
    const struct emu_ftp_data *data = &quectel->ftp->client.data;
    bool printed = false;
    if (transfer->phase == QUECTEL_FTP_RUNNING && data->state == EMU_FTP_DATA_FLOWING) {
        if (!transfer->upload)
            printed = pump_download(quectel);
        else if (!transfer->com)
            pump_upload(quectel);
    }
    if (quectel_ftp_faults_trigger(quectel))
        return printed;
    if (transfer->phase == QUECTEL_FTP_SENDING_PIECE && data->state == EMU_FTP_DATA_FLOWING &&
        data->link.out.used == 0)
        end_piece(quectel);
    return printed;
}
