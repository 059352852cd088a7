/* What the commands of a Quectel LTE module share. */
#ifndef EMU_QUECTEL_QUECTEL_H
#define EMU_QUECTEL_QUECTEL_H

#include "emulator/emu.h"
#include "emulator/module.h"
#include "emulator/quectel/quirks.h"

struct quectel;
struct quectel_conn;
struct quectel_files;
struct quectel_ftp;
struct quectel_net_tools;
struct quectel_network;
struct quectel_pdp;
struct quectel_send;
struct quectel_settings;
struct quectel_sockets;
struct quectel_ssl;
struct quectel_transfer;

/* Differences between models. */
struct quectel_model {
    const char *name, *revision;
    long long last_context; /* PDP contexts are 1 to this */
    int64_t epoch;          /* initial time of a clock that was never set */
    bool key_password;      /* QSSLCFG="clientkey" accepts one (LTE-A SSL note 1.4; not in the EC200U note) */
    bool sd_card;
};

/* Notifications between services that do not know each other. */
struct quectel_events {
    /* The module is no longer registered with a network. */
    void (*registration_lost)(struct quectel *quectel);
    /* A PDP context is down, and everything that uses it fails. */
    void (*context_dropped)(struct quectel *quectel, int context);
};

struct quectel {
    struct emu *emu;
    const struct quectel_model *model;
    const struct quectel_events *events;
    struct emu_cellular world;

    /* The services. Whoever uses one includes its header. */
    struct quectel_settings *settings;
    struct quectel_network *network;
    struct quectel_pdp *pdp;
    struct quectel_files *files;
    struct quectel_transfer *transfer;
    struct quectel_send *send;
    struct quectel_ssl *ssl;
    struct quectel_ftp *ftp;
    struct quectel_sockets *sockets;
    struct quectel_net_tools *net_tools;
    struct quectel_conn *conns[2];         /* tables of QUECTEL_CONNS each: SSL clients, sockets */
    struct quectel_conn *last_transparent; /* for ATO; NULL: none */
    int last_error;                        /* for AT+QIGETERROR */
    unsigned ssl_opens;                    /* since boot, for the quirk eg800k-552 */
};

static inline struct quectel *quectel_of(const struct emu *emu)
{
    return emu->vendor;
}

/* Returns ERROR and stores the reason for AT+QIGETERROR. */
static inline struct emu_result quectel_fail(struct quectel *quectel, int error)
{
    quectel->last_error = error;
    return emu_error();
}

/* Prints a URC or deferred result unless AT+QURCCFG directs it to another port. */
void quectel_urc(struct quectel *quectel, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* EG800K: after 20 SSL opens, nothing can be opened until the module reboots. */
bool quectel_is_exhausted(const struct quectel *quectel);

extern const struct emu_command quectel_v250_commands[];
extern const struct emu_command quectel_identification_commands[];
extern const struct emu_command quectel_sim_commands[];
extern const struct emu_command quectel_network_commands[];
extern const struct emu_command quectel_settings_commands[];
extern const struct emu_command quectel_clock_commands[];
extern const struct emu_command quectel_pdp_commands[];
extern const struct emu_command quectel_files_commands[];
extern const struct emu_command quectel_transfer_commands[];
extern const struct emu_command quectel_net_tools_commands[];
extern const struct emu_command quectel_ssl_commands[];
extern const struct emu_command quectel_ssl_config_commands[];
extern const struct emu_command quectel_socket_commands[];
extern const struct emu_command quectel_ftp_commands[];
extern const struct emu_command quectel_ftp_config_commands[];
extern const struct emu_command quectel_ftp_transfer_commands[];

#endif
