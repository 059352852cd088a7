/* AT+SOCKETTT and AT+SOCKETAUTOTT. */
#ifndef EMU_AITHINKER_SOCKET_TRANSPARENT_H
#define EMU_AITHINKER_SOCKET_TRANSPARENT_H

#include "emulator/aithinker/socket/send.h"

struct aithinker_transparent {
    bool leaving;    /* "+++" was received, but the connection cannot accept the remaining data yet */
    unsigned pluses; /* pluses held back, for the quirk tt-exit-anywhere */
    char chunk[AITHINKER_CHUNK];
    size_t length;
    struct emu_timer idle;
};

void aithinker_transparent_init(struct aithinker *aithinker);
void aithinker_transparent_stop(struct aithinker *aithinker);

/* Called once per round. Leaves transparent mode if that was waiting for the connection and is now
 * possible. Returns true if it did so. */
bool aithinker_transparent_continue(struct aithinker *aithinker);

/* The module is online for the first time since it started: carries out AT+SOCKETAUTOTT. */
void aithinker_autott_start(struct aithinker *aithinker);

#endif
