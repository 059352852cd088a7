#include "emulator/aithinker/dns.h"

#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/params.h"
#include "emulator/aithinker/responses.h"
#include "emulator/aithinker/settings.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/reply.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum {
    DOMAIN_MAX = AITHINKER_HOST_MAX,
    LOST_PING_MS = 1000, /* real modules report the failure only after 12 s */
};

static void on_found(void *owner);
static void on_ping(void *owner);

void aithinker_dns_init(struct aithinker *aithinker)
{
    struct aithinker_dns *dns = aithinker->dns;
    *dns = (struct aithinker_dns){.servers = {"192.168.3.1", "0.0.0.0"}};
    dns->lookup.on_done = on_found;
    dns->lookup.owner = aithinker;
    dns->ping = (struct emu_timer){.on_due = on_ping, .owner = aithinker};
}

void aithinker_dns_stop(struct aithinker *aithinker)
{
    emu_lookup_stop(&aithinker->dns->lookup);
    emu_timer_stop(&aithinker->emu->loop, &aithinker->dns->ping);
}

static void print_address(struct aithinker *aithinker)
{
    struct emu *emu = aithinker->emu;
    char text[EMU_ADDRESS_TEXT];
    emu_address_text(&aithinker->dns->lookup.found[0], text);
    if (emu_quirk(emu, AITHINKER_QUIRK_WDOMAIN_CR))
        aithinker_print(emu, "\r+WDOMAIN:%s", text);
    else
        aithinker_print(emu, "\r\n+WDOMAIN:%s\r\n", text);
}

/* Simulated: every host whose name can be resolved answers. */
static void begin_ping(struct aithinker *aithinker, bool found)
{
    struct aithinker_dns *dns = aithinker->dns;
    dns->round_trip = found ? emu_random_between(&aithinker->emu->random, 2, 40) : 0;
    emu_timer_start(&aithinker->emu->loop, &dns->ping,
                    emu_loop_now(&aithinker->emu->loop) + emu_ms(found ? dns->round_trip : LOST_PING_MS));
}

static void on_ping(void *owner)
{
    struct aithinker *aithinker = owner;
    struct emu *emu = aithinker->emu;
    unsigned round_trip = aithinker->dns->round_trip;
    if (round_trip)
        aithinker_print(emu, "\r\n+PING:%u\r\n", round_trip);
    emu_finish(emu, round_trip ? emu_ok() : aithinker_fail(AITHINKER_PING_LOST));
}

static void on_found(void *owner)
{
    struct aithinker *aithinker = owner;
    bool found = aithinker->dns->lookup.found_count > 0;
    if (aithinker->dns->pings) {
        begin_ping(aithinker, found);
        return;
    }
    if (found)
        print_address(aithinker);
    emu_finish(aithinker->emu, found ? emu_ok() : aithinker_fail(AITHINKER_SOCKET_DNS));
}

static struct emu_result look_up(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    struct aithinker_dns *dns = aithinker->dns;
    const char *host = aithinker_text(call, 0, DOMAIN_MAX);
    if (!host || call->count != 1)
        return aithinker_fail(AITHINKER_BAD_VALUE);
    dns->pings = strcmp(call->name, "+PING") == 0;
    enum emu_lookup_state state = EMU_LOOKUP_FAILED;
    if (aithinker_is_online(aithinker))
        state = emu_lookup_start(&dns->lookup, &call->emu->net.resolver, &call->emu->loop, host, 0);
    if (dns->pings && state != EMU_LOOKUP_RUNNING) {
        begin_ping(aithinker, state == EMU_LOOKUP_FOUND);
        return emu_pending();
    }
    if (state == EMU_LOOKUP_FOUND)
        print_address(aithinker);
    if (state == EMU_LOOKUP_RUNNING)
        return emu_pending();
    return state == EMU_LOOKUP_FOUND ? emu_ok() : aithinker_fail(AITHINKER_SOCKET_DNS);
}

static struct emu_result show_servers(struct emu_call *call)
{
    const struct aithinker_dns *dns = aithinker_of(call->emu)->dns;
    emu_info(call->emu, "+WDNS:%s,%s", dns->servers[0], dns->servers[1]);
    return emu_ok();
}

static struct emu_result set_servers(struct emu_call *call)
{
    struct aithinker_dns *dns = aithinker_of(call->emu)->dns;
    char servers[2][16] = {"", "0.0.0.0"};
    if (call->count < 1 || call->count > 2)
        return aithinker_fail(AITHINKER_BAD_FORMAT);
    for (size_t i = 0; i < call->count; i++) {
        struct in_addr address;
        const char *text = aithinker_text(call, i, 15);
        if (!text || inet_pton(AF_INET, text, &address) != 1)
            return aithinker_fail(AITHINKER_BAD_VALUE);
        snprintf(servers[i], sizeof servers[i], "%s", text);
    }
    memcpy(dns->servers, servers, sizeof servers);
    emu_info(call->emu, "+WDNS:%s%s%s", servers[0], call->count == 2 ? "," : "",
             call->count == 2 ? servers[1] : "");
    return emu_ok();
}

const struct emu_command aithinker_dns_commands[] = {
    {.name = "+WDOMAIN", .write = look_up},
    {.name = "+PING", .write = look_up},
    {.name = "+WDNS", .write = set_servers, .read = show_servers},
    {0},
};
