#include "emulator/net/link_flow.h"

#include <errno.h>
#include <sys/socket.h>

enum {
    DATAGRAM_MAX = 16 * 1024,
    DATAGRAMS_A_ROUND = 64, /* limits the work per round, in case of a flood */
};

void emu_link_update_events(struct emu_link *link)
{
    short events = 0;
    if (link->state == EMU_LINK_UP) {
        if (!link->paused)
            events |= POLLIN;
        if (link->out.used > 0 && !link->stalled)
            events |= POLLOUT;
    }
    link->watch.events = events;
}

/* Results are those of emu_tls_read and emu_tls_write. */
static ssize_t receive_bytes(struct emu_link *link, char *bytes, size_t size)
{
    if (link->secure)
        return emu_tls_read(link->tls, bytes, size);
    ssize_t got = recv(link->watch.fd, bytes, size, 0);
    if (got >= 0)
        return got;
    return errno == EAGAIN || errno == EINTR || (link->datagram && errno == ECONNREFUSED) ? -1 : -2;
}

static ssize_t send_bytes(struct emu_link *link, const char *bytes, size_t length)
{
    if (link->secure)
        return emu_tls_write(link->tls, bytes, length);
    ssize_t put = send(link->watch.fd, bytes, length, MSG_NOSIGNAL);
    if (put >= 0)
        return put;
    return errno == EAGAIN || errno == EINTR || (link->datagram && errno == ECONNREFUSED) ? -1 : -2;
}

/* Returns the result of the last read: -1, or the one that ended the stream. */
static ssize_t read_stream(struct emu_link *link)
{
    for (;;) {
        char *at;
        size_t space = emu_ring_space(&link->in, &at);
        link->paused = space == 0;
        if (link->paused)
            return -1;
        ssize_t got = receive_bytes(link, at, space);
        if (got <= 0)
            return got;
        emu_ring_filled(&link->in, (size_t)got);
        link->received += (size_t)got;
    }
}

/* A datagram without room is dropped, as datagrams may be. An empty one has no meaning, except for the end
 * of DTLS. */
static ssize_t read_datagrams(struct emu_link *link)
{
    char datagram[DATAGRAM_MAX];
    for (int i = 0; i < DATAGRAMS_A_ROUND; i++) {
        ssize_t got = receive_bytes(link, datagram, sizeof datagram);
        if (got < 0 || (got == 0 && link->secure))
            return got;
        if ((size_t)got > emu_ring_room(&link->in) || link->datagram_count == EMU_LINK_DATAGRAMS || got == 0)
            continue;
        emu_ring_write(&link->in, datagram, (size_t)got);
        link->datagrams[(link->datagram_first + link->datagram_count++) % EMU_LINK_DATAGRAMS] = (size_t)got;
        link->received += (size_t)got;
    }
    return -1;
}

void emu_link_receive(struct emu_link *link)
{
    ssize_t outcome = link->datagram ? read_datagrams(link) : read_stream(link);
    emu_link_update_events(link);
    if (outcome != -1)
        emu_link_mark_closed(link, outcome < 0);
}

/* Returns false if the link is broken. */
static bool transmit(struct emu_link *link)
{
    while (link->out.used > 0 && !link->stalled) {
        const char *at;
        size_t length = emu_ring_peek(&link->out, &at);
        ssize_t put = send_bytes(link, at, length);
        if (put == -1)
            break;
        if (put <= 0)
            return false;
        emu_ring_drop(&link->out, (size_t)put);
        link->sent += (size_t)put;
    }
    emu_link_update_events(link);
    return true;
}

void emu_link_flow(struct emu_link *link, short events)
{
    bool had_output = link->out.used > 0;
    if ((events & POLLOUT) && !transmit(link)) {
        emu_link_mark_closed(link, true);
        return;
    }
    if (had_output && link->out.used == 0)
        link->events->drained(link->owner);
    if (link->state == EMU_LINK_UP && (events & (POLLIN | POLLHUP | POLLERR)))
        emu_link_receive(link);
}

bool emu_link_can_send(const struct emu_link *link, size_t length)
{
    if (link->state != EMU_LINK_UP || link->stalled)
        return false;
    return link->datagram || emu_ring_room(&link->out) >= length;
}

size_t emu_link_send(struct emu_link *link, const char *bytes, size_t length)
{
    if (link->state != EMU_LINK_UP || link->stalled)
        return 0;
    if (link->datagram) {
        ssize_t put = send_bytes(link, bytes, length);
        link->sent += put > 0 ? (size_t)put : 0;
        return put > 0 ? (size_t)put : 0;
    }
    size_t taken = emu_ring_write(&link->out, bytes, length);
    if (!transmit(link))
        link->watch.events = POLLOUT; /* the next round detects and reports the failure */
    return taken;
}

size_t emu_link_first(const struct emu_link *link)
{
    return link->datagram_count > 0 ? link->datagrams[link->datagram_first] : link->in.used;
}

void emu_link_consumed(struct emu_link *link, size_t length)
{
    if (link->datagram_count > 0) {
        size_t *first = &link->datagrams[link->datagram_first];
        *first -= length;
        if (*first == 0) {
            link->datagram_first = (link->datagram_first + 1) % EMU_LINK_DATAGRAMS;
            link->datagram_count--;
        }
    }
    if (link->state == EMU_LINK_UP && link->paused && emu_ring_room(&link->in) >= link->in.size / 4) {
        /* TLS may hold bytes that poll does not report, so read again, but not from within this call. */
        link->paused = false;
        emu_timer_start(link->net->loop, &link->limit, link->net->loop->now);
    }
}

void emu_link_end_as_peer(struct emu_link *link)
{
    shutdown(link->watch.fd, SHUT_RDWR);
}

void emu_link_stall(struct emu_link *link, bool stalled)
{
    link->stalled = stalled && !link->never_stalls;
    if (link->state == EMU_LINK_UP)
        emu_link_update_events(link);
}
