/* Settings that are only stored and read back, settings of the port, and a few that change the output of
 * other commands. */
#ifndef EMU_QUECTEL_SETTINGS_H
#define EMU_QUECTEL_SETTINGS_H

#include "emulator/loop.h"

struct quectel;

enum {
    QUECTEL_PLAIN_SETTINGS = 5,
    QUECTEL_QICFG_SETTINGS = 12,
    QUECTEL_QCFG_SETTINGS = 6,
};

struct quectel_settings {
    char urc_port[12]; /* kept across a reboot */
    long baud, saved_baud;
    long plain[QUECTEL_PLAIN_SETTINGS][2];
    long qicfg[QUECTEL_QICFG_SETTINGS][2];
    long qcfg[QUECTEL_QCFG_SETTINGS];
    bool echo_data; /* AT+QISDE */
    struct emu_timer speed, off;
};

/* Factory settings. */
void quectel_settings_init(struct quectel *quectel);
/* Power was lost: settings that are not saved return to their defaults. */
void quectel_settings_reset(struct quectel *quectel);
void quectel_settings_stop(struct quectel *quectel);
/* AT&W */
void quectel_settings_save(struct quectel *quectel);

/* Returns whether URCs are printed on this port. */
bool quectel_urcs_use_this_port(const struct quectel *quectel);

/* AT+QICFG="recvind": the "recv" URC of buffer mode contains the length. */
bool quectel_recv_urc_has_length(const struct quectel *quectel);

/* AT+QICFG="viewmode": data is preceded by a comma instead of CR LF. */
bool quectel_data_follows_comma(const struct quectel *quectel);

/* AT+QICFG="formatcfg": the prompt is a line of its own. */
bool quectel_prompt_is_line(const struct quectel *quectel);

#endif
