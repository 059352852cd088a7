#include "emulator/aithinker/packets.h"

#include "emulator/alloc.h"

#include <stdlib.h>
#include <string.h>

void aithinker_packets_add(struct aithinker_packets *packets, const char *bytes, size_t length)
{
    struct aithinker_packet *packet = emu_alloc(sizeof *packet + length);
    memcpy(packet->bytes, bytes, length);
    packet->length = length;
    if (packets->last)
        packets->last->next = packet;
    else
        packets->first = packet;
    packets->last = packet;
    packets->bytes += length;
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
