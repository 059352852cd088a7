/* What connections have to say by themselves: data that has come, and ends. */
#ifndef EMU_AITHINKER_SOCKET_RECEIVE_H
#define EMU_AITHINKER_SOCKET_RECEIVE_H

#include "emulator/aithinker/socket/conn.h"

/* See emu_module's pump. */
bool aithinker_conns_pump(struct aithinker *aithinker);

/* AT+SOCKETREAD */
struct emu_result aithinker_read(struct emu_call *call);

#endif
