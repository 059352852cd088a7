/* The Quectel modules and their life cycle. */
#include "emulator/module.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/quectel/file/files.h"
#include "emulator/quectel/file/transfer.h"
#include "emulator/quectel/ftp/ftp.h"
#include "emulator/quectel/network/net_tools.h"
#include "emulator/quectel/network/network.h"
#include "emulator/quectel/network/pdp.h"
#include "emulator/quectel/settings.h"
#include "emulator/quectel/socket/conn.h"
#include "emulator/quectel/socket/send.h"
#include "emulator/quectel/socket/socket.h"
#include "emulator/quectel/ssl/ssl.h"

#include "emulator/alloc.h"
#include "emulator/control/control.h"
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/modules.h"
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/socket/receive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct emu_command *const tables[] = {
    quectel_v250_commands,
    quectel_identification_commands,
    quectel_sim_commands,
    quectel_network_commands,
    quectel_settings_commands,
    quectel_clock_commands,
    quectel_pdp_commands,
    quectel_files_commands,
    quectel_transfer_commands,
    quectel_net_tools_commands,
    quectel_ssl_config_commands,
    quectel_ssl_commands,
    quectel_socket_commands,
    quectel_ftp_config_commands,
    quectel_ftp_commands,
    quectel_ftp_transfer_commands,
    NULL,
};

/* Recorded revision. PDP contexts 1 to 7 (SSL note 2.2.2). The clock of the Unisoc chipset starts in 1970. */
static const struct quectel_model ec200u = {
    .name = "EC200U",
    .revision = "EC200UCNAAR03A15M08",
    .last_context = 7,
    .epoch = 0,
};

/* LTE Standard(A) series: contexts 1 to 15, passwords for keys, an SD card. The clock of the ASR chipset
 * starts in 1980. */
static const struct quectel_model ec200a = {
    .name = "EC200A",
    .revision = "EC200ACNDAR01A02M16",
    .last_context = 15,
    .epoch = 315964800,
    .key_password = true,
    .sd_card = true,
};

static void on_context_dropped(struct quectel *quectel, int context)
{
    quectel_conns_drop_context(quectel, context);
    quectel_ftp_drop_context(quectel, context);
}

static const struct quectel_events events = {
    .registration_lost = quectel_pdp_drop_all,
    .context_dropped = on_context_dropped,
};

static void init_volatile(struct quectel *quectel)
{
    quectel_network_init(quectel);
    quectel_pdp_init(quectel);
    quectel_transfer_init(quectel);
    quectel_net_tools_init(quectel);
    quectel->last_error = QUECTEL_NET_OK;
    quectel->last_transparent = NULL;
    quectel->ssl_opens = 0;
}

/* A module with all of its services. */
struct whole {
    struct quectel quectel;
    struct quectel_settings settings;
    struct quectel_network network;
    struct quectel_pdp pdp;
    struct quectel_files files;
    struct quectel_transfer transfer;
    struct quectel_send send;
    struct quectel_ssl ssl;
    struct quectel_ftp ftp;
    struct quectel_sockets sockets;
    struct quectel_net_tools net_tools;
};

static struct quectel *allocate(void)
{
    struct whole *whole = emu_alloc(sizeof *whole);
    struct quectel *quectel = &whole->quectel;
    quectel->settings = &whole->settings;
    quectel->network = &whole->network;
    quectel->pdp = &whole->pdp;
    quectel->files = &whole->files;
    quectel->transfer = &whole->transfer;
    quectel->send = &whole->send;
    quectel->ssl = &whole->ssl;
    quectel->ftp = &whole->ftp;
    quectel->sockets = &whole->sockets;
    quectel->net_tools = &whole->net_tools;
    quectel->conns[0] = whole->ssl.clients;
    quectel->conns[1] = whole->sockets.conns;
    return quectel;
}

static void *create(struct emu *emu)
{
    struct quectel *quectel = allocate();
    emu->vendor = quectel;
    quectel->emu = emu;
    quectel->model = emu->module->model;
    quectel->events = &events;
    quectel->world = emu->options->cellular;
    if (emu->options->clock_unset)
        emu_clock_set(&emu->clock, emu_loop_now(&emu->loop), quectel->model->epoch);
    if (!quectel_files_init(quectel)) {
        free(quectel); /* the first member of its struct whole */
        return NULL;
    }
    quectel_settings_init(quectel);
    quectel_ssl_init(quectel);
    quectel_sockets_init(quectel);
    quectel_ftp_init(quectel);
    init_volatile(quectel);
    return quectel;
}

static void stop_all(struct quectel *quectel)
{
    quectel_net_tools_stop(quectel);
    quectel_transfer_stop(quectel);
    quectel_network_stop(quectel);
    quectel_settings_stop(quectel);
    quectel_ftp_drop(quectel);
    quectel_ssl_free(quectel);
    quectel_sockets_drop(quectel);
    quectel_files_reset(quectel);
}

static void destroy(struct emu *emu)
{
    struct quectel *quectel = quectel_of(emu);
    stop_all(quectel);
    quectel_files_free(quectel);
    free(quectel); /* the first member of its struct whole */
    emu->vendor = NULL;
}

static void power_off(struct emu *emu)
{
    struct quectel *quectel = quectel_of(emu);
    stop_all(quectel);
    quectel_settings_reset(quectel);
    quectel_ssl_contexts_init(quectel);
    init_volatile(quectel);
}

/* The order on EG25-G and EG800K. Other modules differ. */
static void boot(struct emu *emu)
{
    struct quectel *quectel = quectel_of(emu);
    bool swapped = emu_quirk(emu, QUECTEL_QUIRK_SMS_DONE_ORDER);
    emu_urc(emu, "RDY");
    emu_urc(emu, "+CFUN: 1");
    quectel_print_sim_urcs(quectel);
    if (!quectel_sim_is_usable(quectel))
        return;
    emu_urc(emu, "+QIND: %s DONE", swapped ? "PB" : "SMS");
    emu_urc(emu, "+QIND: %s DONE", swapped ? "SMS" : "PB");
}

static bool pump(struct emu *emu)
{
    struct quectel *quectel = quectel_of(emu);
    bool transferred = quectel_transfer_pump(quectel);
    transferred = quectel_ftp_pump(quectel) || transferred;
    return quectel_conns_pump(quectel) || transferred;
}

static const char *prompt(const struct emu *emu)
{
    bool configured =
        strcmp(emu->dispatch->call.name, "+QISEND") == 0 && quectel_prompt_is_line(quectel_of(emu));
    if (configured || emu_quirk(emu, QUECTEL_QUIRK_FORMATCFG_PROMPT))
        return "\r\n>\r\n";
    return "\r\n> ";
}

static bool cme_as_text(const struct emu *emu, int code)
{
    bool words = emu->mode->profile.cmee == 2;
    bool exists = code == QUECTEL_FILE_EXISTS;
    if (exists && emu_quirk(emu, QUECTEL_QUIRK_QFUPL_EXISTS_TEXT))
        return true;
    if (emu_quirk(emu, QUECTEL_QUIRK_CME_TEXT_MIXED) && code >= QUECTEL_FILE_INVALID_INPUT)
        return words && exists;
    return words;
}

static void drop_context(struct emu *emu, struct emu_control_line *line)
{
    struct quectel *quectel = quectel_of(emu);
    const char *verb = emu_control_word(line), *number = emu_control_word(line);
    char *end;
    long context = strtol(number, &end, 10);
    if (strcmp(verb, "drop") != 0 || end == number || *end || context < 1 ||
        context > quectel->model->last_context)
        emu_control_fail(line, "expected pdp drop CID with a CID from 1 to %lld",
                         quectel->model->last_context);
    else if (!quectel_pdp_drop(quectel, context))
        emu_control_fail(line, "context %ld is not active", context);
}

struct stall {
    long id;
    bool on;
    unsigned found;
};

static void stall_one(struct quectel_conn *conn, void *argument)
{
    struct stall *stall = argument;
    if (conn->id != stall->id || conn->state != QUECTEL_CONN_CONNECTED)
        return;
    emu_link_stall(&conn->link, stall->on);
    stall->found++;
}

static void stall_connection(struct emu *emu, struct emu_control_line *line)
{
    const char *number = emu_control_word(line), *state = emu_control_word(line);
    char *end;
    struct stall stall = {.id = strtol(number, &end, 10), .on = strcmp(state, "on") == 0};
    if (end == number || *end || (!stall.on && strcmp(state, "off") != 0)) {
        emu_control_fail(line, "expected stall ID on|off");
        return;
    }
    quectel_conns_each(quectel_of(emu), stall_one, &stall);
    if (stall.found == 0)
        emu_control_fail(line, "there is no connection %ld", stall.id);
}

static bool control(struct emu *emu, struct emu_control_line *line)
{
    if (strcmp(line->verb, "pdp") == 0)
        drop_context(emu, line);
    else if (strcmp(line->verb, "stall") == 0)
        stall_connection(emu, line);
    else if (strcmp(line->verb, "ftp") == 0)
        quectel_ftp_control(quectel_of(emu), line);
    else
        return false;
    return true;
}

static const char *set(struct emu *emu, const char *key, const char *value, bool *handled)
{
    struct quectel *quectel = quectel_of(emu);
    const char *expected = NULL;
    *handled = true;
    if (strcmp(key, "sim") == 0) {
        expected = emu_cellular_set_sim(&quectel->world, value);
        quectel->network->unlocked = false;
        quectel->network->wrong_pins = 0;
        if (!expected)
            quectel_print_sim_urcs(quectel);
    } else if (strcmp(key, "registration") == 0) {
        expected = emu_cellular_set_registration(&quectel->world, value);
    } else if (strcmp(key, "signal") == 0) {
        expected = emu_cellular_set_signal(&quectel->world, value);
    } else if (strcmp(key, "apn") == 0) {
        expected = emu_cellular_set_apn(&quectel->world, value);
    } else {
        *handled = false;
    }
    if (*handled && !expected)
        quectel_network_changed(quectel);
    return expected;
}

struct visitor {
    void (*visit)(struct emu_link *link, void *argument);
    void *argument;
};

static void visit_one(struct quectel_conn *conn, void *visitor)
{
    ((struct visitor *)visitor)->visit(&conn->link, ((struct visitor *)visitor)->argument);
}

static void each_link(struct emu *emu, void (*visit)(struct emu_link *link, void *argument), void *argument)
{
    struct quectel *quectel = quectel_of(emu);
    quectel_conns_each(quectel, visit_one, &(struct visitor){visit, argument});
    visit(&quectel->ftp->client.control, argument);
    visit(&quectel->ftp->client.data.link, argument);
}

static bool lose_context(struct emu *emu)
{
    for (int context = 1; context < QUECTEL_CONTEXTS; context++)
        if (quectel_pdp_drop(quectel_of(emu), context))
            return true;
    return false;
}

static const char *const other_urcs[] = {"+CREG: 1",        "+QIND: PB DONE", "RING",      "+CTZV: \"+08\"",
                                         "+CMTI: \"SM\",3", "+QUNHEARD: 1,2", "+CEREG: 5", NULL};

static void print_stats(struct emu *emu, char *text, size_t size)
{
    struct quectel *quectel = quectel_of(emu);
    snprintf(text, size, " open_sockets=%zu ftp_state=%d", quectel_conns_open(quectel),
             (int)quectel->ftp->state);
}

/* SSL note 1.4: one second of silence around +++. */
#define LINE                                                                                                 \
    {                                                                                                        \
        .end = '\r', .ignored = '\n', .echo_end = "\r", .max_length = EMU_LINE_MAX,                          \
        .overlong = {.outcome = EMU_RESULT_ERROR}, .guard = 1000000000                                       \
    }

static const char control_usage[] =
    "pdp drop CID; stall ID on|off; ftp drop control|data|pdp [BYTES]; "
    "ftp stall on|off|BYTES; ftp reboot BYTES; ftp hangup BYTES; ftp delay MS; "
    "ftp timeout MS; ftp clear";

#define QUECTEL_MODULE(named, its_model)                                                                     \
    {                                                                                                        \
        .name = named, .dialect = "quectel", .line = LINE, .grammar = &emu_v250_grammar,                     \
        .quirks = quectel_quirks, .habits = quectel_habits, .tables = tables, .model = &(its_model),         \
        .create = create, .destroy = destroy, .power_off = power_off, .boot = boot, .pump = pump,            \
        .control = control, .set = set, .print_stats = print_stats, .prompt = prompt,                        \
        .cme_text = quectel_cme_text, .cme_as_text = cme_as_text, .final = emu_v250_final,                   \
        .set_usage = "sim|registration|signal|apn", .control_usage = control_usage,                          \
        .other_urcs = other_urcs, .each_link = each_link, .lose_context = lose_context,                      \
        .weaken = quectel_ssl_weaken,                                                                        \
    }

const struct emu_module quectel_ec200u = QUECTEL_MODULE("EC200U", ec200u);
const struct emu_module quectel_ec200a = QUECTEL_MODULE("EC200A", ec200a);
