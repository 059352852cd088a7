/* A client for one FTP server with a persistent control connection and a data connection per transfer (RFC
 * 959, 2228, 2428, 3659, 4217).
 *
 * It does not use libcurl because the module exposes the dialogue itself: reply codes, a working directory
 * and a session that persist over many commands, uploads in several pieces over one data connection, and
 * connections that break at a given byte. libcurl makes each of these a separate transfer, hides most codes,
 * and chooses its own TLS settings.
 *
 * Only one operation runs at a time. Each function that starts one is followed by `done`, which is called
 * from the loop (emu_ftp_run, timers), never from within the function. */
#ifndef EMU_NET_FTP_CLIENT_H
#define EMU_NET_FTP_CLIENT_H

#include "emulator/net/ftp/reply.h"
#include "emulator/net/link.h"

enum emu_ftp_failure {
    EMU_FTP_OK,
    EMU_FTP_REFUSED, /* see the server's reply code */
    EMU_FTP_NO_NAME,
    EMU_FTP_NO_CONNECTION,
    EMU_FTP_TIMED_OUT,
    EMU_FTP_TLS_FAILED,
    EMU_FTP_CONTROL_LOST,
    EMU_FTP_DATA_LOST,
    EMU_FTP_DATA_NOT_OPENED,
};

struct emu_ftp_events {
    /* The operation has ended. The code is that of the server's last reply, or 0 if the failure has
     * another cause. `text` is the text of that reply. */
    void (*done)(void *owner, enum emu_ftp_failure failure, int code, const char *text);
    /* For transfers: the server has agreed and the data connection is up. */
    void (*flowing)(void *owner);
};

enum emu_ftp_security {
    EMU_FTP_PLAIN,
    EMU_FTP_IMPLICIT,
    EMU_FTP_EXPLICIT,
};

struct emu_ftp_plan {
    const char *host, *user, *password; /* copied */
    unsigned port;
    enum emu_ftp_security security;
    /* Creates TLS for a connection to the host, which resumes `session` unless that is NULL. Returns NULL
     * if the settings are unusable. The argument is the owner of the events. */
    struct emu_tls *(*make_tls)(void *owner, SSL_SESSION *session);
    emu_time connect_limit, handshake_limit;
};

/* Address for a passive data connection. */
enum emu_ftp_address {
    EMU_FTP_ADDRESS_GIVEN,   /* the one in the server's reply */
    EMU_FTP_ADDRESS_CONTROL, /* the one of the control connection */
    EMU_FTP_ADDRESS_EITHER,  /* the control connection's, then the given one (address_limit) */
};

struct emu_ftp_transfer {
    const char *verb;     /* RETR, STOR, LIST, ... */
    const char *argument; /* copied; "": none */
    uint64_t offset;      /* REST */
    bool upload, ascii, active;
    bool reset; /* reset a data connection that is closed early instead of shutting it down */
    enum emu_ftp_address address;
    emu_time address_limit;
    size_t buffer; /* maximum amount of received data that is not consumed */
};

enum emu_ftp_data_state {
    EMU_FTP_DATA_NONE,
    EMU_FTP_DATA_CONNECTING,
    EMU_FTP_DATA_LISTENING,
    EMU_FTP_DATA_CONNECTED, /* and waiting for the server to agree */
    EMU_FTP_DATA_HANDSHAKING,
    EMU_FTP_DATA_FLOWING,
    EMU_FTP_DATA_FINISHING, /* upload: all data was passed, and the rest is being sent */
    EMU_FTP_DATA_OVER,
};

struct emu_ftp_data {
    enum emu_ftp_data_state state;
    struct emu_link link;
    struct emu_watch listener; /* fd -1: none */
    struct emu_timer second;   /* EMU_FTP_ADDRESS_EITHER: fires when the other address is to be tried */
    bool tried_given;
    char given[EMU_ADDRESS_TEXT];
    unsigned port;
    bool agreed;                  /* 1xx was received */
    bool stopped;                 /* closed early by the owner, so the server's verdict is ignored */
    int final;                    /* code of the last reply; 0: not received yet */
    enum emu_ftp_failure failure; /* detected before that */
};

/* All zero is closed. Its memory must stay valid until emu_ftp_close. */
struct emu_ftp {
    struct emu_net *net;
    const struct emu_ftp_events *events;
    void *owner;
    struct emu_ftp_plan plan;
    char *host, *user, *password;
    bool logged_in, secured;
    char type; /* current type on the server; 0: not set yet */

    struct emu_link control;
    struct emu_ftp_reply reply;
    void (*next)(struct emu_ftp *ftp, int code); /* handler of the next reply; NULL: none expected */
    emu_time reply_limit;                        /* time limit for each reply; may be changed at any time */
    emu_time reply_delay;                        /* delay before a reply is handled, for tests */
    bool reply_held, reply_due;                  /* a reply is being delayed; its delay has passed */
    bool busy;                                   /* an operation has started and `done` was not called yet */
    struct emu_timer limit, reply_timer;

    char *first, *second; /* arguments of the current operation */
    struct emu_ftp_transfer transfer;
    struct emu_ftp_data data;
};

/* Connects and logs in. Closed afterwards unless this succeeds. */
void emu_ftp_open(struct emu_ftp *ftp, struct emu_net *net, const struct emu_ftp_plan *plan,
                  const struct emu_ftp_events *events, void *owner);

/* Sends one command and waits for its reply. `argument` may be NULL. QUIT also closes the session. */
void emu_ftp_command(struct emu_ftp *ftp, const char *verb, const char *argument);
/* Sends SIZE in binary mode, since servers refuse it in ASCII mode. */
void emu_ftp_size(struct emu_ftp *ftp, const char *path);
void emu_ftp_rename(struct emu_ftp *ftp, const char *from, const char *to);

void emu_ftp_transfer(struct emu_ftp *ftp, const struct emu_ftp_transfer *transfer);

/* During a transfer. Downloaded bytes are in `data.link.in`; call emu_ftp_consumed after removing some.
 * emu_ftp_write sends bytes of an upload. */
void emu_ftp_consumed(struct emu_ftp *ftp);
size_t emu_ftp_write(struct emu_ftp *ftp, const char *bytes, size_t length);

/* All data of the upload was passed. */
void emu_ftp_finish(struct emu_ftp *ftp);

/* Ends the transfer early: closes the data connection and calls `done` after the server's reply. */
void emu_ftp_stop(struct emu_ftp *ftp);

/* Simulates a reset of the connections by the network. */
void emu_ftp_break_data(struct emu_ftp *ftp);
void emu_ftp_break_control(struct emu_ftp *ftp);

/* Handles replies from the server. Called once per round. */
void emu_ftp_run(struct emu_ftp *ftp);

/* Closes everything at once without calling an event handler. */
void emu_ftp_close(struct emu_ftp *ftp);

static inline bool emu_ftp_is_open(const struct emu_ftp *ftp)
{
    return ftp->control.state == EMU_LINK_UP && ftp->logged_in;
}

#endif
