/* The three kinds of server: TCP and SSL, whose clients become seeds, and UDP. */
#ifndef EMU_AITHINKER_SOCKET_SERVER_H
#define EMU_AITHINKER_SOCKET_SERVER_H

#include "emulator/aithinker/socket/conn.h"

/* At conn->port; 0, or the error. */
int aithinker_server_open(struct aithinker_conn *conn);

/* A seed is there. */
void aithinker_report_seed(struct aithinker_conn *seed);

/* A UDP server speaks to the first that has spoken to it, or (AT+SOCKETTT=2) to the last. */
void aithinker_udp_send(struct aithinker_conn *conn, const char *bytes, size_t length);

#endif
