/* The module's only FTP session: the commands of the FTP note. */
#ifndef EMU_QUECTEL_FTP_FTP_H
#define EMU_QUECTEL_FTP_FTP_H

#include "emulator/interpreter/command.h"
#include "emulator/net/ftp/client.h"
#include "emulator/quectel/ftp/faults.h"
#include "emulator/quectel/ftp/transfer.h"

struct quectel;

enum {
    QUECTEL_FTP_TEXT_MAX = 255, /* for names, paths and the account (FTP note, chapter 2) */
    QUECTEL_FTP_CWD_MAX = 128,
};

/* All settings of AT+QFTPCFG. */
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
    bool session_dropped;               /* CLOSED, but not by the host: error 606 instead of 625 */
    bool poisoned;                      /* the quirk ftp-615-poisons */
    int context;                        /* PDP context of the session */
    struct quectel_ssl_context *secure; /* SSL context of the session */
    char host[QUECTEL_FTP_TEXT_MAX + 1];

    const char *command; /* command with a pending deferred result, such as "+QFTPCWD"; NULL: none */
    /* Prints the deferred result of a successful command. */
    void (*print)(struct quectel *quectel, const char *text);

    struct quectel_ftp_transfer transfer;
    struct quectel_ftp_faults faults;
    long long timeout_ms; /* replaces rsptimeout to speed up tests; 0: not used */
};

void quectel_ftp_init(struct quectel *quectel);
/* Power was lost: resets the settings and closes connections without printing anything. */
void quectel_ftp_drop(struct quectel *quectel);

/* The PDP context is down. */
void quectel_ftp_drop_context(struct quectel *quectel, int context);

/* See the `pump` member of emu_module. */
bool quectel_ftp_pump(struct quectel *quectel);

/* AT+QFTPCFG */
void quectel_ftp_settings_init(struct quectel_ftp_settings *settings);

/* Returns 0 if a command may start now, else the error to refuse it with. */
int quectel_ftp_refusal(struct quectel *quectel);

/* Maps a failure and the server's reply code to <err>. */
int quectel_ftp_error(enum emu_ftp_failure failure, int code);

emu_time quectel_ftp_response_limit(const struct quectel *quectel);

/* A transfer has ended: updates the session, which is idle, lost or being closed. */
void quectel_ftp_transfer_over(struct quectel *quectel);

/* Handles the consequences of an error for the session. */
void quectel_ftp_note_error(struct quectel *quectel, int error);

#endif
