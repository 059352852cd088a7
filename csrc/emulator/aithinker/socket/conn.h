/* A connection or a listening server: one row of AT+SOCKET?. */
#ifndef EMU_AITHINKER_SOCKET_CONN_H
#define EMU_AITHINKER_SOCKET_CONN_H

#include "emulator/aithinker/settings.h"
#include "emulator/aithinker/socket/packets.h"
#include "emulator/interpreter/command.h"
#include "emulator/net/link.h"

struct aithinker;

/* <type> */
enum aithinker_type {
    AITHINKER_UDP_SERVER = 1,
    AITHINKER_UDP_CLIENT = 2,
    AITHINKER_TCP_SERVER = 3,
    AITHINKER_TCP_CLIENT = 4,
    AITHINKER_TCP_SEED = 5,
    AITHINKER_SSL_SERVER = 6,
    AITHINKER_SSL_CLIENT = 7,
    AITHINKER_SSL_SEED = 8,
};

enum aithinker_status {
    AITHINKER_CONNECTING,
    AITHINKER_CONNECTED, /* or listening */
    AITHINKER_CLOSED,    /* received data stays readable until AT+SOCKETDEL */
};

struct aithinker_conn;

/* Callbacks of whoever opened the connection, or of the reconnect logic. */
struct aithinker_conn_events {
    void (*opened)(struct aithinker_conn *conn);
    /* May free the connection. */
    void (*failed)(struct aithinker_conn *conn, int error);
};

enum {
    AITHINKER_CONNS = 16,
    AITHINKER_CONNS_USUAL = 5, /* the real limit is undocumented; drivers assume five */
    AITHINKER_PACKET_MAX = 1460,
};

struct aithinker_conn {
    struct aithinker *aithinker;
    long id; /* <ConID>; 0: slot is free */
    enum aithinker_type type;
    enum aithinker_status status;
    const struct aithinker_conn_events *events;
    char host[AITHINKER_HOST_MAX + 1]; /* as given in the command; of the peer for a seed; "" for servers */
    unsigned port;                     /* a server's own port, as given in the command */
    unsigned real_port;                /* host port that a server listens on */
    long server;                       /* for a seed: id of the server that accepted it */
    bool pushes;                       /* receive mode at the time of opening */
    struct emu_link link;
    struct emu_watch listening;    /* servers only; they have no link */
    struct emu_address peer, last; /* for a UDP server: first and latest peer */
    bool spoken_to;
    struct aithinker_packets packets;
    struct emu_timer again; /* until the next attempt to reconnect */
    bool deleting;          /* AT+SOCKETDEL is waiting for sent data to drain */
    struct emu_timer close_timer;
};

extern const struct emu_link_events aithinker_link_events;

static inline bool aithinker_is_server(enum aithinker_type type)
{
    return type == AITHINKER_UDP_SERVER || type == AITHINKER_TCP_SERVER || type == AITHINKER_SSL_SERVER;
}

static inline bool aithinker_is_seed(enum aithinker_type type)
{
    return type == AITHINKER_TCP_SEED || type == AITHINKER_SSL_SEED;
}

static inline bool aithinker_is_client(enum aithinker_type type)
{
    return !aithinker_is_server(type) && !aithinker_is_seed(type);
}

static inline bool aithinker_is_secure(enum aithinker_type type)
{
    return type >= AITHINKER_SSL_SERVER;
}

/* Returns an unused connection with the given id, or with the lowest unused id if `id` is 0. NULL: too
 * many connections. */
struct aithinker_conn *aithinker_conn_new(struct aithinker *aithinker, enum aithinker_type type, long id);
struct aithinker_conn *aithinker_conn_find(struct aithinker *aithinker, long id);

/* Closes the connection at once without printing anything and makes its slot available. */
void aithinker_conn_free(struct aithinker_conn *conn);
void aithinker_conns_free(struct aithinker *aithinker);
size_t aithinker_conns_count(const struct aithinker *aithinker);

/* AT+SOCKETDEL. Data already acknowledged with OK is still sent if the peer accepts it. */
struct emu_result aithinker_conn_delete(struct aithinker_conn *conn);

/* Starts connecting a client to its host and port. Returns 0, or an error code if this fails immediately. */
int aithinker_conn_open(struct aithinker_conn *conn, const struct aithinker_conn_events *events);

/* The connection is lost, through loss of the network or on request of the control connection. */
void aithinker_conn_drop(struct aithinker_conn *conn);
void aithinker_conns_drop(struct aithinker *aithinker);
/* The network is available again: reconnects the connections that do so automatically. */
void aithinker_conns_resume(struct aithinker *aithinker);

/* Prints the event for a closed connection and reconnects it if the firmware does so. */
void aithinker_conn_report_close(struct aithinker_conn *conn);

/* Returns whether the connection can carry data at all, and sends data: all of it, or for the time being
 * none (false). */
bool aithinker_conn_is_up(const struct aithinker_conn *conn);
bool aithinker_conn_send(struct aithinker_conn *conn, const char *bytes, size_t length);

#endif
