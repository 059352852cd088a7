#include "port/driver.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    UNKNOWN_PENDING_US = 20000 /* assumed while bytes are queued in a port whose speed is unknown */
};

struct port *port_fail(struct port_error *error, int os_error)
{
    switch (os_error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case ENOTDIR:
        error->problem = PORT_NO_SUCH_PORT;
        break;
    case EBUSY:
    case EWOULDBLOCK:
        error->problem = PORT_BUSY;
        break;
    case EACCES:
    case EPERM:
        error->problem = PORT_NO_PERMISSION;
        break;
    case ECONNREFUSED:
        error->problem = PORT_REFUSED;
        break;
    default:
        error->problem = PORT_FAILED;
    }
    snprintf(error->text, sizeof error->text, "%s", strerror(os_error));
    return NULL;
}

long port_mark_closed(struct port *port, const char *reason)
{
    if (port->reason[0] == '\0')
        snprintf(port->reason, sizeof port->reason, "%s", reason);
    return PORT_CLOSED;
}

long port_read_fd(struct port *port, char *buffer, size_t size, const char *at_end)
{
    ssize_t length = read(port->fd, buffer, size);
    if (length > 0)
        return (long)length;
    if (length == 0)
        return port_mark_closed(port, at_end);
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return 0;
    /* EIO means that the other end of a pty was closed, or a USB adapter was unplugged. */
    return port_mark_closed(port, errno == EIO ? "hung up" : strerror(errno));
}

long port_write_fd(struct port *port, const char *bytes, size_t length)
{
    ssize_t taken = write(port->fd, bytes, length);
    if (taken >= 0)
        return (long)taken;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return 0;
    return port_mark_closed(port, errno == EIO ? "hung up" : strerror(errno));
}

bool port_lock(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return false;
    return ioctl(fd, TIOCEXCL) == 0;
}

void port_unlock(int fd)
{
    ioctl(fd, TIOCNXCL);
}

static struct port *bad_address(struct port_error *error, const char *text)
{
    error->problem = PORT_BAD_ADDRESS;
    snprintf(error->text, sizeof error->text, "%s", text);
    return NULL;
}

/* `host:port`; the host may be an IPv6 address in brackets. */
static struct port *open_tcp(const char *address, struct port_error *error)
{
    char host[256];
    const char *colon = strrchr(address, ':');
    size_t length = colon != NULL ? (size_t)(colon - address) : 0;
    if (length == 0 || colon[1] == '\0' || length >= sizeof host)
        return bad_address(error, "a TCP address is tcp:host:port");
    if (address[0] == '[' && colon[-1] == ']') {
        address++;
        length -= 2;
    }
    memcpy(host, address, length);
    host[length] = '\0';
    return port_open_tcp(host, colon + 1, error);
}

static struct port *open_device(const char *name, const struct port_options *options,
                                struct port_error *error)
{
    char resolved[PATH_MAX];
    if (access(name, F_OK) != 0)
        return port_fail(error, errno);
    if (port_is_serial(name))
        return port_open_serial(name, options, error);
    /* The name may be a link to a serial line (udev, /dev/serial/by-id). */
    if (realpath(name, resolved) != NULL && port_is_serial(resolved))
        return port_open_serial(resolved, options, error);
    return port_open_tty(name, options, error);
}

struct port *port_open(const char *address, const struct port_options *options, struct port_error *error)
{
    if (strncmp(address, "tcp:", 4) == 0)
        return open_tcp(address + 4, error);
    if (strncmp(address, "unix:", 5) == 0)
        return port_open_unix(address + 5, error);
    if (address[0] == '/')
        return open_device(address, options, error);
    return bad_address(error, "an address is an absolute path (/dev/ttyUSB2), tcp:host:port, "
                              "unix:/path or emulator");
}

void port_close(struct port *port)
{
    port->driver->close(port);
}

int port_fd(const struct port *port)
{
    return port->fd;
}

long port_read(struct port *port, char *buffer, size_t size)
{
    return port->driver->read(port, buffer, size);
}

long port_write(struct port *port, const char *bytes, size_t length)
{
    return port->driver->write(port, bytes, length);
}

const char *port_reason(const struct port *port)
{
    return port->reason;
}

bool port_set_dtr(struct port *port, bool on)
{
    return port->driver->set_dtr != NULL && port->driver->set_dtr(port, on);
}

bool port_set_rts(struct port *port, bool on)
{
    return port->driver->set_rts != NULL && port->driver->set_rts(port, on);
}

bool port_set_baud(struct port *port, uint32_t baud)
{
    if (port->driver->set_baud == NULL || !port->driver->set_baud(port, baud))
        return false;
    port->baud = baud;
    return true;
}

uint64_t port_pending(const struct port *port)
{
    int waiting = 0;
#ifdef TIOCOUTQ /* works for sockets too, where it is called SIOCOUTQ */
    if (ioctl(port->fd, TIOCOUTQ, &waiting) != 0)
        waiting = 0;
#endif
    if (waiting <= 0)
        return 0;
    return port->baud > 0 ? (uint64_t)waiting * 10000000 / port->baud : UNKNOWN_PENDING_US;
}
