/* Output that connections start on their own: received data and closing. */
#ifndef EMU_AITHINKER_SOCKET_RECEIVE_H
#define EMU_AITHINKER_SOCKET_RECEIVE_H

#include "emulator/aithinker/socket/conn.h"

/* See the `pump` member of emu_module. */
bool aithinker_conns_pump(struct aithinker *aithinker);

/* AT+SOCKETREAD */
struct emu_result aithinker_read(struct emu_call *call);

#endif
