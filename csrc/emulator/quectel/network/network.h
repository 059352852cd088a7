/* SIM, registration and functionality as the module sees them: the world outside, as far as CFUN and the PIN
 * let it. */
#ifndef EMU_QUECTEL_NETWORK_NETWORK_H
#define EMU_QUECTEL_NETWORK_NETWORK_H

#include "emulator/loop.h"
#include "emulator/world/cellular.h"

struct quectel;

/* One of +CREG, +CGREG, +CEREG. */
struct quectel_report {
    const char *name;
    unsigned mode; /* <n>: 0 silent, 1 URC, 2 URC with location */
};

enum {
    QUECTEL_REPORTS = 3
};

struct quectel_network {
    struct quectel_report reports[QUECTEL_REPORTS];
    enum emu_registration reported; /* what the last URC said */
    unsigned functionality;         /* CFUN: 0, 1, 4 */
    unsigned operator_format;       /* COPS <format> */
    bool unlocked;                  /* the PIN was entered */
    unsigned wrong_pins;
    struct emu_timer reset; /* the reboot that AT+CFUN=1,1 asked for, after its OK */
};

/* As after power-up. */
void quectel_network_init(struct quectel *quectel);
void quectel_network_stop(struct quectel *quectel);

enum emu_sim quectel_sim(const struct quectel *quectel);
enum emu_registration quectel_registration(const struct quectel *quectel);
bool quectel_is_registered(const struct quectel *quectel);

/* Something that registration depends on has changed: URCs, and contexts go down with it. */
void quectel_network_changed(struct quectel *quectel);

/* +CPIN as a URC and what follows it when the SIM is ready. */
void quectel_print_sim_urcs(struct quectel *quectel);

void quectel_network_forget_reports(struct quectel *quectel);

#endif
