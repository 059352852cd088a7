#include "emulator/aithinker/socket/packets.h"

#include "emulator/alloc.h"

#include <stdlib.h>
#include <string.h>

char *aithinker_packets_add(struct aithinker_packets *packets, size_t length)
{
    struct aithinker_packet *packet = emu_alloc(sizeof *packet + length);
    packet->length = length;
    if (packets->last)
        packets->last->next = packet;
    else
        packets->first = packet;
    packets->last = packet;
    packets->bytes += length;
    return packet->bytes;
}

void aithinker_packets_add_from(struct aithinker_packets *packets, struct emu_ring *ring, size_t length)
{
    char *to = aithinker_packets_add(packets, length);
    while (length > 0) {
        const char *at;
        size_t piece = emu_ring_peek(ring, &at);
        piece = piece < length ? piece : length;
        memcpy(to, at, piece);
        emu_ring_drop(ring, piece);
        to += piece;
        length -= piece;
    }
}

void aithinker_packets_drop_first(struct aithinker_packets *packets)
{
    struct aithinker_packet *first = packets->first;
    packets->first = first->next;
    packets->bytes -= first->length;
    if (!packets->first)
        packets->last = NULL;
    free(first);
}

void aithinker_packets_clear(struct aithinker_packets *packets)
{
    while (packets->first)
        aithinker_packets_drop_first(packets);
}
