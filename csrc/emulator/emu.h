/* The whole emulator. There is one, made by main and handed to everyone; each room's part of it is that
 * room's own. */
#ifndef EMU_EMU_H
#define EMU_EMU_H

#include "emulator/control/control.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/line/uart.h"
#include "emulator/loop.h"
#include "emulator/net/net.h"
#include "emulator/options.h"
#include "emulator/quirks.h"
#include "emulator/world/clock.h"
#include "emulator/world/faults.h"
#include "emulator/world/power.h"
#include "emulator/world/random.h"
#include "emulator/world/store.h"

struct emu {
    const struct emu_options *options;
    const struct emu_module *module;
    void *vendor; /* the module's own state */
    uint64_t quirks;

    struct emu_loop loop;
    struct emu_uart uart;
    struct emu_mode mode;
    struct emu_dispatch dispatch;
    struct emu_power power;
    struct emu_faults faults;
    struct emu_control control;
    struct emu_clock clock;
    struct emu_random random;
    struct emu_store store;
    struct emu_net net;
};

/* Whether --quirks has asked for this bit: one of enum emu_quirk or of a vendor's enumeration. */
static inline bool emu_quirk(const struct emu *emu, unsigned bit)
{
    return (emu->quirks >> bit & 1) != 0;
}

#endif
