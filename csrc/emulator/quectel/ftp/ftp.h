/* The module's one FTP session: the commands of the FTP note. */
#ifndef EMU_QUECTEL_FTP_FTP_H
#define EMU_QUECTEL_FTP_FTP_H

#include "emulator/interpreter/command.h"
#include "emulator/net/ftp.h"
#include "emulator/quectel/ftp/faults.h"
#include "emulator/quectel/ftp/transfer.h"

struct quectel;

enum {
    QUECTEL_FTP_TEXT_MAX = 255, /* names, paths and the account (FTP note, chapter 2) */
    QUECTEL_FTP_CWD_MAX = 128,
};

/* Everything of AT+QFTPCFG. */
struct quectel_ftp_settings {
    char user[QUECTEL_FTP_TEXT_MAX + 1], password[QUECTEL_FTP_TEXT_MAX + 1];
    long long filetype, transmode, contextid, rsptimeout, ssltype, sslctxid, data_address, data_timeout,
        restenable, cache;
};

/* <ftpstat>, FTP note 2.17 */
enum quectel_ftp_state {
    QUECTEL_FTP_OPENING = 0,
    QUECTEL_FTP_IDLE = 1,
    QUECTEL_FTP_TRANSFERRING = 2,
    QUECTEL_FTP_CLOSING = 3,
    QUECTEL_FTP_CLOSED = 4,
};

struct quectel_ftp {
    struct quectel_ftp_settings settings;
    struct emu_ftp client;
    enum quectel_ftp_state state;
    bool session_dropped;               /* CLOSED, but not by the host's wish: 606 and not 625 */
    bool poisoned;                      /* the quirk ftp-615-poisons */
    int context;                        /* PDP context of the session */
    struct quectel_ssl_context *secure; /* SSL context of the session */
    char host[QUECTEL_FTP_TEXT_MAX + 1];

    const char *command; /* "+QFTPCWD": its deferred result is due; NULL: none is */
    /* Prints the deferred result of one that went well. */
    void (*print)(struct quectel *quectel, const char *text);

    struct quectel_ftp_transfer transfer;
    struct quectel_ftp_faults faults;
    long long timeout_ms; /* instead of rsptimeout, for tests in a hurry; 0: not */
};

void quectel_ftp_init(struct quectel *quectel);
/* Power was lost: settings go, connections end without a word. */
void quectel_ftp_drop(struct quectel *quectel);

/* The PDP context has gone. */
void quectel_ftp_drop_context(struct quectel *quectel, int context);

/* See emu_module's pump. */
bool quectel_ftp_pump(struct quectel *quectel);

/* AT+QFTPCFG */
void quectel_ftp_settings_init(struct quectel_ftp_settings *settings);

/* Whether a command may begin now; else the error it is refused with. */
int quectel_ftp_refusal(struct quectel *quectel);

/* <err> of a failure, and of the server's reply to it. */
int quectel_ftp_error(enum emu_ftp_failure failure, int code);

emu_time quectel_ftp_response_limit(const struct quectel *quectel);

/* After a transfer: the session is idle, or gone, or on its way out. */
void quectel_ftp_transfer_over(struct quectel *quectel);

/* What a failure means for the session. */
void quectel_ftp_note_error(struct quectel *quectel, int error);

#endif
