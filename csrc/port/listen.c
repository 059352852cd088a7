#include "port/listen.h"

#include "port/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 64
};

/* Returns the descriptor; or -1, with errno set. */
static int listen_at(const struct addrinfo *address)
{
    int on = 1;
    int fd =
        socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int problem = errno;
    close(fd);
    errno = problem;
    return -1;
}

int port_listen(const char *host, const char *service, struct port_error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    int status = getaddrinfo(host, service, &hints, &found);
    if (status != 0) {
        error->problem = PORT_BAD_ADDRESS;
        snprintf(error->text, sizeof error->text, "%s: %s", host, gai_strerror(status));
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *address = found; fd < 0 && address != NULL; address = address->ai_next)
        fd = listen_at(address);
    int problem = errno;
    freeaddrinfo(found);
    if (fd < 0) {
        port_fail(error, problem);
        if (problem == EADDRINUSE)
            error->problem = PORT_BUSY;
    }
    return fd;
}

int port_listen_number(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

struct port *port_accept(int fd)
{
    int on = 1;
    int client = accept(fd, NULL, NULL);
    if (client < 0)
        return NULL;
    fcntl(client, F_SETFL, O_NONBLOCK);
    fcntl(client, F_SETFD, FD_CLOEXEC);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct port *port = port_of_stream(client);
    if (port == NULL)
        close(client);
    return port;
}
