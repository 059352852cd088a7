/* One connection of the module to a server: name, socket, TLS over it when asked, and a bounded buffer each
 * way.
 *
 * When the receive buffer is full the socket is not read, so the peer feels it; when the send buffer is full
 * the caller is told. Events come from the loop, never from inside a call to the link. */
#ifndef EMU_NET_LINK_H
#define EMU_NET_LINK_H

#include "emulator/line/ring.h"
#include "emulator/net/net.h"
#include "emulator/net/tls.h"

enum {
    EMU_LINK_RECEIVE_SIZE = 100 * 1024,
    EMU_LINK_SEND_SIZE = 16 * 1024,
    EMU_LINK_DATAGRAMS = 64, /* kept at most */
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
    EMU_LINK_CLOSED, /* the peer has closed or it broke; what was received can still be taken */
    EMU_LINK_FAILING,
};

struct emu_link_events {
    /* The end of emu_link_open. After a failure the link is idle again. */
    void (*opened)(void *owner, enum emu_link_failure failure);
    /* See EMU_LINK_CLOSED. That data has come is nothing to be told: who wants it looks once a round. */
    void (*closed)(void *owner);
    /* The send buffer has become empty. */
    void (*drained)(void *owner);
};

struct emu_link_plan {
    const char *host; /* used only during emu_link_open */
    unsigned port;
    unsigned local_port; /* 0: any */
    bool datagram;
    bool secure;
    struct emu_tls *tls; /* taken over; NULL when secure: settings that can't work, so the handshake fails */
    emu_time connect_limit, handshake_limit;
};

/* All zero is an idle link. Its memory must stay until emu_link_close. */
struct emu_link {
    struct emu_net *net;
    const struct emu_link_events *events;
    void *owner;

    enum emu_link_state state;
    bool datagram, secure, stalled;
    bool broken;                   /* ENDED, but not by the peer's wish: a reset, or TLS gone wrong */
    enum emu_link_failure failure; /* FAILING: what will be told */
    unsigned local_port;           /* once connected, the real one */
    emu_time handshake_limit;
    struct emu_lookup lookup;
    size_t address; /* the one in use */
    struct emu_tls *tls;
    struct emu_watch watch; /* fd -1: no socket */
    struct emu_timer limit, retransmit;

    struct emu_ring in, out;
    bool paused;                          /* not reading, because `in` was full */
    size_t datagrams[EMU_LINK_DATAGRAMS]; /* lengths of those in `in`, a ring */
    unsigned datagram_first, datagram_count;
    uint64_t received, sent;
};

void emu_link_open(struct emu_link *link, struct emu_net *net, const struct emu_link_plan *plan,
                   const struct emu_link_events *events, void *owner);

/* Over a socket that a peer has connected to, which is taken over. With TLS the handshake as its server comes
 * first, and `opened` tells its end; `tls` is taken over too. */
void emu_link_adopt(struct emu_link *link, struct emu_net *net, int fd, const struct emu_link_events *events,
                    void *owner);
void emu_link_adopt_secure(struct emu_link *link, struct emu_net *net, int fd, struct emu_tls *tls,
                           emu_time handshake_limit, const struct emu_link_events *events, void *owner);

/* A link that is up goes on with TLS, as after FTP's AUTH TLS; `tls` is taken over, NULL fails. Ends with
 * `opened` once more. */
void emu_link_secure(struct emu_link *link, struct emu_tls *tls, emu_time handshake_limit);

/* Another size for the receive buffer; only while nothing was received. */
void emu_link_size_buffer(struct emu_link *link, size_t size);

/* At once, in any state, with no event. What was not sent or taken is lost. */
void emu_link_close(struct emu_link *link);

/* The same, and the peer is told by a reset. */
void emu_link_reset(struct emu_link *link);

/* Room for this many bytes to send, and putting them there. A datagram goes at once or not at all. */
bool emu_link_can_send(const struct emu_link *link, size_t length);
size_t emu_link_send(struct emu_link *link, const char *bytes, size_t length);

/* How many of the bytes in `in` belong together: the first datagram, or all of a stream. */
size_t emu_link_first(const struct emu_link *link);

/* So many bytes, no more than emu_link_first, were dropped from the front of `in`; of a stream any number. */
void emu_link_consumed(struct emu_link *link, size_t length);

/* As if the peer took nothing more. */
void emu_link_stall(struct emu_link *link, bool stalled);

/* Where it goes to, also after it has ended; false while that is not known. */
bool emu_link_address(const struct emu_link *link, struct emu_address *peer);

#endif
