#include "emulator/aithinker/wifi.h"

#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/params.h"
#include "emulator/aithinker/responses.h"
#include "emulator/aithinker/settings.h"
#include "emulator/aithinker/socket/conn.h"
#include "emulator/aithinker/socket/transparent.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/reply.h"

#include <string.h>

enum {
    STEP_MS = 20 /* for each step: finding the network, joining it, getting an address */
};

static void on_step(void *owner);
static void on_scanned(void *owner);

static bool is_station(const struct aithinker *aithinker)
{
    return (aithinker->wifi->mode & 1) != 0;
}

static void step_soon(struct aithinker *aithinker)
{
    struct emu_loop *loop = &aithinker->emu->loop;
    emu_timer_start(loop, &aithinker->wifi->timer, emu_loop_now(loop) + emu_ms(STEP_MS));
}

static void join(struct aithinker *aithinker)
{
    aithinker->station = AITHINKER_STATION_JOINING;
    step_soon(aithinker);
}

void aithinker_wifi_start(struct aithinker *aithinker)
{
    const struct aithinker_settings *kept = aithinker->settings;
    aithinker->station = AITHINKER_STATION_NONE;
    *aithinker->wifi = (struct aithinker_wifi){.mode = kept->mode, .ap_channel = 6};
    aithinker->wifi->timer = (struct emu_timer){.on_due = on_step, .owner = aithinker};
    aithinker->wifi->scan = (struct emu_timer){.on_due = on_scanned, .owner = aithinker};
    if (!kept->autoconnect)
        return;
    aithinker->wifi->mode |= 1;
    memcpy(aithinker->wifi->ssid, kept->ssid, sizeof kept->ssid);
    memcpy(aithinker->wifi->password, kept->password, sizeof kept->password);
    aithinker->wifi->autott_due = true;
    join(aithinker);
}

void aithinker_wifi_stop(struct aithinker *aithinker)
{
    emu_timer_stop(&aithinker->emu->loop, &aithinker->wifi->timer);
    emu_timer_stop(&aithinker->emu->loop, &aithinker->wifi->scan);
    aithinker->station = AITHINKER_STATION_NONE;
}

static enum aithinker_station join_outcome(const struct aithinker *aithinker)
{
    const struct emu_wireless *world = &aithinker->world;
    const struct aithinker_wifi *wifi = aithinker->wifi;
    if (world->out_of_range || (*world->ssid && strcmp(world->ssid, wifi->ssid) != 0))
        return AITHINKER_STATION_NO_AP;
    if (world->protected && strcmp(world->password, wifi->password) != 0)
        return AITHINKER_STATION_WRONG_PASSWORD;
    return AITHINKER_STATION_ASSOCIATED;
}

static void finish_join(struct aithinker *aithinker, struct emu_result result)
{
    if (aithinker->wifi->command_waits)
        emu_finish(aithinker->emu, result);
    aithinker->wifi->command_waits = false;
}

static void refuse(struct aithinker *aithinker)
{
    bool password = aithinker->station == AITHINKER_STATION_WRONG_PASSWORD;
    finish_join(aithinker, aithinker_fail(password ? AITHINKER_WIFI_PASSWORD : AITHINKER_WIFI_NO_AP));
}

/* The guide and devices agree on WIFI_CONNECT, OK, WIFI_GOT_IP. */
static void associate(struct aithinker *aithinker)
{
    bool ok_first = emu_quirk(aithinker->emu, AITHINKER_QUIRK_JOIN_OK_FIRST);
    if (ok_first)
        finish_join(aithinker, emu_ok());
    aithinker_event(aithinker, AITHINKER_EVENT_WIFI_CONNECT, "WIFI_CONNECT");
    if (!ok_first)
        finish_join(aithinker, emu_ok());
    step_soon(aithinker);
}

static void mark_joined(struct aithinker *aithinker)
{
    aithinker->station = AITHINKER_STATION_JOINED;
    aithinker_event(aithinker, AITHINKER_EVENT_GOT_IP, "WIFI_GOT_IP");
    aithinker_conns_resume(aithinker);
    if (aithinker->wifi->autott_due)
        aithinker_autott_start(aithinker);
    aithinker->wifi->autott_due = false;
}

static void on_step(void *owner)
{
    struct aithinker *aithinker = owner;
    if (aithinker->station == AITHINKER_STATION_ASSOCIATED) {
        mark_joined(aithinker);
        return;
    }
    aithinker->station = join_outcome(aithinker);
    if (aithinker->station == AITHINKER_STATION_ASSOCIATED)
        associate(aithinker);
    else
        refuse(aithinker);
}

static void leave_network(struct aithinker *aithinker)
{
    struct aithinker_wifi *wifi = aithinker->wifi;
    bool had =
        aithinker->station == AITHINKER_STATION_JOINED || aithinker->station == AITHINKER_STATION_ASSOCIATED;
    emu_timer_stop(&aithinker->emu->loop, &wifi->timer);
    aithinker->station = AITHINKER_STATION_NONE;
    if (!had)
        return;
    aithinker_event(aithinker, AITHINKER_EVENT_WIFI_DISCONNECT, "WIFI_DISCONNECT");
    aithinker_conns_drop(aithinker);
}

/* A module that was joined keeps looking for its access point until it returns (since P2.30.0). */
void aithinker_wifi_changed(struct aithinker *aithinker)
{
    struct aithinker_wifi *wifi = aithinker->wifi;
    bool fits = *wifi->ssid && join_outcome(aithinker) == AITHINKER_STATION_ASSOCIATED;
    bool joined =
        aithinker->station == AITHINKER_STATION_JOINED || aithinker->station == AITHINKER_STATION_ASSOCIATED;
    if (joined && !fits) {
        leave_network(aithinker);
        aithinker->station = AITHINKER_STATION_NO_AP;
    } else if (!joined && fits && is_station(aithinker) && aithinker->station == AITHINKER_STATION_NO_AP) {
        join(aithinker);
    }
}

static bool save(struct aithinker *aithinker)
{
    struct aithinker_settings *kept = aithinker->settings;
    memcpy(kept->ssid, aithinker->wifi->ssid, sizeof kept->ssid);
    memcpy(kept->password, aithinker->wifi->password, sizeof kept->password);
    return aithinker_settings_save(aithinker);
}

static struct emu_result set_mode(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    long long mode, keeps = 0;
    if (call->count > 2 || !emu_param_number(call, 0, 0, 3, &mode) ||
        !emu_param_option(call, 1, 0, 1, &keeps))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    aithinker->wifi->mode = (unsigned)mode;
    if (!is_station(aithinker))
        leave_network(aithinker);
    if (keeps) {
        aithinker->settings->mode = (unsigned)mode;
        if (!aithinker_settings_save(aithinker))
            return aithinker_fail(AITHINKER_FLASH);
    }
    return emu_ok();
}

static struct emu_result show_mode(struct emu_call *call)
{
    emu_info(call->emu, "+WMODE:%u", aithinker_of(call->emu)->wifi->mode);
    return emu_ok();
}

/* Reads SSID and password, starting at parameter `first`. An optional third parameter, the BSSID, is
 * ignored. */
static bool read_network(const struct emu_call *call, size_t first, struct aithinker_wifi *wifi)
{
    const char *ssid = aithinker_text(call, first, EMU_SSID_MAX);
    const char *password = call->count > first + 1 ? call->params[first + 1].text : "";
    if (!ssid || strlen(password) > EMU_WIFI_PASSWORD_MAX || call->count > first + 3 || strchr(ssid, '\n'))
        return false;
    memcpy(wifi->ssid, ssid, strlen(ssid) + 1);
    memcpy(wifi->password, password, strlen(password) + 1);
    return true;
}

static struct emu_result begin_join(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    if (!is_station(aithinker))
        return aithinker_fail(AITHINKER_WIFI_MODE);
    struct aithinker_wifi wanted = {0};
    if (!read_network(call, 0, &wanted))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    leave_network(aithinker);
    memcpy(aithinker->wifi->ssid, wanted.ssid, sizeof wanted.ssid);
    memcpy(aithinker->wifi->password, wanted.password, sizeof wanted.password);
    if (aithinker->settings->autoconnect && !save(aithinker))
        return aithinker_fail(AITHINKER_FLASH);
    aithinker->wifi->command_waits = true;
    join(aithinker);
    return emu_pending();
}

/* Values are not quoted, as in the guide. Without a network its fields are empty. */
static struct emu_result show_network(struct emu_call *call)
{
    const struct aithinker *aithinker = aithinker_of(call->emu);
    const struct aithinker_wifi *wifi = aithinker->wifi;
    const char *more = aithinker_is_online(aithinker)
                           ? "WPA2 TKIP,7c:b9:4c:1d:c6:39,6,192.168.3.142,192.168.3.1"
                           : ",,0,0.0.0.0,0.0.0.0";
    if (strcmp(call->name, "+WJAP") == 0) {
        emu_info(call->emu, "+WJAP:%d,%s,%s,7c:b9:4c:1d:d6:31,%s", (int)aithinker->station, wifi->ssid,
                 wifi->password, more);
        return emu_ok();
    }
    emu_info(call->emu, "+STAINFO:%d", (int)aithinker->station);
    emu_info(call->emu, "SSID:%s", wifi->ssid);
    emu_info(call->emu, "Password:%s", wifi->password);
    emu_info(call->emu, "7c:b9:4c:1d:d6:31,%s", more);
    return emu_ok();
}

static struct emu_result disconnect(struct emu_call *call)
{
    leave_network(aithinker_of(call->emu));
    return emu_ok();
}

static bool has_disconnect(const struct emu *emu)
{
    return !emu_quirk(emu, AITHINKER_QUIRK_NO_WDISCONNECT);
}

/* With only the parameter 1 it applies to the current network. */
static struct emu_result set_autoconnect(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    struct aithinker_wifi wanted = *aithinker->wifi;
    long long on;
    if (!emu_param_number(call, 0, 0, 1, &on) || (call->count > 1 && !read_network(call, 1, &wanted)))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    if (on && !*wanted.ssid)
        return aithinker_fail(AITHINKER_NOT_SET);
    aithinker->settings->autoconnect = on == 1;
    memcpy(aithinker->settings->ssid, wanted.ssid, sizeof wanted.ssid);
    memcpy(aithinker->settings->password, wanted.password, sizeof wanted.password);
    return aithinker_settings_save(aithinker) ? emu_ok() : aithinker_fail(AITHINKER_FLASH);
}

static struct emu_result show_autoconnect(struct emu_call *call)
{
    emu_info(call->emu, "+WAUTOCONN:%d", aithinker_of(call->emu)->settings->autoconnect);
    return emu_ok();
}

static struct emu_result scan(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    if (!is_station(aithinker))
        return aithinker_fail(AITHINKER_WIFI_MODE);
    emu_timer_start(&call->emu->loop, &aithinker->wifi->scan,
                    emu_loop_now(&call->emu->loop) + emu_ms(STEP_MS));
    return emu_pending();
}

static void on_scanned(void *owner)
{
    const struct aithinker *aithinker = owner;
    struct emu *emu = aithinker->emu;
    char between = emu_quirk(emu, AITHINKER_QUIRK_WSCAN_SPACE) ? ' ' : ',';
    const char *ssid = *aithinker->world.ssid ? aithinker->world.ssid : "hayes";
    emu_info(emu, "+WSCAN:index%cSSID,CH,SECURITY,RSSI,BSSID", between);
    if (!aithinker->world.out_of_range)
        emu_info(emu, "1%c%s,6,WPA/WPA2 Mixed,-32,7c:b9:4c:1d:c6:39", between, ssid);
    emu_finish(emu, emu_ok());
}

static struct emu_result set_ap(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    struct aithinker_wifi wanted = {0};
    long long channel = 6, hidden = 0, clients = 0;
    struct emu_call network = *call;
    network.count = call->count < 2 ? call->count : 2;
    if (aithinker->wifi->mode < 2)
        return aithinker_fail(AITHINKER_WIFI_MODE);
    if (!read_network(&network, 0, &wanted) || call->count > 5 ||
        !emu_param_option(call, 2, 1, 13, &channel) || !emu_param_option(call, 3, 0, 8, &clients) ||
        !emu_param_option(call, 4, 0, 1, &hidden))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    memcpy(aithinker->wifi->ap_ssid, wanted.ssid, sizeof wanted.ssid);
    memcpy(aithinker->wifi->ap_password, wanted.password, sizeof wanted.password);
    aithinker->wifi->ap_channel = (unsigned)channel;
    return emu_ok();
}

static struct emu_result show_ap(struct emu_call *call)
{
    const struct aithinker_wifi *wifi = aithinker_of(call->emu)->wifi;
    emu_info(call->emu, "+WAP:%s,%s,WPA/WPA2 AES,%u,3,0,7c:b9:4c:1d:d6:32,192.168.43.1,192.168.43.1",
             wifi->ap_ssid, wifi->ap_password, wifi->ap_channel);
    emu_info(call->emu, "Client Num: 0");
    return emu_ok();
}

static struct emu_result show_fixed(struct emu_call *call)
{
    if (strcmp(call->name, "+WRSSI") == 0)
        emu_info(call->emu, "+WRSSI:-32");
    else if (strcmp(call->name, "+WSDHCP") == 0)
        emu_info(call->emu, "+WSDHCP:1");
    else
        emu_info(call->emu, "+CIPSTAMAC_DEF:" AITHINKER_MAC);
    return emu_ok();
}

static struct emu_result accept_without_effect(struct emu_call *call)
{
    (void)call;
    return emu_ok();
}

const struct emu_command aithinker_wifi_commands[] = {
    {.name = "+WMODE", .write = set_mode, .read = show_mode},
    {.name = "+WJAP", .write = begin_join, .read = show_network},
    {.name = "+STAINFO", .read = show_network},
    {.name = "+WDISCONNECT", .execute = disconnect, .present = has_disconnect},
    {.name = "+WAUTOCONN", .write = set_autoconnect, .read = show_autoconnect},
    {.name = "+WSCAN", .execute = scan, .write = scan},
    {.name = "+WSCANOPT", .write = accept_without_effect},
    {.name = "+WAP", .write = set_ap, .read = show_ap},
    {.name = "+WRSSI", .execute = show_fixed, .read = show_fixed},
    {.name = "+WSDHCP", .read = show_fixed, .write = accept_without_effect},
    {.name = "+CIPSTAMAC_DEF", .read = show_fixed},
    {0},
};
