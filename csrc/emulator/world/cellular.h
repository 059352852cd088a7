/* The environment of a cellular module: its SIM and the network. Set by options and the control
 * connection, reported by the commands of each vendor. */
#ifndef EMU_WORLD_CELLULAR_H
#define EMU_WORLD_CELLULAR_H

#include <stdbool.h>

enum emu_sim {
    EMU_SIM_READY,
    EMU_SIM_ABSENT,
    EMU_SIM_PIN, /* locked until the PIN is entered */
    EMU_SIM_PUK, /* blocked */
    EMU_SIM_PIN2,
    EMU_SIM_PUK2,
    EMU_SIM_LOCKED_TO_CARD,     /* the module takes one card only */
    EMU_SIM_LOCKED_TO_OPERATOR, /* the module takes cards of one operator only */
    EMU_SIM_BUSY,               /* still being read */
    EMU_SIM_NOT_READY,          /* the same, as other firmware says it */
    EMU_SIM_FAILED,
};

/* 27.007 7.2 <stat> */
enum emu_registration {
    EMU_REGISTRATION_NONE = 0,
    EMU_REGISTRATION_HOME = 1,
    EMU_REGISTRATION_SEARCHING = 2,
    EMU_REGISTRATION_DENIED = 3,
    EMU_REGISTRATION_ROAMING = 5,
};

enum {
    EMU_APN_MAX = 63
};

struct emu_cellular {
    enum emu_sim sim;
    char pin[9];
    enum emu_registration registration;
    unsigned signal;           /* <rssi> of AT+CSQ: 0..31, 99 */
    char apn[EMU_APN_MAX + 1]; /* the only one that the network accepts; "": any */
};

/* Read the value of an option or a control command. Return NULL on success, else a description of valid
 * values. */
const char *emu_cellular_set_sim(struct emu_cellular *cellular, const char *text);
const char *emu_cellular_set_registration(struct emu_cellular *cellular, const char *text);
const char *emu_cellular_set_signal(struct emu_cellular *cellular, const char *text);
const char *emu_cellular_set_apn(struct emu_cellular *cellular, const char *text);

#endif
