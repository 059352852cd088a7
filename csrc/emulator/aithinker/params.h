/* Parameters as Ai-Thinker firmware reads them. */
#ifndef EMU_AITHINKER_PARAMS_H
#define EMU_AITHINKER_PARAMS_H

#include "emulator/aithinker/socket/conn.h"

/* The text of a parameter, quoted or not; NULL when it is empty or longer than `max` bytes. */
const char *aithinker_text(const struct emu_call *call, size_t index, size_t max);

/* Reads what follows the type in AT+SOCKET and AT+SOCKETAUTOTT: <remote host>,<port> for a client, <port> for
 * a server. Returns the number of parameters read, the type included, or 0 when they are invalid. */
size_t aithinker_read_target(const struct emu_call *call, enum aithinker_type type,
                             char host[AITHINKER_HOST_MAX + 1], unsigned *port);

#endif
