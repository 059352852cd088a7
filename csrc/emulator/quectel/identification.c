/* Identification of the module (27.007 5, V.250 6.1). */
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/quectel.h"

static const char imei[] = "866758041234567";

static struct emu_result manufacturer(struct emu_call *call)
{
    emu_info(call->emu, "Quectel");
    return emu_ok();
}

static struct emu_result model(struct emu_call *call)
{
    emu_info(call->emu, "%s", quectel_of(call->emu)->model->name);
    return emu_ok();
}

static struct emu_result revision(struct emu_call *call)
{
    emu_info(call->emu, "%s", quectel_of(call->emu)->model->revision);
    return emu_ok();
}

static struct emu_result full_revision(struct emu_call *call)
{
    emu_info(call->emu, "%s_01.001.01.001", quectel_of(call->emu)->model->revision);
    return emu_ok();
}

static struct emu_result serial_number(struct emu_call *call)
{
    long long value = 0;
    if (call->form == EMU_WRITE && !emu_param_number(call, 0, 0, 1, &value))
        return emu_error();
    if (value == 1)
        emu_info(call->emu, "+CGSN: \"%s\"", imei);
    else
        emu_info(call->emu, "%s", imei);
    return emu_ok();
}

const struct emu_command quectel_identification_commands[] = {
    {.name = "+CGMI", .execute = manufacturer, .ranges = ""},
    {.name = "+GMI", .execute = manufacturer, .ranges = ""},
    {.name = "+CGMM", .execute = model, .ranges = ""},
    {.name = "+GMM", .execute = model, .ranges = ""},
    {.name = "+CGMR", .execute = revision, .ranges = ""},
    {.name = "+GMR", .execute = revision, .ranges = ""},
    {.name = "+QGMR", .execute = full_revision, .ranges = ""},
    {.name = "+CGSN", .execute = serial_number, .write = serial_number, .ranges = "(0,1)"},
    {.name = "+GSN", .execute = serial_number, .ranges = ""},
    {0},
};
