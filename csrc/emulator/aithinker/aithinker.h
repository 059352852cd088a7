/* What the commands of an Ai-Thinker Wi-Fi module with combo firmware share. "TCP/IP page" means the
 * chapter "TCP/IP AT Command Set" of Ai-Thinker's combo AT guide. */
#ifndef EMU_AITHINKER_AITHINKER_H
#define EMU_AITHINKER_AITHINKER_H

#include "emulator/aithinker/quirks.h"
#include "emulator/emu.h"
#include "emulator/module.h"

#define AITHINKER_MAC "7cb94c1dd631"

struct aithinker_conn;
struct aithinker_certificates;
struct aithinker_dns;
struct aithinker_send;
struct aithinker_settings;
struct aithinker_transparent;
struct aithinker_wifi;

/* The first field of +WJAP: and +STAINFO:. The SDK uses the same values for sockets. */
enum aithinker_station {
    AITHINKER_STATION_NONE = 0,
    AITHINKER_STATION_JOINING = 1,
    AITHINKER_STATION_ASSOCIATED = 2, /* no address yet */
    AITHINKER_STATION_JOINED = 3,
    AITHINKER_STATION_WRONG_PASSWORD = 6,
    AITHINKER_STATION_NO_AP = 7,
};

struct aithinker {
    struct emu *emu;
    struct emu_wireless world;
    enum aithinker_station station;

    /* The services. Whoever uses one includes its header. */
    struct aithinker_settings *settings;
    struct aithinker_wifi *wifi;
    struct aithinker_send *send;
    struct aithinker_transparent *transparent;
    struct aithinker_certificates *certificates;
    struct aithinker_dns *dns;

    struct aithinker_conn *conns;                /* AITHINKER_CONNS of them */
    unsigned conn_limit;                         /* maximum number of connections in use at once */
    bool pushes;                                 /* AT+SOCKETRECVCFG=1 */
    uint32_t events;                             /* AT+SYSMSG */
    unsigned baud, data_bits, stop_bits, parity; /* AT+UARTCFG */
    struct aithinker_conn *transparent_conn;     /* NULL: not in transparent mode */
    bool udp_follows_last;                       /* UDPServerTTMode 2 */
    struct emu_timer speed, reset;
};

static inline struct aithinker *aithinker_of(const struct emu *emu)
{
    return emu->vendor;
}

/* The module has joined a network and has an address. */
static inline bool aithinker_is_online(const struct aithinker *aithinker)
{
    return aithinker->station == AITHINKER_STATION_JOINED;
}

extern const struct emu_command aithinker_general_commands[];
extern const struct emu_command aithinker_wifi_commands[];
extern const struct emu_command aithinker_socket_commands[];
extern const struct emu_command aithinker_transparent_commands[];
extern const struct emu_command aithinker_certificate_commands[];
extern const struct emu_command aithinker_dns_commands[];

#endif
