/* The three kinds of server: TCP and SSL, which create a seed for each client, and UDP. */
#ifndef EMU_AITHINKER_SOCKET_SERVER_H
#define EMU_AITHINKER_SOCKET_SERVER_H

#include "emulator/aithinker/socket/conn.h"

/* Listens on conn->port. Returns 0 or an error code. */
int aithinker_server_open(struct aithinker_conn *conn);

#endif
