/* Power off and on again: what a reset command does, and what a glitch of the supply does. */
#ifndef EMU_WORLD_POWER_H
#define EMU_WORLD_POWER_H

#include "emulator/loop.h"

struct emu;

struct emu_power {
    emu_time boot_time; /* silence before the boot URCs */
    struct emu_timer timer;
};

void emu_power_init(struct emu *emu, emu_time boot_time);

/* Silence, then the boot URCs. A glitch loses the output that was not sent yet, too. */
void emu_power_cycle(struct emu *emu, bool glitch);

/* No boot follows; only emu_power_cycle brings it back. */
void emu_power_down(struct emu *emu);

#endif
