/* AT+SOCKETSEND and AT+SOCKETSENDLINE. */
#ifndef EMU_AITHINKER_SOCKET_SEND_H
#define EMU_AITHINKER_SOCKET_SEND_H

#include "emulator/aithinker/socket/conn.h"

enum {
    AITHINKER_CHUNK = 1024 /* the page: longer data is split there */
};

struct aithinker_send {
    long id;     /* of the connection; it may go while the data comes */
    size_t left; /* to come */
    bool silent; /* nobody gets it, and nothing is answered */
    bool failed;
    char chunk[AITHINKER_CHUNK];
    size_t length;
};

struct emu_result aithinker_send(struct emu_call *call);
struct emu_result aithinker_send_line(struct emu_call *call);

/* Called once a round. Ends a send whose data is complete, whatever became of its connection. True if it did.
 */
bool aithinker_send_continue(struct aithinker *aithinker);

#endif
