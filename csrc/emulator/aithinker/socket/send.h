/* AT+SOCKETSEND and AT+SOCKETSENDLINE. */
#ifndef EMU_AITHINKER_SOCKET_SEND_H
#define EMU_AITHINKER_SOCKET_SEND_H

#include "emulator/aithinker/socket/conn.h"

enum {
    AITHINKER_CHUNK = 1024 /* longer data is split at this size (TCP/IP page) */
};

struct aithinker_send {
    long id;     /* of the connection, which may be closed while data arrives */
    size_t left; /* bytes still to arrive */
    bool silent; /* data is discarded and no result is printed */
    bool failed;
    char chunk[AITHINKER_CHUNK];
    size_t length;
};

struct emu_result aithinker_send(struct emu_call *call);
struct emu_result aithinker_send_line(struct emu_call *call);

/* Called once per round. Completes a send after all of its data has arrived, even if its connection is
 * closed. Returns true if it did so. */
bool aithinker_send_continue(struct aithinker *aithinker);

#endif
