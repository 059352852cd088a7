/* The three kinds of server: TCP and SSL, whose clients become seeds, and UDP. */
#ifndef EMU_AITHINKER_SOCKET_SERVER_H
#define EMU_AITHINKER_SOCKET_SERVER_H

#include "emulator/aithinker/socket/conn.h"

/* At conn->port; 0, or the error. */
int aithinker_server_open(struct aithinker_conn *conn);

#endif
