#include "emulator/quectel/settings.h"

#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/quectel.h"
#include "emulator/world/power.h"

#include <stdio.h>
#include <string.h>

struct range {
    long min, max, default_value;
};

/* One or two numbers after a name. max < min: there is no second one. */
struct setting {
    const char *name;
    struct range first, second;
    const char *ranges;
};

static const struct setting plain[QUECTEL_PLAIN_SETTINGS] = {
    {"+IFC", {0, 2, 0}, {0, 2, 0}, "(0,2),(0,2)"}, {"+ICF", {1, 3, 3}, {0, 3, 3}, "(1-3),(0-3)"},
    {"+CTZU", {0, 3, 0}, {0, -1, 0}, "(0,1,3)"},   {"+CTZR", {0, 2, 0}, {0, -1, 0}, "(0-2)"},
    {"+CMGF", {0, 1, 0}, {0, -1, 0}, "(0,1)"},
};

/* TCP/IP note, AT+QICFG. All but the first three are only stored. */
enum {
    RECVIND,
    VIEWMODE,
    FORMATCFG
};
static const struct setting qicfg[QUECTEL_QICFG_SETTINGS] = {
    {"recvind", {0, 1, 0}, {0, -1, 0}, "(0,1)"},
    {"viewmode", {0, 1, 0}, {0, -1, 0}, "(0,1)"},
    {"formatcfg", {0, 1, 0}, {0, -1, 0}, "(0,1)"},
    {"transpktsize", {1, 1460, 1024}, {0, -1, 0}, "(1-1460)"},
    {"transwaittm", {0, 20, 2}, {0, -1, 0}, "(0-20)"},
    {"dataformat", {0, 1, 0}, {0, 1, 0}, "(0,1),(0,1)"},
    {"sendinfo", {0, 1, 0}, {0, -1, 0}, "(0,1)"},
    {"TCP/SendMode", {0, 1, 0}, {0, -1, 0}, "(0,1)"},
    {"passiveclosed", {0, 1, 0}, {0, -1, 0}, "(0,1)"},
    {"udp/readmode", {0, 1, 0}, {0, -1, 0}, "(0,1)"},
    {"qisend/timeout", {0, 120, 0}, {0, -1, 0}, "(0-120)"},
    {"close/mode", {0, 1, 0}, {0, -1, 0}, "(0,1)"},
};

static const struct setting qcfg[QUECTEL_QCFG_SETTINGS] = {
    {"nwscanmode", {0, 3, 0}, {0, -1, 0}, "(0-3)"},
    {"usbnet", {0, 3, 1}, {0, -1, 0}, "(0-3)"},
    {"airplanecontrol", {0, 1, 0}, {0, -1, 0}, "(0,1)"},
    {"urc/cache", {0, 1, 0}, {0, -1, 0}, "(0,1)"},
    {"cops_no_mode_change", {0, 1, 0}, {0, -1, 0}, "(0,1)"},
    {"servicedomain", {0, 2, 2}, {0, -1, 0}, "(0-2)"},
};

/* AT manual, AT+IPR. 1000000 is in the list of EG800K. */
static const long rates[] = {4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1000000};

static bool has_second(const struct setting *setting)
{
    return setting->second.max >= setting->second.min;
}

static void apply_speed(void *owner)
{
    struct quectel *quectel = owner;
    if (quectel->emu->options->baud)
        emu_uart_set_baud(&quectel->emu->uart, (unsigned long)quectel->settings->baud);
}

static void on_off(void *owner)
{
    struct quectel *quectel = owner;
    emu_urc(quectel->emu, "POWERED DOWN");
    emu_power_down(quectel->emu);
}

void quectel_settings_reset(struct quectel *quectel)
{
    struct quectel_settings *settings = quectel->settings;
    for (size_t i = 0; i < QUECTEL_PLAIN_SETTINGS; i++) {
        settings->plain[i][0] = plain[i].first.default_value;
        settings->plain[i][1] = plain[i].second.default_value;
    }
    for (size_t i = 0; i < QUECTEL_QICFG_SETTINGS; i++) {
        settings->qicfg[i][0] = qicfg[i].first.default_value;
        settings->qicfg[i][1] = qicfg[i].second.default_value;
    }
    settings->echo_data = true;
    if (settings->baud != settings->saved_baud) {
        settings->baud = settings->saved_baud;
        apply_speed(quectel);
    }
}

void quectel_settings_init(struct quectel *quectel)
{
    struct quectel_settings *settings = quectel->settings;
    const char *port = emu_quirk(quectel->emu, QUECTEL_QUIRK_URCPORT_ELSEWHERE) ? "usbat" : "all";
    snprintf(settings->urc_port, sizeof settings->urc_port, "%s", port);
    settings->baud = quectel->emu->options->baud ? (long)quectel->emu->options->baud : 115200;
    settings->saved_baud = settings->baud;
    settings->speed = (struct emu_timer){.on_due = apply_speed, .owner = quectel};
    settings->off = (struct emu_timer){.on_due = on_off, .owner = quectel};
    for (size_t i = 0; i < QUECTEL_QCFG_SETTINGS; i++)
        settings->qcfg[i] = qcfg[i].first.default_value;
    quectel_settings_reset(quectel);
}

void quectel_settings_stop(struct quectel *quectel)
{
    emu_timer_stop(&quectel->emu->loop, &quectel->settings->speed);
    emu_timer_stop(&quectel->emu->loop, &quectel->settings->off);
}

void quectel_settings_save(struct quectel *quectel)
{
    quectel->settings->saved_baud = quectel->settings->baud;
}

bool quectel_urcs_use_this_port(const struct quectel *quectel)
{
    const char *port = quectel->settings->urc_port;
    return strcmp(port, "all") == 0 || strcmp(port, "uart1") == 0;
}

bool quectel_recv_urc_has_length(const struct quectel *quectel)
{
    return quectel->settings->qicfg[RECVIND][0] == 1;
}

bool quectel_data_follows_comma(const struct quectel *quectel)
{
    return quectel->settings->qicfg[VIEWMODE][0] == 1;
}

bool quectel_prompt_is_line(const struct quectel *quectel)
{
    return quectel->settings->qicfg[FORMATCFG][0] == 1;
}

/* Returns the index in a list, or its length if the name is not found. */
static size_t find(const struct setting *list, size_t count, const char *name)
{
    size_t i = 0;
    while (name && i < count && strcmp(list[i].name, name) != 0)
        i++;
    return name ? i : count;
}

static bool read_values(const struct emu_call *call, size_t from, const struct setting *setting,
                        long values[2])
{
    long long first, second = values[1];
    if (call->count > from + 1 + has_second(setting) ||
        !emu_param_number(call, from, setting->first.min, setting->first.max, &first))
        return false;
    if (has_second(setting) &&
        !emu_param_option(call, from + 1, setting->second.min, setting->second.max, &second))
        return false;
    values[0] = (long)first;
    values[1] = (long)second;
    return true;
}

static struct emu_result write_plain(struct emu_call *call)
{
    size_t i = find(plain, QUECTEL_PLAIN_SETTINGS, call->name);
    return read_values(call, 0, &plain[i], quectel_of(call->emu)->settings->plain[i]) ? emu_ok()
                                                                                      : emu_error();
}

static struct emu_result read_plain(struct emu_call *call)
{
    size_t i = find(plain, QUECTEL_PLAIN_SETTINGS, call->name);
    const long *values = quectel_of(call->emu)->settings->plain[i];
    if (has_second(&plain[i]))
        emu_info(call->emu, "%s: %ld,%ld", call->name, values[0], values[1]);
    else
        emu_info(call->emu, "%s: %ld", call->name, values[0]);
    return emu_ok();
}

static struct emu_result test_plain(struct emu_call *call)
{
    emu_info(call->emu, "%s: %s", call->name, plain[find(plain, QUECTEL_PLAIN_SETTINGS, call->name)].ranges);
    return emu_ok();
}

static struct emu_result test_list(struct emu_call *call, const struct setting *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        emu_info(call->emu, "%s: \"%s\",%s", call->name, list[i].name, list[i].ranges);
    return emu_ok();
}

static struct emu_result write_qicfg(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    const char *key = emu_param_string(call, 0, 32);
    size_t i = find(qicfg, QUECTEL_QICFG_SETTINGS, key);
    if (i == QUECTEL_QICFG_SETTINGS)
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    long *values = quectel->settings->qicfg[i];
    if (call->count == 1 && has_second(&qicfg[i]))
        emu_info(call->emu, "+QICFG: \"%s\",%ld,%ld", key, values[0], values[1]);
    else if (call->count == 1)
        emu_info(call->emu, "+QICFG: \"%s\",%ld", key, values[0]);
    else if (!read_values(call, 1, &qicfg[i], values))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    return emu_ok();
}

static struct emu_result test_qicfg(struct emu_call *call)
{
    return test_list(call, qicfg, QUECTEL_QICFG_SETTINGS);
}

static struct emu_result write_qcfg(struct emu_call *call)
{
    const char *key = emu_param_string(call, 0, 32);
    size_t i = find(qcfg, QUECTEL_QCFG_SETTINGS, key);
    if (i == QUECTEL_QCFG_SETTINGS)
        return emu_error();
    long *value = &quectel_of(call->emu)->settings->qcfg[i];
    long long number;
    if (call->count == 1) {
        emu_info(call->emu, "+QCFG: \"%s\",%ld", key, *value);
        return emu_ok();
    }
    /* The optional <effect> chooses between "immediately" and "after reboot". */
    if (call->count > 3 || !emu_param_number(call, 1, qcfg[i].first.min, qcfg[i].first.max, &number))
        return emu_error();
    *value = (long)number;
    return emu_ok();
}

static struct emu_result test_qcfg(struct emu_call *call)
{
    return test_list(call, qcfg, QUECTEL_QCFG_SETTINGS);
}

static struct emu_result write_rate(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long rate;
    if (call->count > 1 || !emu_param_number(call, 0, 4800, 1000000, &rate))
        return emu_error();
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        if (rates[i] != rate)
            continue;
        quectel->settings->baud = (long)rate;
        /* It takes effect after OK. Without --baud the pty has no speed. */
        emu_timer_start(&call->emu->loop, &quectel->settings->speed,
                        emu_loop_now(&call->emu->loop) + emu_ms(20));
        return emu_ok();
    }
    return emu_error();
}

static struct emu_result read_rate(struct emu_call *call)
{
    emu_info(call->emu, "+IPR: %ld", quectel_of(call->emu)->settings->baud);
    return emu_ok();
}

static struct emu_result write_urc_port(struct emu_call *call)
{
    static const char *const ports[] = {"usbat", "usbmodem", "uart1", "uart2", "uart3", "all"};
    struct quectel_settings *settings = quectel_of(call->emu)->settings;
    const char *key = emu_param_string(call, 0, 16), *port = emu_param_string(call, 1, 11);
    if (!key || strcmp(key, "urcport") != 0 || call->count > 2)
        return emu_error();
    if (call->count == 1) {
        emu_info(call->emu, "+QURCCFG: \"urcport\",\"%s\"", settings->urc_port);
        return emu_ok();
    }
    for (size_t i = 0; port && i < sizeof ports / sizeof *ports; i++) {
        if (strcmp(ports[i], port) != 0)
            continue;
        snprintf(settings->urc_port, sizeof settings->urc_port, "%s", port);
        return emu_ok();
    }
    return emu_error();
}

static struct emu_result power_down(struct emu_call *call)
{
    long long mode = 1;
    if (call->form == EMU_WRITE && !emu_param_number(call, 0, 0, 1, &mode))
        return emu_error();
    emu_timer_start(&call->emu->loop, &quectel_of(call->emu)->settings->off, call->emu->loop.now);
    return emu_ok();
}

const struct emu_command quectel_settings_commands[] = {
    {.name = "+IFC", .write = write_plain, .read = read_plain, .test = test_plain},
    {.name = "+ICF", .write = write_plain, .read = read_plain, .test = test_plain},
    {.name = "+CTZU", .write = write_plain, .read = read_plain, .test = test_plain},
    {.name = "+CTZR", .write = write_plain, .read = read_plain, .test = test_plain},
    {.name = "+CMGF", .write = write_plain, .read = read_plain, .test = test_plain},
    {.name = "+QICFG", .write = write_qicfg, .test = test_qicfg},
    {.name = "+QCFG", .write = write_qcfg, .test = test_qcfg},
    {.name = "+IPR",
     .write = write_rate,
     .read = read_rate,
     .ranges = "(),(4800,9600,19200,38400,57600,115200,230400,460800,921600,1000000)"},
    {.name = "+QURCCFG",
     .write = write_urc_port,
     .ranges = "\"urcport\",(\"usbat\",\"usbmodem\",\"uart1\",\"uart2\",\"uart3\",\"all\")"},
    {.name = "+QPOWD", .write = power_down, .execute = power_down, .ranges = "(0,1)"},
    {0},
};
