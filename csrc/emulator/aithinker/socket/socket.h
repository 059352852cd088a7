/* AT+SOCKET and what stands around it. */
#ifndef EMU_AITHINKER_SOCKET_SOCKET_H
#define EMU_AITHINKER_SOCKET_SOCKET_H

#include "emulator/aithinker/socket/conn.h"

/* The <remote host>,<port> of a client or <port> of a server that follow the type in these commands; returns
 * how many parameters have been read, the type included; 0: they are wrong. */
size_t aithinker_read_target(const struct emu_call *call, enum aithinker_type type,
                             char host[AITHINKER_HOST_MAX + 1], unsigned *port);

#endif
