/* The Ai-Thinker modules and their life cycle. */
#include "emulator/module.h"
#include "emulator/aithinker/certificates.h"
#include "emulator/aithinker/dns.h"
#include "emulator/aithinker/responses.h"
#include "emulator/aithinker/settings.h"
#include "emulator/aithinker/socket/conn.h"
#include "emulator/aithinker/socket/send.h"
#include "emulator/aithinker/socket/transparent.h"
#include "emulator/aithinker/wifi.h"
#include "emulator/control/control.h"
#include "emulator/interpreter/mode.h"
#include "emulator/world/power.h"

#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/grammar.h"
#include "emulator/aithinker/modules.h"
#include "emulator/aithinker/socket/receive.h"
#include "emulator/alloc.h"
#include "emulator/interpreter/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct emu_command *const tables[] = {
    aithinker_general_commands,
    aithinker_wifi_commands,
    aithinker_socket_commands,
    aithinker_transparent_commands,
    aithinker_certificate_commands,
    aithinker_dns_commands,
    NULL,
};

static void on_speed(void *owner)
{
    struct aithinker *aithinker = owner;
    if (aithinker->emu->options->baud)
        emu_uart_set_baud(&aithinker->emu->uart, aithinker->baud);
}

static void on_reset(void *owner)
{
    struct aithinker *aithinker = owner;
    emu_power_cycle(aithinker->emu, false);
}

static void start(struct aithinker *aithinker)
{
    aithinker->pushes = false;
    aithinker->events = aithinker->settings->events;
    aithinker_transparent_init(aithinker);
    aithinker_dns_init(aithinker);
    aithinker->send->id = 0;
}

/* A module with all of its services. */
struct whole {
    struct aithinker aithinker;
    struct aithinker_settings settings;
    struct aithinker_wifi wifi;
    struct aithinker_send send;
    struct aithinker_transparent transparent;
    struct aithinker_certificates certificates;
    struct aithinker_dns dns;
    struct aithinker_conn conns[AITHINKER_CONNS];
};

static struct aithinker *allocate(void)
{
    struct whole *whole = emu_alloc(sizeof *whole);
    struct aithinker *aithinker = &whole->aithinker;
    aithinker->settings = &whole->settings;
    aithinker->wifi = &whole->wifi;
    aithinker->send = &whole->send;
    aithinker->transparent = &whole->transparent;
    aithinker->certificates = &whole->certificates;
    aithinker->dns = &whole->dns;
    aithinker->conns = whole->conns;
    return aithinker;
}

static void *create(struct emu *emu)
{
    struct aithinker *aithinker = allocate();
    emu->vendor = aithinker;
    aithinker->emu = emu;
    aithinker->world = emu->options->wireless;
    aithinker->conn_limit = AITHINKER_CONNS_USUAL;
    aithinker->baud = emu->options->baud ? (unsigned)emu->options->baud : 115200;
    aithinker->data_bits = 8;
    aithinker->stop_bits = 1;
    aithinker->speed = (struct emu_timer){.on_due = on_speed, .owner = aithinker};
    aithinker->reset = (struct emu_timer){.on_due = on_reset, .owner = aithinker};
    if (emu_quirk(emu, AITHINKER_QUIRK_SHORT_LINES))
        emu->mode->max_length = 256;
    aithinker_settings_load(aithinker);
    start(aithinker);
    aithinker_wifi_start(aithinker);
    return aithinker;
}

static void stop(struct aithinker *aithinker)
{
    emu_timer_stop(&aithinker->emu->loop, &aithinker->speed);
    emu_timer_stop(&aithinker->emu->loop, &aithinker->reset);
    aithinker_transparent_stop(aithinker);
    aithinker_dns_stop(aithinker);
    aithinker_wifi_stop(aithinker);
    aithinker_conns_free(aithinker);
}

static void destroy(struct emu *emu)
{
    struct aithinker *aithinker = aithinker_of(emu);
    stop(aithinker);
    free(aithinker); /* the first member of its struct whole */
    emu->vendor = NULL;
}

static void power_off(struct emu *emu)
{
    struct aithinker *aithinker = aithinker_of(emu);
    stop(aithinker);
    start(aithinker);
}

static void boot(struct emu *emu)
{
    aithinker_print_banner(emu);
    aithinker_wifi_start(aithinker_of(emu));
}

/* Events deferred during a send or in transparent mode are printed before new events of the connections,
 * which wait for the next round. */
static bool pump(struct emu *emu)
{
    struct aithinker *aithinker = aithinker_of(emu);
    return aithinker_send_continue(aithinker) || aithinker_transparent_continue(aithinker) ||
           aithinker_conns_pump(aithinker);
}

static void drop_wifi(struct emu *emu, struct emu_control_line *line)
{
    struct aithinker *aithinker = aithinker_of(emu);
    const char *state = emu_control_word(line);
    if (strcmp(state, "drop") != 0 && strcmp(state, "back") != 0) {
        emu_control_fail(line, "expected wifi drop|back");
        return;
    }
    aithinker->world.out_of_range = strcmp(state, "drop") == 0;
    aithinker_wifi_changed(aithinker);
}

static struct aithinker_conn *read_conn(struct emu *emu, struct emu_control_line *line)
{
    const char *number = emu_control_word(line);
    char *end;
    long id = strtol(number, &end, 10);
    struct aithinker_conn *conn = *number && !*end ? aithinker_conn_find(aithinker_of(emu), id) : NULL;
    if (!conn)
        emu_control_fail(line, "there is no connection %s", number);
    return conn;
}

static void drop_socket(struct emu *emu, struct emu_control_line *line)
{
    if (strcmp(emu_control_word(line), "drop") != 0) {
        emu_control_fail(line, "expected socket drop ID");
        return;
    }
    struct aithinker_conn *conn = read_conn(emu, line);
    if (conn)
        aithinker_conn_drop(conn);
}

static void stall(struct emu *emu, struct emu_control_line *line)
{
    struct aithinker_conn *conn = read_conn(emu, line);
    const char *state = emu_control_word(line);
    if (conn && strcmp(state, "on") != 0 && strcmp(state, "off") != 0)
        emu_control_fail(line, "expected stall ID on|off");
    else if (conn)
        emu_link_stall(&conn->link, strcmp(state, "on") == 0);
}

/* Lists the host port that each server listens on. */
static void list_ports(struct emu *emu, struct emu_control_line *line)
{
    const struct aithinker *aithinker = aithinker_of(emu);
    size_t used = (size_t)snprintf(line->reply, sizeof line->reply, "ok");
    for (int i = 0; i < AITHINKER_CONNS; i++) {
        const struct aithinker_conn *conn = &aithinker->conns[i];
        if (conn->id && aithinker_is_server(conn->type))
            used += (size_t)snprintf(line->reply + used, sizeof line->reply - used, " %u=%u", conn->port,
                                     conn->real_port);
    }
}

static bool control(struct emu *emu, struct emu_control_line *line)
{
    if (strcmp(line->verb, "wifi") == 0)
        drop_wifi(emu, line);
    else if (strcmp(line->verb, "socket") == 0)
        drop_socket(emu, line);
    else if (strcmp(line->verb, "stall") == 0)
        stall(emu, line);
    else if (strcmp(line->verb, "ports") == 0)
        list_ports(emu, line);
    else
        return false;
    return true;
}

static const char *set_limit(struct aithinker *aithinker, const char *value)
{
    char *end;
    unsigned long limit = strtoul(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || limit < 1 || limit > AITHINKER_CONNS)
        return "a number of connections from 1 to 16";
    aithinker->conn_limit = (unsigned)limit;
    return NULL;
}

static const char *set(struct emu *emu, const char *key, const char *value, bool *handled)
{
    struct aithinker *aithinker = aithinker_of(emu);
    *handled = true;
    if (strcmp(key, "sockets") == 0)
        return set_limit(aithinker, value);
    if (strcmp(key, "ap") == 0) {
        const char *expected = emu_wireless_set_ap(&aithinker->world, value);
        if (!expected)
            aithinker_wifi_changed(aithinker);
        return expected;
    }
    *handled = false;
    return NULL;
}

static void each_link(struct emu *emu, void (*visit)(struct emu_link *link, void *argument), void *argument)
{
    struct aithinker *aithinker = aithinker_of(emu);
    for (int i = 0; i < AITHINKER_CONNS; i++)
        visit(&aithinker->conns[i].link, argument);
}

static const char *const other_urcs[] = {"+EVENT:UNHEARD,1", "+EVENT:WIFI_SCAN_DONE", NULL};

static void print_stats(struct emu *emu, char *text, size_t size)
{
    const struct aithinker *aithinker = aithinker_of(emu);
    size_t unsent = 0;
    for (int i = 0; i < AITHINKER_CONNS; i++)
        unsent += aithinker->conns[i].id ? aithinker->conns[i].link.out.used : 0;
    snprintf(text, size, " open_sockets=%zu unsent=%zu", aithinker_conns_count(aithinker), unsent);
}

/* Lines end with CR LF, but only the LF counts (vendor's agent notes 3.8.0). Overlong lines are dropped.
 * "+++" needs 20 ms of silence on both sides (SDK). */
const struct emu_module aithinker_wb2 = {
    .name = "Ai-WB2",
    .dialect = "aithinker",
    .line = {.end = '\n',
             .ignored = '\r',
             .echo_end = "\r\n",
             .max_length = 1023,
             .overlong = {.outcome = EMU_RESULT_SILENT},
             .guard = 20000000},
    .grammar = &aithinker_grammar,
    .quirks = aithinker_quirks,
    .habits = aithinker_habits,
    .tables = tables,
    .create = create,
    .destroy = destroy,
    .power_off = power_off,
    .boot = boot,
    .pump = pump,
    .control = control,
    .set = set,
    .control_usage = "wifi drop|back; socket drop ID; stall ID on|off; ports",
    .set_usage = "ap|sockets",
    .print_stats = print_stats,
    .other_urcs = other_urcs,
    .each_link = each_link,
    .final = aithinker_final,
    .busy = aithinker_busy,
    .prompt = aithinker_prompt,
};
