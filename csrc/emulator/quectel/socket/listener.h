/* A TCP LISTENER. Accepted connections get ids of their own. */
#ifndef EMU_QUECTEL_SOCKET_LISTENER_H
#define EMU_QUECTEL_SOCKET_LISTENER_H

#include "emulator/quectel/socket/conn.h"

/* Listens on the host's loopback interface only, so that the emulator is not reachable from the network.
 * Returns false if the port is unavailable. */
bool quectel_listen(struct quectel_conn *conn, unsigned port);

#endif
