/* Faults of the FTP session, set by the control connection. They break it at an exact byte of a transfer,
 * so that specs are reproducible. */
#ifndef EMU_QUECTEL_FTP_FAULTS_H
#define EMU_QUECTEL_FTP_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct quectel;
struct emu_control_line;

enum {
    QUECTEL_FTP_FAULTS = 16
};

enum quectel_ftp_fault_kind {
    QUECTEL_FTP_DROP_CONTROL,
    QUECTEL_FTP_DROP_DATA,
    QUECTEL_FTP_DROP_PDP,
    QUECTEL_FTP_STALL,
    QUECTEL_FTP_REBOOT,
    QUECTEL_FTP_HANGUP,
};

struct quectel_ftp_fault {
    enum quectel_ftp_fault_kind kind;
    uint64_t at; /* number of transferred bytes at which it strikes */
};

/* A queue: the first fault waits for its byte, in this transfer or a later one, then the next one does. */
struct quectel_ftp_faults {
    struct quectel_ftp_fault queue[QUECTEL_FTP_FAULTS];
    size_t count;
    bool stalled; /* no data passes */
};

/* Number of bytes that may pass before the next fault. */
uint64_t quectel_ftp_faults_bytes_left(const struct quectel *quectel);

/* Triggers the fault that is due, if any. Returns true if it did, in which case the session's state has
 * changed. */
bool quectel_ftp_faults_trigger(struct quectel *quectel);

/* "ftp ..." on the control connection. */
void quectel_ftp_control(struct quectel *quectel, struct emu_control_line *line);

#endif
