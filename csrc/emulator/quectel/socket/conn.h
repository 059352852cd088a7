/* A connection in one of the three access modes (SSL note 1.4): what AT+QSSLOPEN and AT+QIOPEN have in
 * common. What it receives is receive.h's business. */
#ifndef EMU_QUECTEL_SOCKET_CONN_H
#define EMU_QUECTEL_SOCKET_CONN_H

#include "emulator/interpreter/command.h"
#include "emulator/net/link.h"

struct quectel;
struct quectel_conn;

enum quectel_access {
    QUECTEL_ACCESS_BUFFER,
    QUECTEL_ACCESS_PUSH,
    QUECTEL_ACCESS_TRANSPARENT,
};

/* <socket_state>, SSL note 2.2.6 */
enum quectel_conn_state {
    QUECTEL_CONN_INITIAL = 0,
    QUECTEL_CONN_OPENING = 1,
    QUECTEL_CONN_CONNECTED = 2,
    QUECTEL_CONN_LISTENING = 3,
    QUECTEL_CONN_CLOSING = 4, /* the other side has closed: only the close command is left */
};

enum {
    QUECTEL_CONNS = 12,
    QUECTEL_HOST_MAX = 200,
    QUECTEL_READ_MAX = 1500,
    QUECTEL_SEND_MAX = 1460,
};

/* The words of a family of commands. */
struct quectel_family {
    const char *urc;     /* +QSSLURC */
    const char *open;    /* +QSSLOPEN */
    const char *receive; /* +QSSLRECV */
    bool follows_qicfg;  /* AT+QICFG is about TCP/IP connections alone */
    int (*error_of)(const struct quectel *quectel, enum emu_link_failure failure);
    void (*opened)(struct quectel_conn *conn); /* a connection has come up; NULL: nothing to do */
};

struct quectel_conn {
    struct quectel *quectel;
    const struct quectel_family *family;
    int id;
    enum quectel_conn_state state;
    enum quectel_access access;
    int context;      /* PDP */
    int ssl_context;  /* SSL clients only */
    const char *kind; /* "SSLClient", "TCP", "UDP SERVICE", ... */
    int server;       /* the listener it came from; else its own id */
    char host[QUECTEL_HOST_MAX + 1];
    unsigned port;
    struct emu_link link;
    struct emu_watch listening; /* of a TCP LISTENER or UDP SERVICE, which have no link */
    bool serves_udp;
    struct quectel_datagram *datagrams; /* of a UDP SERVICE: received and unread */
    uint64_t bytes_read;                /* bytes the host has read */
    bool announced;                     /* a "recv" URC is out and data unread */
    bool close_reported;                /* the "closed" URC is out */
    bool command_waits;                 /* an open in transparent mode, or a close: its result comes later */
    bool online;                        /* the port is its data mode */
    struct emu_timer closing;
};

void quectel_conn_init(struct quectel_conn *conn, struct quectel *quectel,
                       const struct quectel_family *family, int id);

/* Begins to open: state, access, contexts, host, port and kind are set by the caller. The result of the
 * command. */
struct emu_result quectel_conn_open(struct quectel_conn *conn, const struct emu_link_plan *plan);

/* An open that is refused behind its OK: with a deferred result, or ERROR in transparent mode. */
struct emu_result quectel_conn_refuse(struct quectel *quectel, const struct quectel_family *family, int id,
                                      enum quectel_access access, int error);

/* AT+QSSLCLOSE and AT+QICLOSE. */
struct emu_result quectel_conn_close(struct quectel_conn *conn, long long timeout_s);

/* AT+QISWTMD */
struct emu_result quectel_conn_switch(struct quectel_conn *conn, enum quectel_access access);

/* ATO */
struct emu_result quectel_conn_back_online(struct quectel *quectel);

/* Gives it up without a word; it is as after quectel_conn_init. */
void quectel_conn_drop(struct quectel_conn *conn);

/* The PDP context of these has gone. */
void quectel_conns_drop_context(struct quectel *quectel, int context);

/* All connections of both families, and how many are open. */
void quectel_conns_each(struct quectel *quectel, void (*visit)(struct quectel_conn *conn, void *argument),
                        void *argument);
size_t quectel_conns_open(struct quectel *quectel);

/* The port leaves its data mode; the connection stays. */
void quectel_conn_go_offline(struct quectel_conn *conn);

/* The other side is gone: "closed", or NO CARRIER when the port is in its data mode. */
void quectel_conn_report_close(struct quectel_conn *conn);

/* For links that are adopted. */
extern const struct emu_link_events quectel_conn_events;

/* Where it is connected to, in digits if that is known. */
void quectel_conn_peer(const struct quectel_conn *conn, char text[QUECTEL_HOST_MAX + 1]);

#endif
