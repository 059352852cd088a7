/* What the commands of an Ai-Thinker Wi-Fi module with combo firmware share. "TCP/IP page" means the
 * chapter "TCP/IP AT Command Set" of Ai-Thinker's combo AT guide. */
#ifndef EMU_AITHINKER_AITHINKER_H
#define EMU_AITHINKER_AITHINKER_H

#include "emulator/aithinker/certificates.h"
#include "emulator/aithinker/dns.h"
#include "emulator/aithinker/params.h"
#include "emulator/aithinker/quirks.h"
#include "emulator/aithinker/responses.h"
#include "emulator/aithinker/settings.h"
#include "emulator/aithinker/socket/conn.h"
#include "emulator/aithinker/socket/send.h"
#include "emulator/aithinker/socket/transparent.h"
#include "emulator/aithinker/wifi.h"
#include "emulator/emu.h"
#include "emulator/module.h"

#define AITHINKER_MAC "7cb94c1dd631"

struct aithinker {
    struct emu *emu;
    struct emu_wireless world;
    struct aithinker_settings settings;

    struct aithinker_wifi wifi;
    struct aithinker_conn conns[AITHINKER_CONNS];
    unsigned conn_limit; /* maximum number of connections in use at once */
    bool pushes;         /* AT+SOCKETRECVCFG=1 */
    uint32_t events;     /* AT+SYSMSG */
    struct aithinker_send send;
    struct aithinker_transparent transparent;
    struct aithinker_certificates certificates;
    struct aithinker_dns dns;
    unsigned baud, data_bits, stop_bits, parity; /* AT+UARTCFG */
    struct emu_timer speed, reset;
};

static inline struct aithinker *aithinker_of(const struct emu *emu)
{
    return emu->vendor;
}

/* The module has joined a network and has an address. */
static inline bool aithinker_is_online(const struct aithinker *aithinker)
{
    return aithinker->wifi.station == AITHINKER_STATION_JOINED;
}

extern const struct emu_command aithinker_general_commands[];
extern const struct emu_command aithinker_wifi_commands[];
extern const struct emu_command aithinker_socket_commands[];
extern const struct emu_command aithinker_transparent_commands[];
extern const struct emu_command aithinker_certificate_commands[];
extern const struct emu_command aithinker_dns_commands[];

#endif
