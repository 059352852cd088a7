/* SIM, registration and functionality from the module's point of view: the state of the world, limited by
 * CFUN and the PIN. */
#ifndef EMU_QUECTEL_NETWORK_NETWORK_H
#define EMU_QUECTEL_NETWORK_NETWORK_H

#include "emulator/loop.h"
#include "emulator/world/cellular.h"

struct quectel;

/* One of +CREG, +CGREG and +CEREG. */
struct quectel_report {
    const char *name;
    unsigned mode; /* <n>: 0 none, 1 URC, 2 URC with location */
};

enum {
    QUECTEL_REPORTS = 3
};

struct quectel_network {
    struct quectel_report reports[QUECTEL_REPORTS];
    enum emu_registration reported; /* status in the last URC */
    unsigned functionality;         /* CFUN: 0, 1, 4 */
    unsigned operator_format;       /* COPS <format> */
    bool unlocked;                  /* the PIN was entered */
    unsigned wrong_pins;
    struct emu_timer reset; /* delays the reboot by AT+CFUN=1,1 until after its OK */
};

/* As after power-up. */
void quectel_network_init(struct quectel *quectel);
void quectel_network_stop(struct quectel *quectel);

enum emu_sim quectel_sim(const struct quectel *quectel);

/* Nothing that a data connection needs is locked. */
bool quectel_sim_is_usable(const struct quectel *quectel);

enum emu_registration quectel_registration(const struct quectel *quectel);
bool quectel_is_registered(const struct quectel *quectel);

/* Registration may have changed: prints URCs, and drops contexts if it is lost. */
void quectel_network_changed(struct quectel *quectel);

/* Prints +CPIN as a URC and, if the SIM is ready, the one that follows it. */
void quectel_print_sim_urcs(struct quectel *quectel);

void quectel_network_forget_reports(struct quectel *quectel);

#endif
