/* Commands that have nothing to do with networks. */
#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/params.h"
#include "emulator/aithinker/responses.h"
#include "emulator/aithinker/settings.h"
#include "emulator/interpreter/mode.h"
#include "emulator/interpreter/reply.h"

#include <stdlib.h>
#include <string.h>

static struct emu_result set_echo(struct emu_call *call)
{
    call->emu->mode->profile.echo = call->params[0].text[0] == '1';
    return emu_ok();
}

static struct emu_result show_versions(struct emu_call *call)
{
    return aithinker_print_versions(call->emu);
}

/* OK is printed first; silence and the boot banner follow. */
static struct emu_result reset(struct emu_call *call)
{
    emu_timer_start(&call->emu->loop, &aithinker_of(call->emu)->reset, emu_loop_now(&call->emu->loop));
    return emu_ok();
}

static struct emu_result restore(struct emu_call *call)
{
    aithinker_settings_restore(aithinker_of(call->emu));
    return reset(call);
}

/* OK is still sent at the old speed. */
static struct emu_result set_uart(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    long long baud, data_bits, stop_bits, parity;
    if (call->count != 4 || !emu_param_number(call, 0, 300, 4000000, &baud) ||
        !emu_param_number(call, 1, 5, 8, &data_bits) || !emu_param_number(call, 2, 1, 3, &stop_bits) ||
        !emu_param_number(call, 3, 0, 2, &parity))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    aithinker->baud = (unsigned)baud;
    aithinker->data_bits = (unsigned)data_bits;
    aithinker->stop_bits = (unsigned)stop_bits;
    aithinker->parity = (unsigned)parity;
    emu_timer_start(&call->emu->loop, &aithinker->speed, emu_loop_now(&call->emu->loop) + emu_ms(20));
    return emu_ok();
}

static struct emu_result show_uart(struct emu_call *call)
{
    const struct aithinker *aithinker = aithinker_of(call->emu);
    emu_info(call->emu, "+UARTCFG:%u,%u,%u,%u", aithinker->baud, aithinker->data_bits, aithinker->stop_bits,
             aithinker->parity);
    return emu_ok();
}

/* AT+SYSMSG=1,<eight hex digits>,<save> */
static struct emu_result set_events(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    const char *mask = aithinker_text(call, 1, 8);
    long long one, keeps = 0;
    if (call->count > 3 || !emu_param_number(call, 0, 1, 1, &one) || !mask ||
        strspn(mask, "0123456789abcdefABCDEF") != 8 || !emu_param_option(call, 2, 0, 1, &keeps))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    aithinker->events = (uint32_t)strtoul(mask, NULL, 16);
    if (!keeps)
        return emu_ok();
    aithinker->settings->events = aithinker->events;
    return aithinker_settings_save(aithinker) ? emu_ok() : aithinker_fail(AITHINKER_FLASH);
}

const struct emu_command aithinker_general_commands[] = {
    {.name = "E", .write = set_echo},
    {.name = "+GMR", .execute = show_versions},
    {.name = "+RST", .execute = reset},
    {.name = "+RESTORE", .execute = restore},
    {.name = "+UARTCFG", .write = set_uart, .read = show_uart},
    {.name = "+SYSMSG", .write = set_events},
    {0},
};
