#include "emulator/quectel/network/pdp.h"

#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/network/network.h"
#include "emulator/quectel/quectel.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char v6_address[] = "2409:8D1E:1023:1B1B:18BE:A0EA:AEA9:AB47";

void quectel_pdp_init(struct quectel *quectel)
{
    struct quectel_pdp *pdp = quectel->pdp;
    *pdp = (struct quectel_pdp){0};
    for (int i = 0; i < QUECTEL_CONTEXTS; i++) {
        struct quectel_context *context = &pdp->contexts[i];
        context->type = QUECTEL_PDP_V4;
        snprintf(context->dns[0], sizeof context->dns[0], "100.121.11.10");
        snprintf(context->dns[1], sizeof context->dns[1], "100.122.11.10");
    }
    pdp->contexts[1].defined = true;
    pdp->contexts[1].bearer = quectel_is_registered(quectel); /* default bearer of LTE */
}

bool quectel_pdp_is_active(const struct quectel *quectel, long long context)
{
    return quectel->pdp->contexts[context].active;
}

bool quectel_pdp_drop(struct quectel *quectel, long long number)
{
    struct quectel_context *context = &quectel->pdp->contexts[number];
    context->bearer = false;
    if (!context->active)
        return false;
    context->active = false;
    quectel->events->context_dropped(quectel, (int)number);
    quectel_urc(quectel, "+QIURC: \"pdpdeact\",%lld", number);
    return true;
}

void quectel_pdp_drop_all(struct quectel *quectel)
{
    for (int i = 1; i < QUECTEL_CONTEXTS; i++)
        quectel_pdp_drop(quectel, i);
}

/* Returns the context given by the first parameter, or NULL if the number is invalid. */
static struct quectel_context *context_of(struct emu_call *call, long long *number)
{
    struct quectel *quectel = quectel_of(call->emu);
    if (!emu_param_number(call, 0, 1, quectel->model->last_context, number))
        return NULL;
    return &quectel->pdp->contexts[*number];
}

static void addresses(long long number, const struct quectel_context *context, char text[96])
{
    switch (context->type) {
    case QUECTEL_PDP_V4:
        snprintf(text, 96, "\"10.187.7.%lld\"", number + 7);
        break;
    case QUECTEL_PDP_V6:
        snprintf(text, 96, "\"%s\"", v6_address);
        break;
    case QUECTEL_PDP_V4V6:
        snprintf(text, 96, "\"10.187.7.%lld\",\"%s\"", number + 7, v6_address);
        break;
    }
}

/* Copies an optional string. Returns false if the parameter is not a string or too long. */
static bool copy_string(const struct emu_call *call, size_t index, char to[QUECTEL_NAME_MAX + 1])
{
    if (emu_param_absent(call, index)) {
        *to = '\0';
        return true;
    }
    const char *text = emu_param_string(call, index, QUECTEL_NAME_MAX);
    if (text)
        memcpy(to, text, strlen(text) + 1);
    return text != NULL;
}

static bool read_definition(struct emu_call *call, struct quectel_context *context)
{
    long long type, authentication = context->authentication;
    if (call->count > 6 || !emu_param_number(call, 1, 1, 3, &type) || !copy_string(call, 2, context->apn) ||
        !copy_string(call, 3, context->user) || !copy_string(call, 4, context->password) ||
        !emu_param_option(call, 5, 0, 3, &authentication))
        return false;
    context->type = (enum quectel_pdp_type)type;
    context->authentication = (int)authentication;
    context->defined = true;
    return true;
}

/* TCP/IP note: the answer starts with the type; the context is not repeated. */
static struct emu_result configure(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long number;
    struct quectel_context *context = context_of(call, &number);
    if (!context)
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    if (call->count == 1) {
        emu_info(call->emu, "+QICSGP: %d,\"%s\",\"%s\",\"%s\",%d", (int)context->type, context->apn,
                 context->user, context->password, context->authentication);
        return emu_ok();
    }
    struct quectel_context changed = *context;
    if (!read_definition(call, &changed))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    *context = changed;
    return emu_ok();
}

/* An empty name requests the default access point of the subscription, which always exists. */
static bool network_accepts(const struct quectel *quectel, const struct quectel_context *context)
{
    const char *apn = quectel->world.apn;
    return quectel_is_registered(quectel) && !quectel_is_exhausted(quectel) &&
           (!*apn || !*context->apn || strcasecmp(apn, context->apn) == 0);
}

/* Activating an active context is OK. */
static struct emu_result activate(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long number;
    struct quectel_context *context = context_of(call, &number);
    if (!context || call->count > 1)
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    if (!context->active && !network_accepts(quectel, context))
        return quectel_fail(quectel, QUECTEL_NET_PDP_OPEN_FAILED);
    context->active = context->bearer = context->defined = true;
    quectel->last_error = QUECTEL_NET_OK;
    return emu_ok();
}

static struct emu_result list_active(struct emu_call *call)
{
    const struct quectel *quectel = quectel_of(call->emu);
    for (int i = 1; i < QUECTEL_CONTEXTS; i++) {
        const struct quectel_context *context = &quectel->pdp->contexts[i];
        char text[96];
        addresses(i, context, text);
        if (context->active)
            emu_info(call->emu, "+QIACT: %d,1,%d,%s", i, (int)context->type, text);
    }
    return emu_ok();
}

/* On request of the host, connections of the context are closed with their URCs (SSL note 2.3.2), but
 * there is no "pdpdeact" URC. */
static struct emu_result deactivate(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long number;
    struct quectel_context *context = context_of(call, &number);
    if (!context || call->count > 1)
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    context->active = false;
    context->bearer = number == 1 && context->bearer;
    quectel->events->context_dropped(quectel, (int)number);
    quectel->last_error = QUECTEL_NET_OK;
    return emu_ok();
}

static struct emu_result test_configure(struct emu_call *call)
{
    emu_info(call->emu, "+QICSGP: (1-%lld),(1-3),<APN>,<username>,<password>,(0-3)",
             quectel_of(call->emu)->model->last_context);
    return emu_ok();
}

static struct emu_result test_number(struct emu_call *call)
{
    emu_info(call->emu, "%s: (1-%lld)", call->name, quectel_of(call->emu)->model->last_context);
    return emu_ok();
}

static const char *type_word(enum quectel_pdp_type type)
{
    switch (type) {
    case QUECTEL_PDP_V4:
        return "IP";
    case QUECTEL_PDP_V6:
        return "IPV6";
    case QUECTEL_PDP_V4V6:
        return "IPV4V6";
    }
    return "";
}

static bool read_type(const char *word, enum quectel_pdp_type *type)
{
    for (int i = QUECTEL_PDP_V4; i <= QUECTEL_PDP_V4V6; i++) {
        if (strcasecmp(word, type_word((enum quectel_pdp_type)i)) == 0) {
            *type = (enum quectel_pdp_type)i;
            return true;
        }
    }
    return false;
}

static struct emu_result define(struct emu_call *call)
{
    long long number;
    struct quectel_context *context = context_of(call, &number);
    if (!context)
        return emu_error();
    if (call->count == 1) {
        context->defined = false;
        return emu_ok();
    }
    struct quectel_context changed = *context;
    const char *type = emu_param_string(call, 1, 8);
    if (!type || !read_type(type, &changed.type) || !copy_string(call, 2, changed.apn))
        return emu_error();
    changed.defined = true;
    *context = changed;
    return emu_ok();
}

static struct emu_result list_defined(struct emu_call *call)
{
    const struct quectel *quectel = quectel_of(call->emu);
    for (int i = 1; i < QUECTEL_CONTEXTS; i++) {
        const struct quectel_context *context = &quectel->pdp->contexts[i];
        if (context->defined)
            emu_info(call->emu, "+CGDCONT: %d,\"%s\",\"%s\",\"\",0,0", i, type_word(context->type),
                     context->apn);
    }
    return emu_ok();
}

static struct emu_result test_define(struct emu_call *call)
{
    long long last = quectel_of(call->emu)->model->last_context;
    for (int i = QUECTEL_PDP_V4; i <= QUECTEL_PDP_V4V6; i++)
        emu_info(call->emu, "+CGDCONT: (1-%lld),\"%s\",,,(0-2),(0-4)", last,
                 type_word((enum quectel_pdp_type)i));
    return emu_ok();
}

static struct emu_result read_bearers(struct emu_call *call)
{
    const struct quectel *quectel = quectel_of(call->emu);
    for (int i = 1; i < QUECTEL_CONTEXTS; i++)
        if (quectel->pdp->contexts[i].defined)
            emu_info(call->emu, "+CGACT: %d,%d", i, quectel->pdp->contexts[i].bearer);
    return emu_ok();
}

static struct emu_result switch_bearer(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long on, number = 1;
    if (!emu_param_number(call, 0, 0, 1, &on) ||
        !emu_param_option(call, 1, 1, quectel->model->last_context, &number))
        return emu_error();
    struct quectel_context *context = &quectel->pdp->contexts[number];
    if (on && (!context->defined || !network_accepts(quectel, context)))
        return emu_cme(100); /* EG800K answers 100 if the context cannot be activated */
    if (on) {
        context->bearer = true;
        return emu_ok();
    }
    quectel_pdp_drop(quectel, number);
    return emu_ok();
}

static struct emu_result read_attachment(struct emu_call *call)
{
    emu_info(call->emu, "+CGATT: %d", quectel_is_registered(quectel_of(call->emu)));
    return emu_ok();
}

static struct emu_result attach(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long on;
    if (call->count > 1 || !emu_param_number(call, 0, 0, 1, &on))
        return emu_error();
    if (on)
        return quectel_is_registered(quectel) ? emu_ok() : emu_cme(30);
    quectel_pdp_drop_all(quectel);
    return emu_ok();
}

static void print_address(struct emu *emu, const struct quectel *quectel, long long number)
{
    const struct quectel_context *context = &quectel->pdp->contexts[number];
    char text[96];
    addresses(number, context, text);
    emu_info(emu, "+CGPADDR: %lld,%s", number, context->bearer ? text : "\"0.0.0.0\"");
}

static struct emu_result show_addresses(struct emu_call *call)
{
    const struct quectel *quectel = quectel_of(call->emu);
    long long number;
    if (call->form == EMU_WRITE) {
        const struct quectel_context *context = context_of(call, &number);
        if (!context)
            return emu_error();
        print_address(call->emu, quectel, number);
        return emu_ok();
    }
    for (number = 1; number < QUECTEL_CONTEXTS; number++)
        if (quectel->pdp->contexts[number].defined)
            print_address(call->emu, quectel, number);
    return emu_ok();
}

static bool copy_server(const struct emu_call *call, size_t index, char to[64])
{
    unsigned char binary[16];
    const char *text = emu_param_string(call, index, 63);
    if (!text || (inet_pton(AF_INET, text, binary) != 1 && inet_pton(AF_INET6, text, binary) != 1))
        return false;
    memcpy(to, text, strlen(text) + 1);
    return true;
}

/* ERROR while the context is down (BG770AGLAAR01A05). The servers are stored but not used: lookups use
 * --resolve and the host. */
static struct emu_result name_servers(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long number;
    struct quectel_context *context = context_of(call, &number);
    if (!context || call->count > 3)
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    if (!context->active)
        return quectel_fail(quectel, QUECTEL_NET_PDP_OPEN_FAILED);
    if (call->count == 1)
        emu_info(call->emu, "+QIDNSCFG: %lld,\"%s\",\"%s\"", number, context->dns[0], context->dns[1]);
    else if (!copy_server(call, 1, context->dns[0]) ||
             (call->count == 3 && !copy_server(call, 2, context->dns[1])))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    return emu_ok();
}

static struct emu_result test_name_servers(struct emu_call *call)
{
    emu_info(call->emu, "+QIDNSCFG: (1-%lld),<pridnsaddr>,<secdnsaddr>",
             quectel_of(call->emu)->model->last_context);
    return emu_ok();
}

static struct emu_result last_error(struct emu_call *call)
{
    int error = quectel_of(call->emu)->last_error;
    emu_info(call->emu, "+QIGETERROR: %d,%s", error, quectel_net_text(error));
    return emu_ok();
}

const struct emu_command quectel_pdp_commands[] = {
    {.name = "+QICSGP", .write = configure, .test = test_configure},
    {.name = "+QIACT", .write = activate, .read = list_active, .test = test_number},
    {.name = "+QIDEACT", .write = deactivate, .test = test_number},
    {.name = "+QIGETERROR", .execute = last_error, .ranges = ""},
    {.name = "+QIDNSCFG", .write = name_servers, .test = test_name_servers},
    {.name = "+CGDCONT", .write = define, .read = list_defined, .test = test_define},
    {.name = "+CGACT", .write = switch_bearer, .read = read_bearers, .ranges = "(0,1)"},
    {.name = "+CGATT", .write = attach, .read = read_attachment, .ranges = "(0,1)"},
    {.name = "+CGPADDR", .write = show_addresses, .execute = show_addresses, .ranges = "(1)"},
    {0},
};
