/* Queue of received packets that were not read yet. Each AT+SOCKETREAD reads one packet. */
#ifndef EMU_AITHINKER_SOCKET_PACKETS_H
#define EMU_AITHINKER_SOCKET_PACKETS_H

#include "emulator/line/ring.h"

#include <stdbool.h>
#include <stddef.h>

struct aithinker_packet {
    struct aithinker_packet *next;
    bool announced; /* its event was printed */
    size_t length;
    char bytes[];
};

/* All zero: empty. */
struct aithinker_packets {
    struct aithinker_packet *first, *last;
    size_t bytes;
};

/* Appends a packet of the given length. The caller writes its bytes to the address returned. */
char *aithinker_packets_add(struct aithinker_packets *packets, size_t length);
/* Appends a packet with the first bytes of a ring, which must hold at least that many. */
void aithinker_packets_add_from(struct aithinker_packets *packets, struct emu_ring *ring, size_t length);
void aithinker_packets_drop_first(struct aithinker_packets *packets);
void aithinker_packets_clear(struct aithinker_packets *packets);

#endif
