/* A connection, or a server that waits for some: a row of AT+SOCKET?. */
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
    AITHINKER_CLOSED,    /* what was received can be read until AT+SOCKETDEL */
};

struct aithinker_conn;

/* Whoever opened a connection, or made it connect again, is told how that went. */
struct aithinker_conn_events {
    void (*opened)(struct aithinker_conn *conn);
    /* May free the connection. */
    void (*failed)(struct aithinker_conn *conn, int error);
};

enum {
    AITHINKER_CONNS = 16,
    AITHINKER_CONNS_USUAL = 5, /* how many there may be is not written anywhere; drivers assume five */
    AITHINKER_PACKET_MAX = 1460,
};

struct aithinker_conn {
    struct aithinker *aithinker;
    long id; /* <ConID>; 0: this one is free */
    enum aithinker_type type;
    enum aithinker_status status;
    const struct aithinker_conn_events *events;
    char host[AITHINKER_HOST_MAX + 1]; /* as asked for; a seed's peer; "" for servers */
    unsigned port;                     /* a server's own, as asked for */
    unsigned real_port;                /* a server's, on this host */
    long server;                       /* the id of the one that a seed came to */
    bool pushes;                       /* the receive mode when it was opened */
    struct emu_link link;
    struct emu_watch listening;    /* of servers, which have no link */
    struct emu_address peer, last; /* of a UDP server: who spoke first and last */
    bool spoken_to;
    struct aithinker_packets packets;
    struct emu_timer again; /* until the next attempt to connect again */
    bool deleting;          /* AT+SOCKETDEL waits until what was sent is out */
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

/* A free one, with this id or (0) the lowest that nobody has; NULL when there are too many. */
struct aithinker_conn *aithinker_conn_new(struct aithinker *aithinker, enum aithinker_type type, long id);
struct aithinker_conn *aithinker_conn_find(struct aithinker *aithinker, long id);

/* At once and without a word; it is free then. */
void aithinker_conn_free(struct aithinker_conn *conn);
void aithinker_conns_free(struct aithinker *aithinker);
size_t aithinker_conns_count(const struct aithinker *aithinker);

/* AT+SOCKETDEL: what OK has been said to still goes out, if the peer takes it. */
struct emu_result aithinker_conn_delete(struct aithinker_conn *conn);

/* A client begins to connect to host and port; 0, or the error at once. */
int aithinker_conn_open(struct aithinker_conn *conn, const struct aithinker_conn_events *events);

/* The network under it has gone, or somebody has cut it. */
void aithinker_conn_drop(struct aithinker_conn *conn);
void aithinker_conns_drop(struct aithinker *aithinker);
/* The network is back: those that connect by themselves do. */
void aithinker_conns_resume(struct aithinker *aithinker);

/* It has ended: its event, and what firmware does then. */
void aithinker_conn_report_close(struct aithinker_conn *conn);

/* Whether bytes can go out at all; how many of these were taken: all, or for now none. */
bool aithinker_conn_is_up(const struct aithinker_conn *conn);
bool aithinker_conn_send(struct aithinker_conn *conn, const char *bytes, size_t length);

#endif
