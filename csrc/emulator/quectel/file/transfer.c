#include "emulator/quectel/file/transfer.h"

#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/file/files.h"
#include "emulator/quectel/quectel.h"

#include <string.h>
#include <sys/stat.h>

enum {
    DEFAULT_SIZE = 10240, /* FILE note: defaults of <file_size> and <timeout> */
    DEFAULT_TIMEOUT_S = 5,
    ACKNOWLEDGED = 1024,
    PATH_MAX_LENGTH = 127,
};

static void on_silence(void *owner);

void quectel_checksum_add(struct quectel_checksum *checksum, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned byte = (unsigned char)bytes[i];
        checksum->sum ^= checksum->odd ? byte : byte << 8;
        checksum->odd = !checksum->odd;
    }
}

void quectel_transfer_init(struct quectel *quectel)
{
    *quectel->transfer = (struct quectel_transfer){0};
    quectel->transfer->silence = (struct emu_timer){.on_due = on_silence, .owner = quectel};
}

static bool owns_file(const struct quectel_transfer *transfer)
{
    return transfer->kind == QUECTEL_TRANSFER_UPLOAD || transfer->kind == QUECTEL_TRANSFER_DOWNLOAD;
}

void quectel_transfer_stop(struct quectel *quectel)
{
    struct quectel_transfer *transfer = quectel->transfer;
    emu_timer_stop(&quectel->emu->loop, &transfer->silence);
    if (owns_file(transfer) && transfer->file)
        fclose(transfer->file);
    quectel_transfer_init(quectel);
}

static void finish(struct quectel *quectel, struct emu_result result)
{
    quectel_transfer_stop(quectel);
    emu_mode_leave_data(quectel->emu);
    emu_finish(quectel->emu, result);
}

/* Data received so far is kept, whatever the result. */
static void end_incoming(struct quectel *quectel, struct emu_result result)
{
    const struct quectel_transfer *transfer = quectel->transfer;
    if (transfer->full)
        result = emu_cme(QUECTEL_FILE_DISK_FULL);
    else if (transfer->kind == QUECTEL_TRANSFER_UPLOAD)
        emu_info(quectel->emu, "+QFUPL: %llu,%x", (unsigned long long)transfer->done, transfer->checksum.sum);
    else
        emu_info(quectel->emu, "+QFWRITE: %llu,%lld", (unsigned long long)transfer->done,
                 (long long)ftello(transfer->file));
    finish(quectel, result);
}

/* EG800K stores and reports the data received so far, then answers 421. */
static void on_silence(void *owner)
{
    end_incoming(owner, emu_cme(QUECTEL_FILE_TIMEOUT));
}

static void on_escape(void *owner)
{
    struct quectel *quectel = owner;
    const struct quectel_transfer *transfer = quectel->transfer;
    if (transfer->kind == QUECTEL_TRANSFER_DOWNLOAD)
        finish(quectel, emu_ok());
    else
        end_incoming(quectel, emu_ok());
}

static void store(struct quectel_transfer *transfer, const char *bytes, size_t length)
{
    if (!transfer->full && emu_store_write(transfer->store, transfer->file, bytes, length) < length)
        transfer->full = true;
    quectel_checksum_add(&transfer->checksum, bytes, length);
    transfer->done += length;
}

static size_t consume_incoming(void *owner, const char *bytes, size_t length)
{
    struct quectel *quectel = owner;
    struct quectel_transfer *transfer = quectel->transfer;
    if (length > transfer->wanted - transfer->done)
        length = (size_t)(transfer->wanted - transfer->done);
    uint64_t before = transfer->done / ACKNOWLEDGED;
    store(transfer, bytes, length);
    if (transfer->acknowledge)
        for (uint64_t i = before; i < transfer->done / ACKNOWLEDGED; i++)
            emu_raw(quectel->emu, "A", 1);
    if (transfer->done == transfer->wanted)
        end_incoming(quectel, emu_ok());
    else
        emu_timer_start(&quectel->emu->loop, &transfer->silence,
                        emu_loop_now(&quectel->emu->loop) + transfer->silence_limit);
    return length;
}

static struct emu_result begin_incoming(struct quectel *quectel)
{
    struct quectel_transfer *transfer = quectel->transfer;
    const struct emu_data_mode mode = {.consume = consume_incoming, .escape = on_escape, .owner = quectel};
    emu_connect(quectel->emu, -1);
    emu_mode_enter_data(quectel->emu, &mode);
    emu_timer_start(&quectel->emu->loop, &transfer->silence,
                    emu_loop_now(&quectel->emu->loop) + transfer->silence_limit);
    return emu_pending();
}

/* Returns the number of bytes to accept: the announced size, or the note's default limited by the free
 * space. 0: too little space. */
static uint64_t accepted_size(uint64_t free_bytes, long long announced)
{
    if (announced > 0)
        return (uint64_t)announced <= free_bytes ? (uint64_t)announced : 0;
    return free_bytes < DEFAULT_SIZE ? free_bytes : DEFAULT_SIZE;
}

static struct emu_result upload(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_transfer *transfer = quectel->transfer;
    const char *path = emu_param_string(call, 0, PATH_MAX_LENGTH), *name;
    long long size = 0, timeout_s = DEFAULT_TIMEOUT_S, acknowledge = 0;
    uint64_t existing;
    if (!path || call->count > 4 || !emu_param_option(call, 1, 1, UINT32_MAX, &size) ||
        !emu_param_option(call, 2, 1, 65535, &timeout_s) || !emu_param_option(call, 3, 0, 1, &acknowledge))
        return emu_cme(QUECTEL_FILE_INVALID_INPUT);
    struct emu_store *target = quectel_file_store(quectel, path, &name);
    if (!target)
        return emu_cme(QUECTEL_FILE_INVALID_NAME);
    if (emu_store_size(target, name, &existing))
        return emu_cme(QUECTEL_FILE_EXISTS);
    uint64_t wanted = accepted_size(emu_store_free(target), size);
    if (wanted == 0)
        return emu_cme(QUECTEL_FILE_DISK_FULL);
    FILE *file = emu_store_open_file(target, name, EMU_STORE_TRUNCATE);
    if (!file)
        return emu_cme(QUECTEL_FILE_OPEN_FAILED);
    transfer->kind = QUECTEL_TRANSFER_UPLOAD;
    transfer->store = target;
    transfer->file = file;
    transfer->wanted = wanted;
    transfer->acknowledge = acknowledge == 1;
    transfer->silence_limit = emu_seconds(timeout_s);
    return begin_incoming(quectel);
}

static struct emu_result write_file(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_transfer *transfer = quectel->transfer;
    long long handle, size = 0, timeout_s = DEFAULT_TIMEOUT_S;
    const char *name;
    if (call->count > 3 || !emu_param_number(call, 0, 0, INT32_MAX, &handle) ||
        !emu_param_option(call, 1, 1, UINT32_MAX, &size) || !emu_param_option(call, 2, 1, 65535, &timeout_s))
        return emu_cme(QUECTEL_FILE_INVALID_INPUT);
    struct quectel_file *file = quectel_file_of(quectel, handle);
    if (!file)
        return emu_cme(QUECTEL_FILE_BAD_HANDLE);
    if (file->mode == EMU_STORE_READ)
        return emu_cme(QUECTEL_FILE_READ_ONLY);
    struct stat status;
    off_t at = ftello(file->file);
    if (at < 0 || fstat(fileno(file->file), &status) != 0)
        return emu_cme(QUECTEL_FILE_WRITE_FAILED);
    struct emu_store *target = quectel_file_store(quectel, file->name, &name);
    uint64_t overwritten = status.st_size > at ? (uint64_t)(status.st_size - at) : 0;
    uint64_t wanted = accepted_size(emu_store_free(target) + overwritten, size);
    if (wanted == 0)
        return emu_cme(QUECTEL_FILE_DISK_FULL);
    fseeko(file->file, at, SEEK_SET); /* required by C between reading and writing */
    transfer->kind = QUECTEL_TRANSFER_WRITE;
    transfer->store = target;
    transfer->file = file->file;
    transfer->wanted = wanted;
    transfer->silence_limit = emu_seconds(timeout_s);
    return begin_incoming(quectel);
}

static size_t discard(void *owner, const char *bytes, size_t length)
{
    (void)owner;
    (void)bytes;
    return length;
}

static struct emu_result begin_outgoing(struct quectel *quectel, bool escapable)
{
    const struct emu_data_mode mode = {
        .consume = discard, .escape = escapable ? on_escape : NULL, .owner = quectel};
    emu_mode_enter_data(quectel->emu, &mode);
    return emu_pending();
}

static struct emu_result download(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_transfer *transfer = quectel->transfer;
    const char *path = emu_param_string(call, 0, PATH_MAX_LENGTH), *name;
    if (!path || call->count > 1)
        return emu_cme(QUECTEL_FILE_INVALID_INPUT);
    struct emu_store *source = quectel_file_store(quectel, path, &name);
    if (!source)
        return emu_cme(QUECTEL_FILE_INVALID_NAME);
    uint64_t size;
    if (!emu_store_size(source, name, &size))
        return emu_cme(QUECTEL_FILE_NOT_FOUND);
    FILE *file = emu_store_open_file(source, name, EMU_STORE_READ);
    if (!file)
        return emu_cme(QUECTEL_FILE_OPEN_FAILED);
    transfer->kind = QUECTEL_TRANSFER_DOWNLOAD;
    transfer->file = file;
    transfer->wanted = size;
    emu_connect(quectel->emu, -1);
    return begin_outgoing(quectel, true);
}

/* Without a length, reads to the end of the file. */
static struct emu_result read_file(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_transfer *transfer = quectel->transfer;
    long long handle, max = UINT32_MAX;
    if (call->count > 2 || !emu_param_number(call, 0, 0, INT32_MAX, &handle) ||
        !emu_param_option(call, 1, 1, UINT32_MAX, &max))
        return emu_cme(QUECTEL_FILE_INVALID_INPUT);
    struct quectel_file *file = quectel_file_of(quectel, handle);
    if (!file)
        return emu_cme(QUECTEL_FILE_BAD_HANDLE);
    struct stat status;
    off_t at = ftello(file->file);
    if (at < 0 || fstat(fileno(file->file), &status) != 0)
        return emu_cme(QUECTEL_FILE_READ_FAILED);
    long long left = status.st_size - at;
    if (left <= 0)
        return emu_cme(QUECTEL_FILE_READ_ZERO);
    fseeko(file->file, at, SEEK_SET);
    transfer->kind = QUECTEL_TRANSFER_READ;
    transfer->file = file->file;
    transfer->wanted = (uint64_t)(left < max ? left : max);
    emu_connect(quectel->emu, (long long)transfer->wanted);
    return begin_outgoing(quectel, false);
}

static void end_outgoing(struct quectel *quectel)
{
    const struct quectel_transfer *transfer = quectel->transfer;
    if (transfer->kind == QUECTEL_TRANSFER_DOWNLOAD)
        emu_info(quectel->emu, "+QFDWL: %llu,%x", (unsigned long long)transfer->done, transfer->checksum.sum);
    finish(quectel, transfer->done == transfer->wanted ? emu_ok() : emu_cme(QUECTEL_FILE_READ_FAILED));
}

bool quectel_transfer_pump(struct quectel *quectel)
{
    struct quectel_transfer *transfer = quectel->transfer;
    if (transfer->kind != QUECTEL_TRANSFER_DOWNLOAD && transfer->kind != QUECTEL_TRANSFER_READ)
        return false;
    char bytes[4096];
    while (emu_output_length(&quectel->emu->uart.output) < EMU_UART_PUMP_BELOW &&
           transfer->done < transfer->wanted) {
        uint64_t left = transfer->wanted - transfer->done;
        size_t got = fread(bytes, 1, left < sizeof bytes ? (size_t)left : sizeof bytes, transfer->file);
        if (got == 0)
            break;
        emu_raw(quectel->emu, bytes, got);
        quectel_checksum_add(&transfer->checksum, bytes, got);
        transfer->done += got;
    }
    bool short_read = feof(transfer->file) || ferror(transfer->file);
    if (transfer->done == transfer->wanted || short_read)
        end_outgoing(quectel);
    return true;
}

const struct emu_command quectel_transfer_commands[] = {
    {.name = "+QFUPL", .write = upload, .ranges = "<filename>[,(1-<freesize>)[,(1-65535)[,(0,1)]]]"},
    {.name = "+QFDWL", .write = download, .ranges = "<filename>"},
    {.name = "+QFREAD", .write = read_file, .ranges = "<filehandle>[,<length>]"},
    {.name = "+QFWRITE", .write = write_file, .ranges = "<filehandle>[,<length>[,<timeout>]]"},
    {0},
};
