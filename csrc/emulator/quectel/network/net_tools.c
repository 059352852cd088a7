#include "emulator/quectel/network/net_tools.h"

#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/network/pdp.h"
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/socket/conn.h"

#include <string.h>

enum {
    PING_BYTES = 32,
    PING_TTL = 255,
    NTP_PORT = 123
};

static void on_name(void *owner);
static void on_ping_name(void *owner);
static void on_ping_reply(void *owner);
static void on_time_name(void *owner);

void quectel_net_tools_init(struct quectel *quectel)
{
    struct quectel_net_tools *tools = quectel->net_tools;
    *tools = (struct quectel_net_tools){0};
    tools->dns.on_done = on_name;
    tools->ping.lookup.on_done = on_ping_name;
    tools->time.on_done = on_time_name;
    tools->dns.owner = tools->ping.lookup.owner = tools->time.owner = quectel;
    tools->ping.timer = (struct emu_timer){.on_due = on_ping_reply, .owner = quectel};
}

void quectel_net_tools_stop(struct quectel *quectel)
{
    struct quectel_net_tools *tools = quectel->net_tools;
    emu_lookup_stop(&tools->dns);
    emu_lookup_stop(&tools->ping.lookup);
    emu_lookup_stop(&tools->time);
    emu_timer_stop(&quectel->emu->loop, &tools->ping.timer);
    quectel_net_tools_init(quectel);
}

/* Reads the context and host that these commands start with. Returns the host, or NULL with *refused set
 * to the result of the command. */
static const char *read_target(struct emu_call *call, struct emu_result *refused)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long context;
    const char *host = emu_param_string(call, 1, QUECTEL_HOST_MAX);
    if (!emu_param_number(call, 0, 1, quectel->model->last_context, &context) || !host || !*host) {
        *refused = quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
        return NULL;
    }
    if (!quectel_pdp_is_active(quectel, context)) {
        *refused = quectel_fail(quectel, QUECTEL_NET_PDP_OPEN_FAILED);
        return NULL;
    }
    quectel->last_error = QUECTEL_NET_OK;
    return host;
}

/* Starts a lookup. Calls on_done immediately if the result is already known. */
static void look_up(struct quectel *quectel, struct emu_lookup *lookup, const char *host, unsigned port)
{
    struct emu *emu = quectel->emu;
    switch (emu_lookup_start(lookup, &emu->net.resolver, &emu->loop, host, port)) {
    case EMU_LOOKUP_RUNNING:
        break;
    case EMU_LOOKUP_FAILED:
    case EMU_LOOKUP_FOUND:
        lookup->on_done(quectel);
        break;
    }
}

static void on_name(void *owner)
{
    struct quectel *quectel = owner;
    struct emu_lookup *lookup = &quectel->net_tools->dns;
    quectel->net_tools->dns_running = false;
    if (lookup->found_count == 0) {
        quectel->last_error = QUECTEL_NET_DNS_FAILED;
        quectel_urc(quectel, "+QIURC: \"dnsgip\",%d", QUECTEL_NET_DNS_FAILED);
        return;
    }
    quectel_urc(quectel, "+QIURC: \"dnsgip\",0,%zu,600", lookup->found_count);
    for (size_t i = 0; i < lookup->found_count; i++) {
        char text[EMU_ADDRESS_TEXT];
        emu_address_text(&lookup->found[i], text);
        quectel_urc(quectel, "+QIURC: \"dnsgip\",\"%s\"", text);
    }
}

static struct emu_result resolve(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct emu_result refused;
    const char *host = read_target(call, &refused);
    if (!host)
        return refused;
    if (call->count > 2)
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    if (quectel->net_tools->dns_running)
        return quectel_fail(quectel, QUECTEL_NET_DNS_BUSY);
    quectel->net_tools->dns_running = true;
    look_up(quectel, &quectel->net_tools->dns, host, 0);
    return emu_ok();
}

static void send_ping(struct quectel *quectel)
{
    struct quectel_ping *ping = &quectel->net_tools->ping;
    ping->current = emu_random_between(&quectel->emu->random, 25, 73);
    emu_timer_start(&quectel->emu->loop, &ping->timer,
                    emu_loop_now(&quectel->emu->loop) + emu_ms(ping->current));
}

static void on_ping_name(void *owner)
{
    struct quectel *quectel = owner;
    struct quectel_ping *ping = &quectel->net_tools->ping;
    if (ping->lookup.found_count == 0) {
        ping->running = false;
        quectel->last_error = QUECTEL_NET_DNS_FAILED;
        quectel_urc(quectel, "+QPING: %d", QUECTEL_NET_DNS_FAILED);
        return;
    }
    emu_address_text(&ping->lookup.found[0], ping->address);
    send_ping(quectel);
}

/* Simulated: every host whose name can be resolved answers. */
static void on_ping_reply(void *owner)
{
    struct quectel *quectel = owner;
    struct quectel_ping *ping = &quectel->net_tools->ping;
    unsigned took = ping->current;
    ping->sent++;
    ping->total += took;
    ping->min = ping->sent == 1 || took < ping->min ? took : ping->min;
    ping->max = took > ping->max ? took : ping->max;
    quectel_urc(quectel, "+QPING: 0,\"%s\",%d,%u,%d", ping->address, PING_BYTES, took, PING_TTL);
    if (ping->sent < ping->wanted) {
        send_ping(quectel);
        return;
    }
    ping->running = false;
    quectel_urc(quectel, "+QPING: 0,%u,%u,0,%u,%u,%u", ping->sent, ping->sent, ping->min, ping->max,
                ping->total / ping->sent);
}

static struct emu_result start_ping(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_ping *ping = &quectel->net_tools->ping;
    long long timeout_s = 4, wanted = 4;
    struct emu_result refused;
    const char *host = read_target(call, &refused);
    if (!host)
        return refused;
    if (call->count > 4 || !emu_param_option(call, 2, 1, 255, &timeout_s) ||
        !emu_param_option(call, 3, 1, 10, &wanted))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    if (ping->running)
        return quectel_fail(quectel, QUECTEL_NET_BUSY);
    ping->running = true;
    ping->wanted = (unsigned)wanted;
    ping->sent = ping->min = ping->max = ping->total = 0;
    look_up(quectel, &ping->lookup, host, 0);
    return emu_ok();
}

/* EG800K and EC200U print UTC, although the zone after it is the local one. */
static void on_time_name(void *owner)
{
    struct quectel *quectel = owner;
    struct emu *emu = quectel->emu;
    quectel->net_tools->time_running = false;
    if (quectel->net_tools->time.found_count == 0) {
        quectel->last_error = QUECTEL_NET_DNS_FAILED;
        quectel_urc(quectel, "+QNTP: %d", QUECTEL_NET_DNS_FAILED);
        return;
    }
    time_t now = (time_t)emu_clock_host();
    struct tm utc;
    gmtime_r(&now, &utc);
    if (quectel->net_tools->time_sets_clock)
        emu_clock_set(&emu->clock, emu_loop_now(&emu->loop), now);
    quectel_urc(quectel, "+QNTP: 0,\"%04d/%02d/%02d,%02d:%02d:%02d%+03d\"", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, emu->clock.zone);
}

/* Simulated: every host whose name can be resolved is a time server with the host's clock. */
static struct emu_result start_time(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long port = NTP_PORT, sets_clock = 1;
    struct emu_result refused;
    const char *host = read_target(call, &refused);
    if (!host)
        return refused;
    if (call->count > 4 || !emu_param_option(call, 2, 1, 65535, &port) ||
        !emu_param_option(call, 3, 0, 1, &sets_clock))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    if (quectel->net_tools->time_running)
        return quectel_fail(quectel, QUECTEL_NET_BUSY);
    quectel->net_tools->time_running = true;
    quectel->net_tools->time_sets_clock = sets_clock == 1;
    look_up(quectel, &quectel->net_tools->time, host, (unsigned)port);
    return emu_ok();
}

static struct emu_result test_with(struct emu_call *call, const char *rest)
{
    emu_info(call->emu, "%s: (1-%lld),%s", call->name, quectel_of(call->emu)->model->last_context, rest);
    return emu_ok();
}

static struct emu_result test_resolve(struct emu_call *call)
{
    return test_with(call, "<hostname>");
}

static struct emu_result test_ping(struct emu_call *call)
{
    return test_with(call, "<host>,(1-255),(1-10)");
}

static struct emu_result test_time(struct emu_call *call)
{
    return test_with(call, "<server>,(1-65535),(0,1)");
}

const struct emu_command quectel_net_tools_commands[] = {
    {.name = "+QIDNSGIP", .write = resolve, .test = test_resolve},
    {.name = "+QPING", .write = start_ping, .test = test_ping},
    {.name = "+QNTP", .write = start_time, .test = test_time},
    {0},
};
