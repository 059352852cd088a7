/* AT+QIDNSGIP, AT+QPING and AT+QNTP. Only one of each can run at a time. */
#ifndef EMU_QUECTEL_NETWORK_NET_TOOLS_H
#define EMU_QUECTEL_NETWORK_NET_TOOLS_H

#include "emulator/net/resolver.h"

struct quectel;

struct quectel_ping {
    struct emu_lookup lookup;
    struct emu_timer timer;
    bool running;
    char address[EMU_ADDRESS_TEXT];
    unsigned wanted, sent;
    unsigned min, max, total; /* round trips in ms */
    unsigned current;
};

struct quectel_net_tools {
    struct emu_lookup dns;
    bool dns_running;
    struct quectel_ping ping;
    struct emu_lookup time;
    bool time_running, time_sets_clock;
};

void quectel_net_tools_init(struct quectel *quectel);

/* Cancels all running commands. */
void quectel_net_tools_stop(struct quectel *quectel);

#endif
