/* A TCP LISTENER: connections that come in get an id of their own. */
#ifndef EMU_QUECTEL_SOCKET_LISTENER_H
#define EMU_QUECTEL_SOCKET_LISTENER_H

#include "emulator/quectel/socket/conn.h"

/* Listens at a port of the host's loopback interface: a module on a desk should open nothing to the office
 * network. False when the port can't be had. */
bool quectel_listen(struct quectel_conn *conn, unsigned port);

#endif
