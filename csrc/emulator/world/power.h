/* Power cycling, by a reset command or by a glitch of the supply. */
#ifndef EMU_WORLD_POWER_H
#define EMU_WORLD_POWER_H

#include "emulator/loop.h"

struct emu;

struct emu_power {
    emu_time boot_time; /* silence before the boot URCs */
    struct emu_timer timer;
};

void emu_power_init(struct emu *emu, emu_time boot_time);

/* Switches off and boots again after a period of silence. A glitch also discards unsent output. */
void emu_power_cycle(struct emu *emu, bool glitch);

/* Switches off without a subsequent boot. Only emu_power_cycle switches on again. */
void emu_power_down(struct emu *emu);

/* Pulls the cable. The link goes first: another program's next pty may get the number of this one. */
void emu_power_unplug(struct emu *emu);

#endif
