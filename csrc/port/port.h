/* A byte stream to and from a module: a serial line, another kind of tty, or a TCP or unix socket.
 *
 * Nothing blocks, except the resolution of the host name of a `tcp:` address. A port stays open until
 * port_close. When the line is lost (hang-up, unplugged, end of stream), reading or writing returns
 * PORT_CLOSED, and port_reason says why. Ttys are opened exclusively. */
#ifndef PORT_PORT_H
#define PORT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum port_flow {
    PORT_FLOW_NONE,
    PORT_FLOW_RTSCTS,
    PORT_FLOW_XONXOFF
};

struct port_options {
    uint32_t baud; /* bits per second; ttys only */
    enum port_flow flow;
};

enum port_problem {
    PORT_NO_SUCH_PORT,
    PORT_BUSY,
    PORT_NO_PERMISSION,
    PORT_BAD_SPEED,   /* the driver does not support this line speed */
    PORT_BAD_ADDRESS, /* not an address that port_open accepts */
    PORT_REFUSED,     /* nothing listens at that TCP or unix address */
    PORT_FAILED,      /* any other problem; see text */
};

struct port_error {
    enum port_problem problem;
    char text[160]; /* the system's message */
};

/* Owned by the caller of port_open. */
struct port;

/* Opens a tty ("/dev/…"), a TCP connection ("tcp:host:port") or a unix socket ("unix:/path"). NULL: see
 * *error. */
struct port *port_open(const char *address, const struct port_options *options, struct port_error *error);
void port_close(struct port *port);

/* For poll(): readable when there is input or the line is lost. */
int port_fd(const struct port *port);

enum {
    PORT_CLOSED = -1
};

/* Returns the number of bytes read, 0 when there are none, or PORT_CLOSED. */
long port_read(struct port *port, char *buffer, size_t size);

/* Returns the number of bytes accepted, which may be less than length, or PORT_CLOSED. */
long port_write(struct port *port, const char *bytes, size_t length);

/* Microseconds until the bytes in the port's queue will have left it, computed from its line speed; 0: the
 * queue is empty, or its length is unknown. */
uint64_t port_pending(const struct port *port);

/* Why the port is closed: "hung up", "end of stream" or the system's message, after "connect: " if the
 * connection could not be made. Valid until port_close. */
const char *port_reason(const struct port *port);

/* Set a modem control line. False when the port has none. */
bool port_set_dtr(struct port *port, bool on);
bool port_set_rts(struct port *port, bool on);

/* Changes the speed of an open line (after `AT+IPR`, for example). False when the port has no speed or the
 * driver refuses. */
bool port_set_baud(struct port *port, uint32_t baud);

#endif
