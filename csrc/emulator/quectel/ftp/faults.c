#include "emulator/quectel/ftp/faults.h"

#include "emulator/control/control.h"
#include "emulator/quectel/ftp/ftp.h"
#include "emulator/quectel/ftp/transfer.h"
#include "emulator/quectel/network/pdp.h"
#include "emulator/quectel/quectel.h"
#include "emulator/world/power.h"

#include <stdlib.h>
#include <string.h>

uint64_t quectel_ftp_faults_bytes_left(const struct quectel *quectel)
{
    const struct quectel_ftp_faults *faults = &quectel->ftp->faults;
    uint64_t done = quectel->ftp->transfer.done;
    if (faults->stalled)
        return 0;
    if (faults->count == 0)
        return UINT64_MAX;
    return faults->queue[0].at > done ? faults->queue[0].at - done : 0;
}

static void trigger(struct quectel *quectel, enum quectel_ftp_fault_kind kind)
{
    struct emu *emu = quectel->emu;
    switch (kind) {
    case QUECTEL_FTP_DROP_CONTROL:
        if (quectel->ftp->state != QUECTEL_FTP_CLOSED)
            emu_ftp_break_control(&quectel->ftp->client);
        break;
    case QUECTEL_FTP_DROP_DATA:
        emu_ftp_break_data(&quectel->ftp->client);
        break;
    case QUECTEL_FTP_DROP_PDP:
        quectel_pdp_drop(quectel, quectel->ftp->context);
        break;
    case QUECTEL_FTP_STALL:
        quectel->ftp->faults.stalled = true;
        break;
    case QUECTEL_FTP_REBOOT:
        emu_uart_flush(&emu->uart); /* transmit what has passed, as far as the line speed allows */
        emu_power_cycle(emu, true);
        break;
    case QUECTEL_FTP_HANGUP:
        emu_uart_flush(&emu->uart);
        emu_power_unplug(emu);
        break;
    }
}

/* A fault waits until earlier data of an upload was passed to the kernel, so that the server receives the
 * same bytes each time. A reset or a reboot still discards what the server has not read. */
static bool is_due(const struct quectel *quectel)
{
    const struct quectel_ftp *ftp = quectel->ftp;
    return ftp->faults.count > 0 && ftp->transfer.phase == QUECTEL_FTP_RUNNING &&
           ftp->client.data.state == EMU_FTP_DATA_FLOWING && ftp->transfer.done >= ftp->faults.queue[0].at &&
           (!ftp->transfer.upload || ftp->client.data.link.out.used == 0);
}

bool quectel_ftp_faults_trigger(struct quectel *quectel)
{
    struct quectel_ftp_faults *faults = &quectel->ftp->faults;
    if (!is_due(quectel))
        return false;
    enum quectel_ftp_fault_kind kind = faults->queue[0].kind;
    faults->count--;
    memmove(faults->queue, faults->queue + 1, faults->count * sizeof *faults->queue);
    trigger(quectel, kind);
    return true;
}

static bool read_amount(const char *text, long long *amount)
{
    char *end;
    *amount = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end;
}

/* Without a number of bytes the fault strikes at once, otherwise after that many bytes. */
static void arm(struct quectel *quectel, struct emu_control_line *line, enum quectel_ftp_fault_kind kind,
                const char *bytes)
{
    struct quectel_ftp_faults *faults = &quectel->ftp->faults;
    long long at;
    if (!*bytes)
        trigger(quectel, kind);
    else if (!read_amount(bytes, &at))
        emu_control_fail(line, "expected a number of bytes");
    else if (faults->count == QUECTEL_FTP_FAULTS)
        emu_control_fail(line, "%d faults are already pending", QUECTEL_FTP_FAULTS);
    else
        faults->queue[faults->count++] = (struct quectel_ftp_fault){.kind = kind, .at = (uint64_t)at};
}

static void drop(struct quectel *quectel, struct emu_control_line *line)
{
    const char *what = emu_control_word(line), *bytes = emu_control_word(line);
    if (strcmp(what, "control") == 0)
        arm(quectel, line, QUECTEL_FTP_DROP_CONTROL, bytes);
    else if (strcmp(what, "data") == 0)
        arm(quectel, line, QUECTEL_FTP_DROP_DATA, bytes);
    else if (strcmp(what, "pdp") == 0 && (*bytes || quectel->ftp->context > 0))
        arm(quectel, line, QUECTEL_FTP_DROP_PDP, bytes);
    else
        emu_control_fail(
            line, "expected ftp drop control|data|pdp [BYTES]; pdp without BYTES needs an open session");
}

static void set_time(struct quectel *quectel, struct emu_control_line *line, const char *verb,
                     const char *text)
{
    long long milliseconds;
    if (!read_amount(text, &milliseconds) || milliseconds > 3600000)
        emu_control_fail(line, "expected a number of milliseconds from 0 to 3600000");
    else if (strcmp(verb, "delay") == 0)
        quectel->ftp->client.reply_delay = emu_ms(milliseconds);
    else
        quectel->ftp->timeout_ms = milliseconds;
}

/* Those that have not struck yet would stall the transfer behind this command. */
static void end_stalls(struct quectel_ftp_faults *faults)
{
    size_t kept = 0;
    for (size_t i = 0; i < faults->count; i++)
        if (faults->queue[i].kind != QUECTEL_FTP_STALL)
            faults->queue[kept++] = faults->queue[i];
    faults->count = kept;
    faults->stalled = false;
}

void quectel_ftp_control(struct quectel *quectel, struct emu_control_line *line)
{
    struct quectel_ftp_faults *faults = &quectel->ftp->faults;
    const char *verb = emu_control_word(line);
    if (strcmp(verb, "drop") == 0) {
        drop(quectel, line);
        return;
    }
    const char *word = emu_control_word(line);
    if (strcmp(verb, "stall") == 0 && strcmp(word, "on") == 0)
        faults->stalled = true;
    else if (strcmp(verb, "stall") == 0 && strcmp(word, "off") == 0)
        end_stalls(faults);
    else if (strcmp(verb, "stall") == 0)
        arm(quectel, line, QUECTEL_FTP_STALL, *word ? word : "?");
    else if (strcmp(verb, "reboot") == 0)
        arm(quectel, line, QUECTEL_FTP_REBOOT, *word ? word : "?");
    else if (strcmp(verb, "hangup") == 0)
        arm(quectel, line, QUECTEL_FTP_HANGUP, *word ? word : "?");
    else if (strcmp(verb, "delay") == 0 || strcmp(verb, "timeout") == 0)
        set_time(quectel, line, verb, word);
    else if (strcmp(verb, "clear") == 0)
        *faults = (struct quectel_ftp_faults){0};
    else
        emu_control_fail(line, "expected ftp drop, stall, reboot, hangup, delay, timeout or clear");
}
