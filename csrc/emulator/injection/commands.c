/* Faults that take place when a command comes, and what is done at the end of a round because a handler may
 * still be at work before that. */
#include "emulator/alloc.h"
#include "emulator/emu.h"
#include "emulator/injection/injection.h"
#include "emulator/interpreter/mode.h"
#include "emulator/line/name.h"
#include "emulator/module.h"
#include "emulator/net/link.h"
#include "emulator/world/power.h"

#include <stdlib.h>
#include <string.h>

static emu_time seconds(struct emu_random *random, double least, double most)
{
    return (emu_time)((least + emu_random_real(random) * (most - least)) * 1e9);
}

static struct emu_result refusal(const struct emu *emu, struct emu_random *random)
{
    static const int codes[] = {3, 100};
    unsigned which = emu_random_between(random, 0, 2);
    return which == 0 || !emu->module->cme_text ? emu_error() : emu_cme(codes[which - 1]);
}

static void block(struct emu_link *link, void *stalled)
{
    if (!*(bool *)stalled || link->state == EMU_LINK_UP)
        emu_link_stall(link, *(bool *)stalled);
}

static void block_all(struct emu *emu, bool stalled)
{
    emu->module->each_link(emu, block, &stalled);
}

void emu_injection_command(struct emu *emu, const char *line, struct emu_fault *fault)
{
    struct emu_injection *injection = emu->injection;
    struct emu_random random;
    if (!injection->rules)
        return;
    if (emu_injection_strikes(injection, EMU_FAULT_SERVER_CLOSES, line, &random)) {
        injection->closes = true;
        injection->closes_by = random;
    }
    if (emu_injection_strikes(injection, EMU_FAULT_PDPDEACT, line, &random))
        injection->deactivates = true;
    if (emu_injection_strikes(injection, EMU_FAULT_PORT_GONE, line, &random)) {
        injection->unplugs = true;
        injection->unplugs_by = random;
    }
    if (emu_injection_strikes(injection, EMU_FAULT_PORT_RENAMED, line, &random)) {
        injection->unplugs = injection->renames = true;
        injection->unplugs_by = random;
    }
    if (emu_injection_strikes(injection, EMU_FAULT_SETTINGS_CHANGED, line, &random) &&
        (!emu->module->weaken || !emu->module->weaken(emu, line, &random)))
        injection->injected[EMU_FAULT_SETTINGS_CHANGED]--;
    if (emu_injection_strikes(injection, EMU_FAULT_STALL, line, &random)) {
        injection->stalled_until = emu_loop_now(&emu->loop) + seconds(&random, 0.1, 2);
        emu_uart_stop_reading(&emu->uart, injection->stalled_until);
    }
    if (emu_injection_strikes(injection, EMU_FAULT_SEND_FAIL, line, &random)) {
        block_all(emu, true);
        emu_timer_start(&emu->loop, &injection->room, emu_loop_now(&emu->loop) + seconds(&random, 0.01, 2));
    }
    if (emu_injection_strikes(injection, EMU_FAULT_LATE_ANSWER, line, &random))
        fault->delay += seconds(&random, 0.1, 3);
    if (emu_injection_strikes(injection, EMU_FAULT_LOST_ANSWER, line, &random))
        fault->mute = true;
    if (emu_injection_strikes(injection, EMU_FAULT_REFUSED, line, &random)) {
        fault->refuse = true;
        fault->refusal = refusal(emu, &random);
    }
    if (emu_injection_strikes(injection, EMU_FAULT_DEAF, line, &random))
        fault->swallow = true;
}

static void on_room(void *owner)
{
    block_all(owner, false);
}

const char *emu_injection_port(const struct emu *emu)
{
    if (emu->injection->link)
        return emu->injection->link;
    return emu->options->link ? emu->options->link : emu->uart.path;
}

/* As /dev/ttyUSB2 becomes /dev/ttyUSB3: NAME, NAME.1, NAME.2, … */
static void rename_port(struct emu *emu)
{
    struct emu_injection *injection = emu->injection;
    injection->renames = false;
    injection->renamed++;
    if (!emu->options->link)
        return;
    free(injection->link);
    injection->link = emu_text("%s.%u", emu->options->link, injection->renamed);
}

/* The port is plugged in again: another pty, under the same name or another one. */
static void on_back(void *owner)
{
    struct emu *emu = owner;
    if (!emu_uart_plug(&emu->uart))
        return;
    if (emu->injection->renames)
        rename_port(emu);
    if (emu->options->link && !emu_name_set(emu_injection_port(emu), emu->uart.path))
        emu_uart_unplug(&emu->uart);
}

void emu_injection_init(struct emu *emu, uint64_t seed)
{
    struct emu_injection *injection = emu->injection;
    injection->emu = emu;
    injection->seed = seed;
    injection->room = (struct emu_timer){.on_due = on_room, .owner = emu};
    injection->back = (struct emu_timer){.on_due = on_back, .owner = emu};
}

void emu_injection_boot(struct emu *emu, bool begins)
{
    emu->injection->booting = begins && emu->injection->banner != EMU_BANNER_WHOLE;
    if (!begins)
        emu->injection->banner = EMU_BANNER_WHOLE;
}

struct up {
    unsigned count, wanted;
};

static void count_up(struct emu_link *link, void *argument)
{
    struct up *up = argument;
    up->count += link->state == EMU_LINK_UP && !link->datagram;
}

static void end_wanted(struct emu_link *link, void *argument)
{
    struct up *up = argument;
    if (link->state == EMU_LINK_UP && !link->datagram && up->wanted-- == 0)
        emu_link_end_as_peer(link);
}

static void close_one(struct emu *emu)
{
    struct emu_injection *injection = emu->injection;
    struct up up = {0};
    emu->module->each_link(emu, count_up, &up);
    if (up.count == 0) {
        injection->injected[EMU_FAULT_SERVER_CLOSES]--;
        return;
    }
    up.wanted = emu_random_between(&injection->closes_by, 0, up.count - 1);
    emu->module->each_link(emu, end_wanted, &up);
}

static void unplug(struct emu *emu)
{
    struct emu_injection *injection = emu->injection;
    emu_power_unplug(emu);
    if (emu->options->link || injection->renames)
        emu_timer_start(&emu->loop, &injection->back,
                        emu_loop_now(&emu->loop) + seconds(&injection->unplugs_by, 0.1, 2));
}

void emu_injection_settle(struct emu *emu)
{
    struct emu_injection *injection = emu->injection;
    if (injection->closes)
        close_one(emu);
    if (injection->deactivates && (!emu->module->lose_context || !emu->module->lose_context(emu)))
        injection->injected[EMU_FAULT_PDPDEACT]--;
    if (injection->cut_off)
        emu_power_cycle(emu, false);
    if (injection->unplugs)
        unplug(emu);
    injection->closes = injection->deactivates = injection->cut_off = injection->unplugs = false;
}
