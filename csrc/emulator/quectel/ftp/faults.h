/* What the control connection can do to the FTP session: break it at a byte of a transfer, so that a spec
 * meets the same break each time. */
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
    uint64_t at; /* when a transfer has carried this many bytes */
};

/* A queue: the first waits for its byte, in this transfer or a later one; then the next does. */
struct quectel_ftp_faults {
    struct quectel_ftp_fault queue[QUECTEL_FTP_FAULTS];
    size_t count;
    bool stalled; /* nothing passes */
};

/* How many bytes may pass before something happens. */
uint64_t quectel_ftp_faults_bytes_left(const struct quectel *quectel);

/* Makes happen what is due. True: the session is not what it was. */
bool quectel_ftp_faults_trigger(struct quectel *quectel);

/* "ftp ..." on the control connection. */
void quectel_ftp_control(struct quectel *quectel, struct emu_control_line *line);

#endif
