/* AT+SOCKETTT and AT+SOCKETAUTOTT. */
#ifndef EMU_AITHINKER_SOCKET_TRANSPARENT_H
#define EMU_AITHINKER_SOCKET_TRANSPARENT_H

#include "emulator/aithinker/socket/send.h"

struct aithinker_transparent {
    struct aithinker_conn *conn; /* NULL: not now */
    bool follows_last;           /* UDPServerTTMode 2 */
    bool leaving;                /* +++ has come, and the connection takes nothing at the moment */
    unsigned pluses;             /* held back, for the quirk */
    char chunk[AITHINKER_CHUNK];
    size_t length;
    struct emu_timer idle;
};

void aithinker_transparent_init(struct aithinker *aithinker);
void aithinker_transparent_stop(struct aithinker *aithinker);

/* Called once a round. Leaves transparent mode if leaving waited for the connection and need not any more.
 * True if it was left. */
bool aithinker_transparent_continue(struct aithinker *aithinker);

/* The module is on line for the first time since it started: does what AT+SOCKETAUTOTT has asked for. */
void aithinker_autott_start(struct aithinker *aithinker);

#endif
