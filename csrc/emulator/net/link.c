#define _GNU_SOURCE /* SOCK_NONBLOCK */
#include "emulator/net/link.h"

#include "emulator/net/link_flow.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum {
    KERNEL_BUFFER = 64 * 1024, /* small, so that back-pressure from a slow reader takes effect early */
};

static void on_ready(void *owner, short events);
static void on_limit(void *owner);
static void on_retransmit(void *owner);
static void on_found(void *owner);
static void connect_next(struct emu_link *link);
static void continue_handshake(struct emu_link *link);

static void prepare(struct emu_link *link, struct emu_net *net, const struct emu_link_events *events,
                    void *owner)
{
    *link = (struct emu_link){.net = net, .events = events, .owner = owner};
    link->watch = (struct emu_watch){.fd = -1, .on_ready = on_ready, .owner = link};
    link->limit = (struct emu_timer){.on_due = on_limit, .owner = link};
    link->retransmit = (struct emu_timer){.on_due = on_retransmit, .owner = link};
    link->lookup.on_done = on_found;
    link->lookup.owner = link;
    emu_ring_init(&link->in, EMU_LINK_RECEIVE_SIZE);
    emu_ring_init(&link->out, EMU_LINK_SEND_SIZE);
}

static void drop_socket(struct emu_link *link)
{
    emu_lookup_stop(&link->lookup);
    emu_timer_stop(link->net->loop, &link->limit);
    emu_timer_stop(link->net->loop, &link->retransmit);
    emu_watch_remove(link->net->loop, &link->watch);
    emu_tls_free(link->tls);
    link->tls = NULL;
    if (link->watch.fd >= 0)
        close(link->watch.fd);
    link->watch.fd = -1;
}

void emu_link_close(struct emu_link *link)
{
    if (link->state == EMU_LINK_IDLE)
        return;
    drop_socket(link);
    emu_ring_free(&link->in);
    emu_ring_free(&link->out);
    link->state = EMU_LINK_IDLE;
}

void emu_link_reset(struct emu_link *link)
{
    const struct linger at_once = {.l_onoff = 1};
    if (link->state != EMU_LINK_IDLE && link->watch.fd >= 0)
        setsockopt(link->watch.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    emu_link_close(link);
}

void emu_link_size_buffer(struct emu_link *link, size_t size)
{
    emu_ring_free(&link->in);
    emu_ring_init(&link->in, size);
}

/* Reported from the loop, so that output of the caller comes first. */
static void fail(struct emu_link *link, enum emu_link_failure failure)
{
    drop_socket(link);
    link->state = EMU_LINK_FAILING;
    link->failure = failure;
    emu_timer_start(link->net->loop, &link->limit, link->net->loop->now);
}

static void report_failure(struct emu_link *link)
{
    enum emu_link_failure failure = link->failure;
    emu_link_close(link);
    link->events->opened(link->owner, failure);
}

static void on_limit(void *owner)
{
    struct emu_link *link = owner;
    if (link->state == EMU_LINK_FAILING)
        report_failure(link);
    else if (link->state == EMU_LINK_UP)
        emu_link_receive(link); /* started by emu_link_consumed */
    else
        fail(link, EMU_LINK_TIMED_OUT);
}

static void mark_up(struct emu_link *link)
{
    emu_timer_stop(link->net->loop, &link->limit);
    link->state = EMU_LINK_UP;
    if (link->secure) {
        link->net->handshakes++;
        link->net->resumed += emu_tls_resumed(link->tls);
    }
    emu_link_update_events(link);
    link->events->opened(link->owner, EMU_LINK_OPENED);
}

static void start_tls_or_mark_up(struct emu_link *link)
{
    if (!link->secure) {
        mark_up(link);
        return;
    }
    emu_timer_start(link->net->loop, &link->limit, link->net->loop->now + link->handshake_limit);
    link->state = EMU_LINK_HANDSHAKING;
    if (!link->tls || !emu_tls_start(link->tls, link->watch.fd))
        fail(link, EMU_LINK_TLS_FAILED);
    else
        continue_handshake(link);
}

void emu_link_secure(struct emu_link *link, struct emu_tls *tls, emu_time handshake_limit)
{
    link->secure = true;
    link->tls = tls;
    link->handshake_limit = handshake_limit;
    start_tls_or_mark_up(link);
}

static void schedule_retransmit(struct emu_link *link)
{
    int64_t left = link->tls ? emu_tls_retransmit_in(link->tls) : -1;
    if (left >= 0)
        emu_timer_start(link->net->loop, &link->retransmit, emu_loop_now(link->net->loop) + left);
    else
        emu_timer_stop(link->net->loop, &link->retransmit);
}

static void on_retransmit(void *owner)
{
    struct emu_link *link = owner;
    if (emu_tls_retransmit(link->tls))
        schedule_retransmit(link);
    else if (link->state == EMU_LINK_HANDSHAKING)
        fail(link, EMU_LINK_TIMED_OUT);
}

static void continue_handshake(struct emu_link *link)
{
    enum emu_tls_progress progress = emu_tls_handshake(link->tls);
    schedule_retransmit(link);
    switch (progress) {
    case EMU_TLS_DONE:
        mark_up(link);
        break;
    case EMU_TLS_WANTS_READ:
        link->watch.events = POLLIN;
        break;
    case EMU_TLS_WANTS_WRITE:
        link->watch.events = POLLOUT;
        break;
    case EMU_TLS_FAILED:
        fail(link, EMU_LINK_TLS_FAILED);
        break;
    }
}

static void note_local_port(struct emu_link *link)
{
    struct emu_address local = {.length = sizeof local.storage};
    if (getsockname(link->watch.fd, (struct sockaddr *)&local.storage, &local.length) == 0)
        link->local_port = emu_address_port(&local);
}

static void bind_local(struct emu_link *link, int fd, int family)
{
    if (link->local_port == 0)
        return;
    struct emu_address local = {.storage.ss_family = (sa_family_t)family};
    local.length = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (family == AF_INET6)
        ((struct sockaddr_in6 *)&local.storage)->sin6_port = htons((uint16_t)link->local_port);
    else
        ((struct sockaddr_in *)&local.storage)->sin_port = htons((uint16_t)link->local_port);
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&local.storage, local.length) != 0)
        link->local_port = 0; /* already in use on this host: any other port will do */
}

static void tune(int fd, bool datagram)
{
    int size = KERNEL_BUFFER, yes = 1;
    if (datagram)
        return;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static int open_socket(struct emu_link *link, const struct emu_address *address)
{
    int type = (link->datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int fd = socket(address->storage.ss_family, type, 0);
    if (fd >= 0) {
        tune(fd, link->datagram);
        bind_local(link, fd, address->storage.ss_family);
    }
    return fd;
}

/* Tries the remaining addresses, starting at link->address. */
static void connect_next(struct emu_link *link)
{
    for (; link->address < link->lookup.found_count; link->address++) {
        const struct emu_address *address = &link->lookup.found[link->address];
        int fd = open_socket(link, address);
        if (fd < 0)
            continue;
        int outcome = connect(fd, (const struct sockaddr *)&address->storage, address->length);
        if (outcome != 0 && errno != EINPROGRESS) {
            close(fd);
            continue;
        }
        link->watch.fd = fd;
        link->watch.events = POLLOUT; /* a connection established at once is noticed in the next round */
        link->state = EMU_LINK_CONNECTING;
        emu_watch_add(link->net->loop, &link->watch);
        return;
    }
    fail(link, EMU_LINK_NO_CONNECTION);
}

static void on_found(void *owner)
{
    struct emu_link *link = owner;
    link->address = 0;
    if (link->lookup.found_count > 0)
        connect_next(link);
    else
        fail(link, EMU_LINK_NO_NAME);
}

void emu_link_open(struct emu_link *link, struct emu_net *net, const struct emu_link_plan *plan,
                   const struct emu_link_events *events, void *owner)
{
    prepare(link, net, events, owner);
    link->datagram = plan->datagram;
    link->secure = plan->secure;
    link->tls = plan->tls;
    link->local_port = plan->local_port;
    link->handshake_limit = plan->handshake_limit;
    link->state = EMU_LINK_RESOLVING;
    emu_timer_start(net->loop, &link->limit, net->loop->now + plan->connect_limit);
    switch (emu_lookup_start(&link->lookup, &net->resolver, net->loop, plan->host, plan->port)) {
    case EMU_LOOKUP_FOUND:
        connect_next(link);
        break;
    case EMU_LOOKUP_FAILED:
        fail(link, EMU_LINK_NO_NAME);
        break;
    case EMU_LOOKUP_RUNNING:
        break;
    }
}

static void adopt(struct emu_link *link, struct emu_net *net, int fd, const struct emu_link_events *events,
                  void *owner)
{
    prepare(link, net, events, owner);
    struct emu_address *peer = &link->lookup.found[0];
    peer->length = sizeof peer->storage;
    if (getpeername(fd, (struct sockaddr *)&peer->storage, &peer->length) == 0)
        link->lookup.found_count = 1;
    tune(fd, false);
    link->watch.fd = fd;
    note_local_port(link);
    emu_watch_add(net->loop, &link->watch);
}

void emu_link_adopt(struct emu_link *link, struct emu_net *net, int fd, const struct emu_link_events *events,
                    void *owner)
{
    adopt(link, net, fd, events, owner);
    link->state = EMU_LINK_UP;
    emu_link_update_events(link);
}

void emu_link_adopt_secure(struct emu_link *link, struct emu_net *net, int fd, struct emu_tls *tls,
                           emu_time handshake_limit, const struct emu_link_events *events, void *owner)
{
    adopt(link, net, fd, events, owner);
    link->secure = true;
    link->tls = tls;
    link->handshake_limit = handshake_limit;
    if (emu_tls_start(tls, fd)) {
        /* The client speaks first. The handshake continues when it does, so no event is triggered from
         * here. */
        link->state = EMU_LINK_HANDSHAKING;
        link->watch.events = POLLIN;
        emu_timer_start(net->loop, &link->limit, net->loop->now + handshake_limit);
    } else {
        fail(link, EMU_LINK_TLS_FAILED);
    }
}

static void finish_connecting(struct emu_link *link)
{
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(link->watch.fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0) {
        note_local_port(link);
        start_tls_or_mark_up(link);
        return;
    }
    emu_watch_remove(link->net->loop, &link->watch);
    close(link->watch.fd);
    link->watch.fd = -1;
    link->address++;
    connect_next(link);
}

void emu_link_mark_closed(struct emu_link *link, bool broken)
{
    drop_socket(link);
    link->broken = broken;
    link->state = EMU_LINK_CLOSED;
    link->events->closed(link->owner);
}

static void on_ready(void *owner, short events)
{
    struct emu_link *link = owner;
    if (link->state == EMU_LINK_CONNECTING)
        finish_connecting(link);
    else if (link->state == EMU_LINK_HANDSHAKING)
        continue_handshake(link);
    else if (link->state == EMU_LINK_UP)
        emu_link_flow(link, events);
}

bool emu_link_address(const struct emu_link *link, struct emu_address *peer)
{
    if (link->address >= link->lookup.found_count)
        return false;
    *peer = link->lookup.found[link->address];
    return true;
}
