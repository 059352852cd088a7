/* The whole emulator. main creates the only one, and everything else receives a pointer to it. Each part
 * is maintained by the folder that defines its type. */
#ifndef EMU_EMU_H
#define EMU_EMU_H

#include "emulator/line/uart.h"
#include "emulator/loop.h"
#include "emulator/net/net.h"
#include "emulator/options.h"
#include "emulator/quirks.h"
#include "emulator/world/clock.h"
#include "emulator/world/faults.h"
#include "emulator/world/random.h"
#include "emulator/world/store.h"

struct emu_control;
struct emu_dispatch;
struct emu_injection;
struct emu_mode;
struct emu_module;
struct emu_module_profile;
struct emu_power;

struct emu {
    const struct emu_options *options;
    const struct emu_module *module;
    void *vendor; /* state of the vendor's code */
    uint64_t quirks;
    const struct emu_module_profile *profile; /* that is played; NULL: none */

    /* The parts that work on the emulator as a whole. Whoever uses one includes its header. */
    struct emu_mode *mode;
    struct emu_dispatch *dispatch;
    struct emu_power *power;
    struct emu_control *control;
    struct emu_injection *injection;

    struct emu_loop loop;
    struct emu_uart uart;
    struct emu_faults faults;
    struct emu_clock clock;
    struct emu_random random;
    struct emu_store store;
    struct emu_net net;
};

/* Returns whether a quirk is enabled; `bit` is from enum emu_quirk or from a vendor's enumeration. */
static inline bool emu_quirk(const struct emu *emu, unsigned bit)
{
    return (emu->quirks >> bit & 1) != 0;
}

#endif
