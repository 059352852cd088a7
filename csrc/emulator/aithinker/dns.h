/* AT+WDOMAIN, AT+WDNS and AT+PING. */
#ifndef EMU_AITHINKER_DNS_H
#define EMU_AITHINKER_DNS_H

#include "emulator/net/resolver.h"

struct aithinker;

struct aithinker_dns {
    struct emu_lookup lookup;
    struct emu_timer ping;
    bool pings; /* the lookup belongs to AT+PING */
    unsigned round_trip;
    char servers[2][16];
};

void aithinker_dns_init(struct aithinker *aithinker);
void aithinker_dns_stop(struct aithinker *aithinker);

#endif
