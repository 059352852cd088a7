#include "emulator/world/power.h"

#include "emulator/emu.h"
#include "emulator/injection/injection.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/line/name.h"
#include "emulator/module.h"

static void on_boot(void *owner)
{
    struct emu *emu = owner;
    emu->mode->input_ignored = false;
    emu->dispatch->ignore_next = emu_quirk(emu, EMU_QUIRK_FIRST_COMMAND_LOST);
    emu_injection_boot(emu, true);
    emu->module->boot(emu);
    emu_injection_boot(emu, false);
}

void emu_power_init(struct emu *emu, emu_time boot_time)
{
    emu->power->boot_time = boot_time;
    emu->power->timer = (struct emu_timer){.on_due = on_boot, .owner = emu};
    emu->dispatch->ignore_next = emu_quirk(emu, EMU_QUIRK_FIRST_COMMAND_LOST);
}

void emu_power_down(struct emu *emu)
{
    emu_timer_stop(&emu->loop, &emu->power->timer);
    emu->module->power_off(emu);
    emu_dispatch_reset(emu);
    emu_mode_reset(emu);
    emu->mode->input_ignored = true;
}

void emu_power_cycle(struct emu *emu, bool glitch)
{
    emu_power_down(emu);
    if (glitch)
        emu_output_clear(&emu->uart.output);
    emu_timer_start(&emu->loop, &emu->power->timer, emu_loop_now(&emu->loop) + emu->power->boot_time);
}

void emu_power_unplug(struct emu *emu)
{
    if (emu->options->link)
        emu_name_remove(emu_injection_port(emu), emu->uart.path);
    emu_uart_unplug(&emu->uart);
}
