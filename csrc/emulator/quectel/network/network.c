#include "emulator/quectel/network/network.h"

#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/quectel.h"
#include "emulator/world/power.h"

#include <string.h>

/* <lac>, <ci> and <AcT> of the only cell. */
static const char location[] = "\"D509\",\"080D413D\",7";

static void on_reset(void *owner);

void quectel_network_init(struct quectel *quectel)
{
    struct quectel_network *network = quectel->network;
    *network = (struct quectel_network){
        .reports = {{"+CREG", 0}, {"+CGREG", 0}, {"+CEREG", 0}},
        .functionality = 1,
    };
    network->reset = (struct emu_timer){.on_due = on_reset, .owner = quectel};
    network->reported = quectel_registration(quectel);
}

void quectel_network_stop(struct quectel *quectel)
{
    emu_timer_stop(&quectel->emu->loop, &quectel->network->reset);
}

void quectel_network_forget_reports(struct quectel *quectel)
{
    for (size_t i = 0; i < QUECTEL_REPORTS; i++)
        quectel->network->reports[i].mode = 0;
}

enum emu_registration quectel_registration(const struct quectel *quectel)
{
    if (quectel->network->functionality != 1 || !quectel_sim_is_usable(quectel))
        return EMU_REGISTRATION_NONE;
    return quectel->world.registration;
}

bool quectel_is_registered(const struct quectel *quectel)
{
    enum emu_registration registration = quectel_registration(quectel);
    return registration == EMU_REGISTRATION_HOME || registration == EMU_REGISTRATION_ROAMING;
}

void quectel_network_changed(struct quectel *quectel)
{
    struct quectel_network *network = quectel->network;
    enum emu_registration now = quectel_registration(quectel);
    if (now == network->reported)
        return;
    network->reported = now;
    for (size_t i = 0; i < QUECTEL_REPORTS; i++) {
        const struct quectel_report *report = &network->reports[i];
        if (report->mode == 2 && quectel_is_registered(quectel))
            quectel_urc(quectel, "%s: %d,%s", report->name, (int)now, location);
        else if (report->mode > 0)
            quectel_urc(quectel, "%s: %d", report->name, (int)now);
    }
    if (!quectel_is_registered(quectel))
        quectel->events->registration_lost(quectel);
}

static struct quectel_report *report_of(struct emu_call *call)
{
    struct quectel_report *reports = quectel_of(call->emu)->network->reports;
    for (size_t i = 0; i < QUECTEL_REPORTS; i++)
        if (strcmp(reports[i].name, call->name) == 0)
            return &reports[i];
    return &reports[0];
}

static struct emu_result read_registration(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    const struct quectel_report *report = report_of(call);
    int registration = (int)quectel_registration(quectel);
    if (report->mode == 2 && quectel_is_registered(quectel))
        emu_info(call->emu, "%s: 2,%d,%s", call->name, registration, location);
    else
        emu_info(call->emu, "%s: %u,%d", call->name, report->mode, registration);
    return emu_ok();
}

static struct emu_result write_registration(struct emu_call *call)
{
    long long mode;
    if (call->count > 1 || !emu_param_number(call, 0, 0, 2, &mode))
        return emu_error();
    report_of(call)->mode = (unsigned)mode;
    return emu_ok();
}

static struct emu_result signal_quality(struct emu_call *call)
{
    const struct quectel *quectel = quectel_of(call->emu);
    unsigned signal = quectel->network->functionality == 1 ? quectel->world.signal : 99;
    emu_info(call->emu, "+CSQ: %u,99", signal);
    return emu_ok();
}

static const char *operator_name(const struct quectel *quectel)
{
    static const char *const names[] = {"CHINA MOBILE", "CMCC", "46000"};
    return names[quectel->network->operator_format];
}

static struct emu_result read_operator(struct emu_call *call)
{
    const struct quectel *quectel = quectel_of(call->emu);
    if (quectel_is_registered(quectel))
        emu_info(call->emu, "+COPS: 0,%u,\"%s\",7", quectel->network->operator_format,
                 operator_name(quectel));
    else
        emu_info(call->emu, "+COPS: 0");
    return emu_ok();
}

/* Only automatic selection and the format have an effect, since there is only one network. */
static struct emu_result select_operator(struct emu_call *call)
{
    struct quectel_network *network = quectel_of(call->emu)->network;
    long long mode, format = network->operator_format;
    if (!emu_param_number(call, 0, 0, 4, &mode) || !emu_param_option(call, 1, 0, 2, &format))
        return emu_error();
    if (mode == 2)
        return emu_cme(QUECTEL_CME_NOT_ALLOWED);
    network->operator_format = (unsigned)format;
    return emu_ok();
}

static struct emu_result scan(struct emu_call *call)
{
    emu_info(call->emu, "+COPS: (2,\"CHINA MOBILE\",\"CMCC\",\"46000\",7),,(0-4),(0-2)");
    return emu_ok();
}

static struct emu_result network_information(struct emu_call *call)
{
    if (quectel_is_registered(quectel_of(call->emu)))
        emu_info(call->emu, "+QNWINFO: \"FDD LTE\",\"46000\",\"LTE BAND 3\",1300");
    else
        emu_info(call->emu, "+QNWINFO: No Service");
    return emu_ok();
}

static struct emu_result read_functionality(struct emu_call *call)
{
    emu_info(call->emu, "+CFUN: %u", quectel_of(call->emu)->network->functionality);
    return emu_ok();
}

static void on_reset(void *owner)
{
    struct quectel *quectel = owner;
    emu_urc(quectel->emu, "POWERED DOWN");
    emu_power_cycle(quectel->emu, false);
}

static struct emu_result set_functionality(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_network *network = quectel->network;
    long long functionality, reset = 0;
    if (!emu_param_number(call, 0, 0, 4, &functionality) || functionality == 2 || functionality == 3 ||
        !emu_param_option(call, 1, 0, 1, &reset) || (reset == 1 && functionality != 1))
        return emu_error();
    if (reset == 1) {
        emu_timer_start(&quectel->emu->loop, &network->reset, quectel->emu->loop.now);
        return emu_ok();
    }
    unsigned before = network->functionality;
    network->functionality = (unsigned)functionality;
    if (before == 0 && functionality != 0)
        quectel_print_sim_urcs(quectel);
    quectel_network_changed(quectel);
    return emu_ok();
}

const struct emu_command quectel_network_commands[] = {
    {.name = "+CREG", .read = read_registration, .write = write_registration, .ranges = "(0-2)"},
    {.name = "+CGREG", .read = read_registration, .write = write_registration, .ranges = "(0-2)"},
    {.name = "+CEREG", .read = read_registration, .write = write_registration, .ranges = "(0-2)"},
    {.name = "+CSQ", .execute = signal_quality, .ranges = "(0-31,99),(0-7,99)"},
    {.name = "+COPS", .read = read_operator, .write = select_operator, .test = scan},
    {.name = "+QNWINFO", .execute = network_information, .ranges = ""},
    {.name = "+CFUN", .read = read_functionality, .write = set_functionality, .ranges = "(0,1,4),(0,1)"},
    {0},
};
