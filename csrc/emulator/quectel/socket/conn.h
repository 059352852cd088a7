/* A connection in one of the three access modes (SSL note 1.4): the common part of AT+QSSLOPEN and
 * AT+QIOPEN. For received data see receive.h. */
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
    QUECTEL_CONN_CLOSING = 4, /* closed by the peer: only the close command remains */
};

enum {
    QUECTEL_CONNS = 12,
    QUECTEL_HOST_MAX = 200,
    QUECTEL_READ_MAX = 1500,
    QUECTEL_SEND_MAX = 1460,
};

/* The strings and hooks of a family of commands. */
struct quectel_family {
    const char *urc;     /* +QSSLURC */
    const char *open;    /* +QSSLOPEN */
    const char *receive; /* +QSSLRECV */
    bool follows_qicfg;  /* AT+QICFG only affects TCP/IP connections */
    int (*error_of)(const struct quectel *quectel, enum emu_link_failure failure);
    void (*opened)(struct quectel_conn *conn); /* a connection has been established; NULL: nothing to do */
};

struct quectel_conn {
    struct quectel *quectel;
    const struct quectel_family *family;
    int id;
    enum quectel_conn_state state;
    enum quectel_access access;
    int context;      /* PDP context */
    int ssl_context;  /* SSL clients only */
    const char *kind; /* "SSLClient", "TCP", "UDP SERVICE", ... */
    int server;       /* listener that accepted it, or its own id */
    char host[QUECTEL_HOST_MAX + 1];
    unsigned port;
    struct emu_link link;
    struct emu_watch listening; /* TCP LISTENER or UDP SERVICE only; they have no link */
    bool serves_udp;
    struct quectel_datagram *datagrams; /* UDP SERVICE: received but not read */
    uint64_t bytes_read;                /* number of bytes read by the host */
    bool announced;                     /* a "recv" URC was printed and data is unread */
    bool close_reported;                /* the "closed" URC was printed */
    bool command_waits;                 /* opening in transparent mode or closing: the result is pending */
    bool online;                        /* the port is in data mode for this connection */
    struct emu_timer closing;
};

void quectel_conn_init(struct quectel_conn *conn, struct quectel *quectel,
                       const struct quectel_family *family, int id);

/* Starts opening. The caller must have set access, contexts, host, port and kind. Returns the result of
 * the command. */
struct emu_result quectel_conn_open(struct quectel_conn *conn, const struct emu_link_plan *plan);

/* Refuses an open: OK and a deferred result, or ERROR in transparent mode. */
struct emu_result quectel_conn_refuse(struct quectel *quectel, const struct quectel_family *family, int id,
                                      enum quectel_access access, int error);

/* AT+QSSLCLOSE and AT+QICLOSE of this connection; NULL: it has named none. */
struct emu_result quectel_conn_close(struct emu_call *call, struct quectel_conn *conn);

/* AT+QISWTMD */
struct emu_result quectel_conn_switch(struct quectel_conn *conn, enum quectel_access access);

/* ATO */
struct emu_result quectel_conn_back_online(struct quectel *quectel);

/* Closes the connection without printing anything. Its state is that after quectel_conn_init. */
void quectel_conn_drop(struct quectel_conn *conn);

/* Closes all connections of a PDP context that is down. */
void quectel_conns_drop_context(struct quectel *quectel, int context);

/* Visits all connections of both families, and counts those in use. */
void quectel_conns_each(struct quectel *quectel, void (*visit)(struct quectel_conn *conn, void *argument),
                        void *argument);
size_t quectel_conns_open(struct quectel *quectel);

/* Leaves data mode; the connection stays open. */
void quectel_conn_go_offline(struct quectel_conn *conn);

/* Reports that the peer has closed: "closed", or NO CARRIER in data mode. */
void quectel_conn_report_close(struct quectel_conn *conn);

/* For links of accepted connections. */
extern const struct emu_link_events quectel_conn_events;

/* Returns the peer's address as text if known, else the host name. */
void quectel_conn_peer(const struct quectel_conn *conn, char text[QUECTEL_HOST_MAX + 1]);

#endif
