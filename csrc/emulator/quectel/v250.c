/* The basic commands of V.250, chapters 6.1 and 6.2, that the AT manual of these modules lists. */
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/ftp/transfer.h"
#include "emulator/quectel/network/network.h"
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/settings.h"
#include "emulator/quectel/socket/conn.h"

#include <string.h>

static const struct emu_profile factory = {.echo = true, .verbose = true, .quiet = false, .cmee = 1};

/* Reads a value of 0 or 1 that defaults to 0. */
static bool read_flag(struct emu_call *call, bool *flag)
{
    long long value = 0;
    if (call->form == EMU_WRITE && !emu_param_number(call, 0, 0, 1, &value))
        return false;
    *flag = value == 1;
    return true;
}

static struct emu_result set_echo(struct emu_call *call)
{
    return read_flag(call, &call->emu->mode->profile.echo) ? emu_ok() : emu_error();
}

static struct emu_result set_verbose(struct emu_call *call)
{
    return read_flag(call, &call->emu->mode->profile.verbose) ? emu_ok() : emu_error();
}

static struct emu_result set_quiet(struct emu_call *call)
{
    return read_flag(call, &call->emu->mode->profile.quiet) ? emu_ok() : emu_error();
}

static struct emu_result identify(struct emu_call *call)
{
    long long value = 0;
    if (call->form == EMU_WRITE && !emu_param_number(call, 0, 0, 9, &value))
        return emu_error();
    const struct quectel_model *model = quectel_of(call->emu)->model;
    emu_info(call->emu, "Quectel");
    emu_info(call->emu, "%s", model->name);
    emu_info(call->emu, "Revision: %s", model->revision);
    return emu_ok();
}

static bool is_profile_zero(struct emu_call *call)
{
    long long value = 0;
    return call->form != EMU_WRITE || emu_param_number(call, 0, 0, 0, &value);
}

static struct emu_result restore_saved(struct emu_call *call)
{
    if (!is_profile_zero(call))
        return emu_error();
    call->emu->mode->profile = call->emu->mode->saved;
    return emu_ok();
}

static struct emu_result restore_factory(struct emu_call *call)
{
    if (!is_profile_zero(call))
        return emu_error();
    call->emu->mode->profile = factory;
    quectel_network_forget_reports(quectel_of(call->emu));
    return emu_ok();
}

static struct emu_result save(struct emu_call *call)
{
    if (!is_profile_zero(call))
        return emu_error();
    call->emu->mode->saved = call->emu->mode->profile;
    quectel_settings_save(quectel_of(call->emu));
    return emu_ok();
}

/* Accepted without effect: a pty has no modem control lines (&C, &D), and there is no speaker and no dial
 * tone. */
static struct emu_result accept_value(struct emu_call *call)
{
    long long value = 0;
    return call->form != EMU_WRITE || emu_param_number(call, 0, 0, 255, &value) ? emu_ok() : emu_error();
}

/* S-registers can be written but do not change: there are no calls to answer, and line ends other than CR
 * and LF are not in use. */
static struct emu_result read_register(struct emu_call *call)
{
    static const struct {
        const char *name, *value;
    } registers[] = {
        {"S0", "000"}, {"S3", "013"}, {"S4", "010"}, {"S5", "008"},
        {"S6", "002"}, {"S7", "000"}, {"S8", "002"}, {"S10", "015"},
    };
    for (size_t i = 0; i < sizeof registers / sizeof *registers; i++)
        if (strcmp(registers[i].name, call->name) == 0)
            emu_info(call->emu, "%s", registers[i].value);
    return emu_ok();
}

static struct emu_result write_cmee(struct emu_call *call)
{
    long long value;
    if (!emu_param_number(call, 0, 0, 2, &value))
        return emu_error();
    call->emu->mode->profile.cmee = (unsigned)value;
    return emu_ok();
}

static struct emu_result read_cmee(struct emu_call *call)
{
    emu_info(call->emu, "+CMEE: %u", call->emu->mode->profile.cmee);
    return emu_ok();
}

static struct emu_result back_online(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    return quectel_ftp_is_suspended(quectel) ? quectel_ftp_go_online(quectel)
                                             : quectel_conn_back_online(quectel);
}

static struct emu_result list_commands(struct emu_call *call)
{
    size_t count;
    const struct emu_command *const *commands = emu_dispatch_commands(call->emu, &count);
    for (size_t i = 0; i < count; i++)
        emu_info(call->emu, "AT%s", commands[i]->name);
    return emu_ok();
}

const struct emu_command quectel_v250_commands[] = {
    {.name = "E", .write = set_echo, .execute = set_echo},
    {.name = "V", .write = set_verbose, .execute = set_verbose},
    {.name = "Q", .write = set_quiet, .execute = set_quiet},
    {.name = "I", .write = identify, .execute = identify},
    {.name = "Z", .write = restore_saved, .execute = restore_saved},
    {.name = "&F", .write = restore_factory, .execute = restore_factory},
    {.name = "&W", .write = save, .execute = save},
    {.name = "&C", .write = accept_value, .execute = accept_value},
    {.name = "&D", .write = accept_value, .execute = accept_value},
    {.name = "H", .write = accept_value, .execute = accept_value},
    {.name = "L", .write = accept_value, .execute = accept_value},
    {.name = "M", .write = accept_value, .execute = accept_value},
    {.name = "X", .write = accept_value, .execute = accept_value},
    {.name = "S0", .write = accept_value, .read = read_register},
    {.name = "S3", .write = accept_value, .read = read_register},
    {.name = "S4", .write = accept_value, .read = read_register},
    {.name = "S5", .write = accept_value, .read = read_register},
    {.name = "S6", .write = accept_value, .read = read_register},
    {.name = "S7", .write = accept_value, .read = read_register},
    {.name = "S8", .write = accept_value, .read = read_register},
    {.name = "S10", .write = accept_value, .read = read_register},
    {.name = "O", .write = back_online, .execute = back_online},
    {.name = "+CMEE", .write = write_cmee, .read = read_cmee, .ranges = "(0-2)"},
    {.name = "+CLAC", .execute = list_commands, .ranges = ""},
    {0},
};
