/* TCP (raw, as ser2net serves it) and unix stream sockets. */
#include "port/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct stream {
    struct port port;
    bool connecting;
    struct addrinfo *found, *next; /* addresses of the host, and the next one to try */
};

static void forget_addresses(struct stream *stream)
{
    if (stream->found != NULL)
        freeaddrinfo(stream->found);
    stream->found = stream->next = NULL;
}

/* False, with errno set, when it fails immediately. */
static bool start_connecting(struct stream *stream, int fd, const struct sockaddr *address, socklen_t size)
{
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return false;
    stream->connecting = connect(fd, address, size) != 0;
    return !stream->connecting || errno == EINPROGRESS;
}

/* Returns the descriptor; or -1, with errno set, when it fails immediately. */
static int connect_to(struct stream *stream, const struct addrinfo *address)
{
    int on = 1;
    int fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (start_connecting(stream, fd, address->ai_addr, address->ai_addrlen))
        return fd;
    int problem = errno;
    close(fd);
    errno = problem;
    return -1;
}

/* Tries the remaining addresses until one does not fail immediately. */
static int connect_to_next(struct stream *stream)
{
    while (stream->next != NULL) {
        const struct addrinfo *address = stream->next;
        stream->next = address->ai_next;
        int fd = connect_to(stream, address);
        if (fd >= 0)
            return fd;
    }
    return -1;
}

/* Keeps the number of the descriptor, since others are waiting for it. False: no address remains. */
static bool try_next(struct stream *stream)
{
    int fd = connect_to_next(stream);
    if (fd < 0)
        return false;
    bool moved = dup2(fd, stream->port.fd) >= 0 && fcntl(stream->port.fd, F_SETFD, FD_CLOEXEC) == 0;
    close(fd);
    return moved;
}

/* Checks whether the connection is complete, which poll() reports as ready for output. Until then nothing can
 * be read or written. Returns 1, 0 when still connecting, or PORT_CLOSED. */
static long finish_connecting(struct stream *stream)
{
    struct pollfd poller = {.fd = stream->port.fd, .events = POLLOUT};
    int problem = 0;
    socklen_t size = sizeof problem;
    if (poll(&poller, 1, 0) == 0)
        return 0;
    if (getsockopt(stream->port.fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
        problem = errno;
    if (problem != 0 && try_next(stream))
        return 0;
    forget_addresses(stream);
    if (problem != 0) {
        char reason[80];
        snprintf(reason, sizeof reason, "connect: %s", strerror(problem));
        return port_mark_closed(&stream->port, reason);
    }
    stream->connecting = false;
    return 1;
}

static long read_stream(struct port *port, char *buffer, size_t size)
{
    struct stream *stream = (struct stream *)port;
    long state = stream->connecting ? finish_connecting(stream) : 1;
    return state == 1 ? port_read_fd(port, buffer, size, "end of stream") : state;
}

static long write_stream(struct port *port, const char *bytes, size_t length)
{
    struct stream *stream = (struct stream *)port;
    long state = stream->connecting ? finish_connecting(stream) : 1;
    if (state != 1)
        return state;
    ssize_t taken = send(port->fd, bytes, length, MSG_NOSIGNAL);
    if (taken >= 0)
        return (long)taken;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return 0;
    return port_mark_closed(port, strerror(errno));
}

static void close_stream(struct port *port)
{
    struct stream *stream = (struct stream *)port;
    forget_addresses(stream);
    close(port->fd);
    free(stream);
}

static const struct port_driver stream_driver = {
    .close = close_stream,
    .read = read_stream,
    .write = write_stream,
};

static struct port *opened(struct stream *stream, int fd)
{
    stream->port.driver = &stream_driver;
    stream->port.fd = fd;
    return &stream->port;
}

static struct port *failed(struct stream *stream, struct port_error *error)
{
    port_fail(error, errno);
    forget_addresses(stream);
    free(stream);
    return NULL;
}

struct port *port_of_stream(int fd)
{
    struct stream *stream = calloc(1, sizeof *stream);
    return stream != NULL ? opened(stream, fd) : NULL;
}

struct port *port_open_tcp(const char *host, const char *service, struct port_error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return port_fail(error, ENOMEM);
    int status = getaddrinfo(host, service, &hints, &stream->found);
    if (status != 0) {
        error->problem = PORT_NO_SUCH_PORT;
        snprintf(error->text, sizeof error->text, "%s: %s", host, gai_strerror(status));
        free(stream);
        return NULL;
    }
    stream->next = stream->found;
    int fd = connect_to_next(stream);
    return fd < 0 ? failed(stream, error) : opened(stream, fd);
}

struct port *port_open_unix(const char *path, struct port_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return port_fail(error, ENAMETOOLONG);
    strcpy(address.sun_path, path);
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return port_fail(error, ENOMEM);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return failed(stream, error);
    if (start_connecting(stream, fd, (const struct sockaddr *)&address, sizeof address))
        return opened(stream, fd);
    int problem = errno;
    close(fd);
    errno = problem;
    return failed(stream, error);
}
