/* Listening TCP sockets, whose clients are ports. Nothing blocks, except the resolution of a host name. */
#ifndef PORT_LISTEN_H
#define PORT_LISTEN_H

#include "port/port.h"

/* Listens on a port of this machine; service "0": a free one. Returns the descriptor, for poll(), which the
 * caller closes; -1: see *error (PORT_BUSY: another program listens there). */
int port_listen(const char *host, const char *service, struct port_error *error);

/* The number of the port that a listening descriptor has; 0 if that is unknown. */
int port_listen_number(int fd);

/* The next client. NULL: none at the moment, or it has gone already. */
struct port *port_accept(int fd);

#endif
