/* A client of one FTP server: a control connection that stays, and a data connection a transfer (RFC 959,
 * 2228, 2428, 3659, 4217).
 *
 * It is written over net/link and not over libcurl because what the module reports is the conversation
 * itself: the server's reply codes, a working directory and a session that last over many commands, an upload
 * in several pieces over one data connection, connections that break at a given byte. libcurl makes each of
 * these a transfer of its own, hides the codes of most, and picks its own TLS settings.
 *
 * One thing is done at a time. Each emu_ftp_... that begins something ends with `done`, which is told from
 * the loop (emu_ftp_run, timers) and never from inside the call that began it. */
#ifndef EMU_NET_FTP_H
#define EMU_NET_FTP_H

#include "emulator/net/ftp_reply.h"
#include "emulator/net/link.h"

enum emu_ftp_failure {
    EMU_FTP_OK,
    EMU_FTP_REFUSED, /* the server's reply code tells */
    EMU_FTP_NO_NAME,
    EMU_FTP_NO_CONNECTION,
    EMU_FTP_TIMED_OUT,
    EMU_FTP_TLS_FAILED,
    EMU_FTP_CONTROL_LOST,
    EMU_FTP_DATA_LOST,
    EMU_FTP_DATA_NOT_OPENED,
};

struct emu_ftp_events {
    /* The end of what was begun. The code is the server's last one, 0 when it has none to do with it; text
     * goes with it. */
    void (*done)(void *owner, enum emu_ftp_failure failure, int code, const char *text);
    /* A transfer: the server has agreed and the data connection is up. */
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
    /* TLS for a connection to the host, going on with a session unless it is NULL; NULL: settings that can't
     * work. Called with the owner of the events. */
    struct emu_tls *(*make_tls)(void *owner, SSL_SESSION *session);
    emu_time connect_limit, handshake_limit;
};

/* Where a passive data connection goes. */
enum emu_ftp_address {
    EMU_FTP_ADDRESS_GIVEN,   /* where the server says */
    EMU_FTP_ADDRESS_CONTROL, /* where the control connection goes */
    EMU_FTP_ADDRESS_EITHER,  /* the latter, and if that fails within address_limit the former */
};

struct emu_ftp_transfer {
    const char *verb;     /* RETR, STOR, LIST, ... */
    const char *argument; /* copied; "": none */
    uint64_t offset;      /* REST */
    bool upload, ascii, active;
    bool reset; /* a data connection given up early ends with a reset, not with a farewell */
    enum emu_ftp_address address;
    emu_time address_limit;
    size_t buffer; /* what is received and not yet taken, at most */
};

enum emu_ftp_data_state {
    EMU_FTP_DATA_NONE,
    EMU_FTP_DATA_CONNECTING,
    EMU_FTP_DATA_LISTENING,
    EMU_FTP_DATA_CONNECTED, /* and waiting for the server to agree */
    EMU_FTP_DATA_HANDSHAKING,
    EMU_FTP_DATA_FLOWING,
    EMU_FTP_DATA_FINISHING, /* an upload: no more comes, the rest is being sent */
    EMU_FTP_DATA_OVER,
};

struct emu_ftp_data {
    enum emu_ftp_data_state state;
    struct emu_link link;
    struct emu_watch listener; /* fd -1: none */
    struct emu_timer second;   /* EMU_FTP_ADDRESS_EITHER: time for the other address */
    bool tried_given;
    char given[EMU_ADDRESS_TEXT];
    unsigned port;
    bool agreed;  /* 1xx was seen */
    bool stopped; /* given up early by its owner, so what the server thinks of it does not count */
    int final;    /* the last reply's code; 0: not yet */
    enum emu_ftp_failure failure; /* found before that */
};

/* All zero is closed. Its memory must stay until emu_ftp_close. */
struct emu_ftp {
    struct emu_net *net;
    const struct emu_ftp_events *events;
    void *owner;
    struct emu_ftp_plan plan;
    char *host, *user, *password;
    bool logged_in, secured;
    char type; /* of transfers, as the server was last told; 0: never */

    struct emu_link control;
    struct emu_ftp_reply reply;
    void (*next)(struct emu_ftp *ftp, int code); /* who waits for a reply; NULL: nobody */
    emu_time reply_limit;                        /* for each reply; may be changed at any time */
    emu_time reply_delay;                        /* replies are heard this much later, for tests */
    bool reply_held, reply_due;                  /* one does so; its time has come */
    bool busy;                                   /* something was begun and `done` not told yet */
    struct emu_timer limit, reply_timer;

    char *first, *second; /* arguments of what is going on */
    struct emu_ftp_transfer transfer;
    struct emu_ftp_data data;
};

/* Connects and logs in. Ends closed unless it went well. */
void emu_ftp_open(struct emu_ftp *ftp, struct emu_net *net, const struct emu_ftp_plan *plan,
                  const struct emu_ftp_events *events, void *owner);

/* One command, one reply; `argument` may be NULL. QUIT is one too, and leaves it closed. */
void emu_ftp_command(struct emu_ftp *ftp, const char *verb, const char *argument);
/* SIZE, which servers refuse while the type is ASCII. */
void emu_ftp_size(struct emu_ftp *ftp, const char *path);
void emu_ftp_rename(struct emu_ftp *ftp, const char *from, const char *to);

void emu_ftp_transfer(struct emu_ftp *ftp, const struct emu_ftp_transfer *transfer);

/* While it flows: bytes of a download, in `data.link.in` (emu_ftp_consumed after dropping some), and of an
 * upload. */
void emu_ftp_consumed(struct emu_ftp *ftp);
size_t emu_ftp_write(struct emu_ftp *ftp, const char *bytes, size_t length);

/* That was all of the upload. */
void emu_ftp_finish(struct emu_ftp *ftp);

/* Enough of the transfer: the data connection is closed, and `done` told when the server has spoken about it.
 */
void emu_ftp_stop(struct emu_ftp *ftp);

/* Faults: as if the connections were reset by someone on the way. */
void emu_ftp_break_data(struct emu_ftp *ftp);
void emu_ftp_break_control(struct emu_ftp *ftp);

/* Once a round: listens to the server. */
void emu_ftp_run(struct emu_ftp *ftp);

/* At once, with no event. */
void emu_ftp_close(struct emu_ftp *ftp);

static inline bool emu_ftp_is_open(const struct emu_ftp *ftp)
{
    return ftp->control.state == EMU_LINK_UP && ftp->logged_in;
}

#endif
