/* TCP (ser2net and its like, raw) and unix stream sockets. */
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
};

/* Until the connection stands nothing can be read or written; whether it does is asked when the descriptor
 * stirs. */
static long finish_connecting(struct stream *stream)
{
    struct pollfd poller = {.fd = stream->port.fd, .events = POLLOUT};
    int problem = 0;
    socklen_t size = sizeof problem;
    if (poll(&poller, 1, 0) == 0)
        return 0;
    if (getsockopt(stream->port.fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
        problem = errno;
    if (problem != 0) {
        char reason[80];
        snprintf(reason, sizeof reason, "connect: %s", strerror(problem));
        return port_gone(&stream->port, reason);
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
    return port_gone(port, strerror(errno));
}

static void close_stream(struct port *port)
{
    close(port->fd);
    free(port);
}

static const struct port_driver stream_driver = {
    .close = close_stream,
    .read = read_stream,
    .write = write_stream,
};

/* Takes the descriptor over in any case. */
static struct port *connect_stream(int fd, const struct sockaddr *address, socklen_t size,
                                   struct port_error *error)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        goto failed;
    if (connect(fd, address, size) != 0) {
        if (errno != EINPROGRESS)
            goto failed;
        stream->connecting = true;
    }
    stream->port.driver = &stream_driver;
    stream->port.fd = fd;
    return &stream->port;

failed:
    port_fail(error, stream == NULL ? ENOMEM : errno);
    free(stream);
    close(fd);
    return NULL;
}

struct port *port_open_tcp(const char *host, const char *service, struct port_error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found;
    int status = getaddrinfo(host, service, &hints, &found);
    if (status != 0) {
        error->problem = PORT_NO_SUCH_PORT;
        snprintf(error->text, sizeof error->text, "%s: %s", host, gai_strerror(status));
        return NULL;
    }
    struct port *port = NULL;
    int fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    if (fd < 0) {
        port_fail(error, errno);
    } else {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        port = connect_stream(fd, found->ai_addr, found->ai_addrlen, error);
    }
    freeaddrinfo(found);
    return port;
}

struct port *port_open_unix(const char *path, struct port_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return port_fail(error, ENAMETOOLONG);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return port_fail(error, errno);
    return connect_stream(fd, (const struct sockaddr *)&address, sizeof address, error);
}
