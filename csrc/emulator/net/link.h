/* One connection between the module and a peer: name lookup, socket, optional TLS, and a bounded buffer in
 * each direction.
 *
 * If the receive buffer is full, the socket is not read, so the peer is throttled. If the send buffer is
 * full, the caller is told. Events are triggered by the loop, never from within a call. */
#ifndef EMU_NET_LINK_H
#define EMU_NET_LINK_H

#include "emulator/line/ring.h"
#include "emulator/net/net.h"
#include "emulator/net/tls/tls.h"

enum {
    EMU_LINK_RECEIVE_SIZE = 100 * 1024,
    EMU_LINK_SEND_SIZE = 16 * 1024,
    EMU_LINK_DATAGRAMS = 64, /* maximum number queued */
};

enum emu_link_failure {
    EMU_LINK_OPENED,
    EMU_LINK_NO_NAME,
    EMU_LINK_NO_CONNECTION,
    EMU_LINK_TIMED_OUT,
    EMU_LINK_TLS_FAILED,
};

enum emu_link_state {
    EMU_LINK_IDLE,
    EMU_LINK_RESOLVING,
    EMU_LINK_CONNECTING,
    EMU_LINK_HANDSHAKING,
    EMU_LINK_UP,
    EMU_LINK_CLOSED, /* closed by the peer or broken; received data can still be consumed */
    EMU_LINK_FAILING,
};

struct emu_link_events {
    /* emu_link_open has succeeded or failed. After a failure the link is idle. */
    void (*opened)(void *owner, enum emu_link_failure failure);
    /* See EMU_LINK_CLOSED. There is no event for received data: users check for it once per round. */
    void (*closed)(void *owner);
    /* The send buffer has become empty. */
    void (*drained)(void *owner);
};

struct emu_link_plan {
    const char *host; /* only used during emu_link_open */
    unsigned port;
    unsigned local_port; /* 0: any */
    bool datagram;
    bool secure;
    /* Ownership is transferred; NULL if `secure`: unusable settings, so the handshake fails. */
    struct emu_tls *tls;
    emu_time connect_limit, handshake_limit;
};

/* All zero is an idle link. Its memory must stay valid until emu_link_close. */
struct emu_link {
    struct emu_net *net;
    const struct emu_link_events *events;
    void *owner;

    enum emu_link_state state;
    bool datagram, secure, stalled;
    bool never_stalls;             /* it carries commands, and its user does not wait for room */
    bool broken;                   /* CLOSED by a reset or a TLS error, not regularly by the peer */
    enum emu_link_failure failure; /* FAILING: to be reported */
    unsigned local_port;           /* after connecting: the actual one */
    emu_time handshake_limit;
    struct emu_lookup lookup;
    size_t address; /* index of the one in use */
    struct emu_tls *tls;
    struct emu_watch watch; /* fd -1: no socket */
    struct emu_timer limit, retransmit;

    struct emu_ring in, out;
    bool paused;                          /* not reading because `in` is full */
    size_t datagrams[EMU_LINK_DATAGRAMS]; /* lengths of the datagrams in `in`, a ring */
    unsigned datagram_first, datagram_count;
    uint64_t received, sent;
};

void emu_link_open(struct emu_link *link, struct emu_net *net, const struct emu_link_plan *plan,
                   const struct emu_link_events *events, void *owner);

/* Takes over a socket that a peer has connected to. The secure variant starts with a TLS handshake as the
 * server, after which `opened` is called; it takes over `tls` too. */
void emu_link_adopt(struct emu_link *link, struct emu_net *net, int fd, const struct emu_link_events *events,
                    void *owner);
void emu_link_adopt_secure(struct emu_link *link, struct emu_net *net, int fd, struct emu_tls *tls,
                           emu_time handshake_limit, const struct emu_link_events *events, void *owner);

/* Starts TLS on an open link, as after FTP's AUTH TLS. Takes over `tls`; NULL makes the handshake fail.
 * `opened` is called again afterwards. */
void emu_link_secure(struct emu_link *link, struct emu_tls *tls, emu_time handshake_limit);

/* Changes the size of the receive buffer, which must be empty. */
void emu_link_size_buffer(struct emu_link *link, size_t size);

/* Closes the link at once in any state, without an event. Unsent and unread data is lost. */
void emu_link_close(struct emu_link *link);

/* The same, but with a reset. */
void emu_link_reset(struct emu_link *link);

/* Returns whether `length` bytes can be sent, and sends bytes. A datagram is sent immediately or not at
 * all. */
bool emu_link_can_send(const struct emu_link *link, size_t length);
size_t emu_link_send(struct emu_link *link, const char *bytes, size_t length);

/* Number of bytes in `in` that belong together: the first datagram, or all bytes of a stream. */
size_t emu_link_first(const struct emu_link *link);

/* Bytes were removed from the front of `in`: at most emu_link_first; for a stream `length` is ignored. */
void emu_link_consumed(struct emu_link *link, size_t length);

/* Simulates a peer that accepts no more data. */
void emu_link_stall(struct emu_link *link, bool stalled);

/* As if the peer had closed the connection: what has been received stays to be read. */
void emu_link_end_as_peer(struct emu_link *link);

/* Returns the peer's address, also after the link was closed. False: not known yet. */
bool emu_link_address(const struct emu_link *link, struct emu_address *peer);

#endif
