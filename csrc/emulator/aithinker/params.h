/* Reading the parameters of Ai-Thinker commands. */
#ifndef EMU_AITHINKER_PARAMS_H
#define EMU_AITHINKER_PARAMS_H

#include "emulator/aithinker/socket/conn.h"

/* Returns the text of a parameter, quoted or not, or NULL if it is empty or longer than `max` bytes. */
const char *aithinker_text(const struct emu_call *call, size_t index, size_t max);

/* Reads the parameters after the type in AT+SOCKET and AT+SOCKETAUTOTT: <remote host>,<port> for a client,
 * <port> for a server. Returns the number of parameters read, including the type, or 0 if they are
 * invalid. */
size_t aithinker_read_target(const struct emu_call *call, enum aithinker_type type,
                             char host[AITHINKER_HOST_MAX + 1], unsigned *port);

#endif
