/* Settings that are only kept and read back, those of the port, and those few that change how other commands
 * print. */
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
    char urc_port[12]; /* kept over a reboot */
    long baud, saved_baud;
    long plain[QUECTEL_PLAIN_SETTINGS][2];
    long qicfg[QUECTEL_QICFG_SETTINGS][2];
    long qcfg[QUECTEL_QCFG_SETTINGS];
    bool echo_data; /* AT+QISDE */
    struct emu_timer speed, off;
};

/* The factory's. */
void quectel_settings_init(struct quectel *quectel);
/* Power was lost: what is not kept returns to its default. */
void quectel_settings_reset(struct quectel *quectel);
void quectel_settings_stop(struct quectel *quectel);
/* AT&W */
void quectel_settings_save(struct quectel *quectel);

/* URCs come out of this port. */
bool quectel_urcs_use_this_port(const struct quectel *quectel);

/* AT+QICFG */
bool quectel_recv_urc_has_length(
    const struct quectel *quectel); /* "recvind": in the "recv" URC of buffer mode */
bool quectel_data_follows_comma(
    const struct quectel *quectel); /* "viewmode": a comma, not CR LF, in front of data */
bool quectel_prompt_is_line(const struct quectel *quectel); /* "formatcfg" */

#endif
