/* Received and not read yet: AT+SOCKETREAD takes packet by packet. */
#ifndef EMU_AITHINKER_SOCKET_PACKETS_H
#define EMU_AITHINKER_SOCKET_PACKETS_H

#include "emulator/line/ring.h"

#include <stdbool.h>
#include <stddef.h>

struct aithinker_packet {
    struct aithinker_packet *next;
    bool announced; /* its event is out */
    size_t length;
    char bytes[];
};

/* All zero: empty. */
struct aithinker_packets {
    struct aithinker_packet *first, *last;
    size_t bytes;
};

/* One of this length, which is to be written where the answer points. */
char *aithinker_packets_add(struct aithinker_packets *packets, size_t length);
/* One of the first bytes of a ring, which has as many. */
void aithinker_packets_add_from(struct aithinker_packets *packets, struct emu_ring *ring, size_t length);
void aithinker_packets_drop_first(struct aithinker_packets *packets);
void aithinker_packets_clear(struct aithinker_packets *packets);

#endif
