/* A way for bytes to and from a module: a serial line, any other tty, a TCP or unix stream.
 *
 * Nothing here blocks but the resolution of a `tcp:` host name. A port is open until port_close; a line that
 * went away (hang-up, unplugged, end of stream) shows itself as PORT_CLOSED from a read or write, and
 * port_reason then says why. Ttys are opened exclusively. */
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
    uint32_t baud; /* bits a second; ttys only */
    enum port_flow flow;
};

enum port_problem {
    PORT_NO_SUCH_PORT,
    PORT_BUSY,
    PORT_NO_PERMISSION,
    PORT_BAD_SPEED,   /* the driver does not do this line speed */
    PORT_BAD_ADDRESS, /* not of a form that port_open knows */
    PORT_REFUSED,     /* nobody listens at that TCP or unix address */
    PORT_FAILED,      /* anything else; see text */
};

struct port_error {
    enum port_problem problem;
    char text[160]; /* the system's error message */
};

/* Owned by whoever opened it. */
struct port;

/* "/dev/…" any tty, "tcp:host:port", "unix:/path". NULL: see *error. */
struct port *port_open(const char *address, const struct port_options *options, struct port_error *error);
void port_close(struct port *port);

/* For poll(): readable when there is something to read or the line went away. */
int port_fd(const struct port *port);

enum {
    PORT_CLOSED = -1
};

/* Bytes read, 0 when there are none now, or PORT_CLOSED. */
long port_read(struct port *port, char *buffer, size_t size);

/* Bytes taken, which may be fewer than given or 0, or PORT_CLOSED. What was not taken stays with the caller.
 */
long port_write(struct port *port, const char *bytes, size_t length);

/* Why the port is closed: "hung up", "end of stream", or the system's error message; that behind "connect: "
 * if the connection never came about. Good until port_close. */
const char *port_reason(const struct port *port);

/* Modem lines. False where the port has none. */
bool port_set_dtr(struct port *port, bool on);
bool port_set_rts(struct port *port, bool on);

/* Changes the speed of an open line, after AT+IPR. False where there is none or the driver refuses. */
bool port_set_baud(struct port *port, uint32_t baud);

#endif
