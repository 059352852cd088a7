/* AT+QSSLCFG, SSL note 2.2.1. */
#include "emulator/interpreter/reply.h"
#include "emulator/net/tls/suites.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/quirks.h"
#include "emulator/quectel/ssl/ssl.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum key_kind {
    KEY_NUMBER,
    KEY_SUITE,
    KEY_PATH,
};

struct key {
    const char *name;
    enum key_kind kind;
    size_t offset;
    long long min, max;
    const char *ranges;
};

#define FIELD(name) #name, KEY_NUMBER, offsetof(struct quectel_ssl_context, name)
#define PATH(name)  #name, KEY_PATH, offsetof(struct quectel_ssl_context, name)

/* In the order of the note. */
static const struct key keys[] = {
    {FIELD(sslversion), 0, 4, "(0-4)"},
    {FIELD(dtls), 0, 1, "(0,1)"},
    {"ciphersuite", KEY_SUITE, offsetof(struct quectel_ssl_context, ciphersuite), 0, 0xffff, NULL},
    {FIELD(seclevel), 0, 2, "(0-2)"},
    {PATH(cacert), 0, 0, "<cacertpath>"},
    {PATH(clientcert), 0, 0, "<client_cert_path>"},
    {PATH(clientkey), 0, 0, "<client_key_path>"},
    {FIELD(sni), 0, 1, "(0,1)"},
    {FIELD(ignorelocaltime), 0, 1, "(0,1)"},
    {FIELD(negotiatetime), 10, 300, "(10-300)"},
    {FIELD(ignoreinvalidcertsign), 0, 1, "(0,1)"},
    {FIELD(ignorecertitem), 0, 1048575, "(0-1048575)"},
    {FIELD(ignoremulticertchainverify), 0, 1, "(0,1)"},
    {FIELD(session_cache), 0, 1, "(0,1)"},
    {FIELD(dtlsversion), 0, 1, "(0,1)"},
};

enum {
    KEYS = sizeof keys / sizeof *keys
};

/* Defaults: seclevel and sni 0, ignorelocaltime 1 (EG800KCNGCR07A06M04, BG96); negotiatetime 300 and all
 * suites (note). */
void quectel_ssl_contexts_init(struct quectel *quectel)
{
    for (int i = 0; i < QUECTEL_SSL_CONTEXTS; i++) {
        struct quectel_ssl_context *context = &quectel->ssl->contexts[i];
        quectel_ssl_forget_sessions(context);
        *context = (struct quectel_ssl_context){
            .sslversion = EMU_TLS_ALL,
            .ciphersuite = EMU_SUITES_ALL,
            .ignorelocaltime = 1,
            .negotiatetime = 300,
        };
    }
}

/* Settings that firmware of 2018 did not have. */
static bool is_missing(const struct emu *emu, const struct key *key)
{
    return emu_quirk(emu, QUECTEL_QUIRK_QSSLCFG_2018) &&
           (strcmp(key->name, "sni") == 0 || strcmp(key->name, "negotiatetime") == 0 ||
            strcmp(key->name, "ignorelocaltime") == 0);
}

static const struct key *find(const struct emu *emu, const char *name)
{
    for (size_t i = 0; name && i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0)
            return is_missing(emu, &keys[i]) ? NULL : &keys[i];
    return NULL;
}

static void *field(struct quectel_ssl_context *context, const struct key *key)
{
    return (char *)context + key->offset;
}

static struct emu_result show(struct emu_call *call, struct quectel_ssl_context *context,
                              const struct key *key, long long number)
{
    switch (key->kind) {
    case KEY_NUMBER:
        emu_info(call->emu, "+QSSLCFG: \"%s\",%lld,%lld", key->name, number,
                 *(long long *)field(context, key));
        break;
    case KEY_SUITE: /* "0X" in upper case, as printed by EG800K */
        emu_info(call->emu, "+QSSLCFG: \"%s\",%lld,0X%04llX", key->name, number, context->ciphersuite);
        break;
    case KEY_PATH:
        emu_info(call->emu, "+QSSLCFG: \"%s\",%lld,\"%s\"", key->name, number, (char *)field(context, key));
        break;
    }
    return emu_ok();
}

/* "0X" or "0x" and four digits, without quotes, which are an error (BG96). One suite only; the note has no
 * lists. */
static bool read_suite(const struct emu_param *param, long long *suite)
{
    if (param->quoted || param->length != 6 || param->text[0] != '0' ||
        (param->text[1] != 'x' && param->text[1] != 'X') ||
        strspn(param->text + 2, "0123456789abcdefABCDEF") != 4)
        return false;
    unsigned long code = strtoul(param->text + 2, NULL, 16);
    *suite = (long long)code;
    return emu_suite_is_known((unsigned)code);
}

static bool store_path(const struct emu_call *call, struct quectel_ssl_context *context,
                       const struct key *key)
{
    bool takes_password = quectel_of(call->emu)->model->key_password && strcmp(key->name, "clientkey") == 0;
    const char *path = emu_param_string(call, 2, QUECTEL_SSL_PATH_MAX);
    const char *password = call->count > 3 ? emu_param_string(call, 3, QUECTEL_SSL_PATH_MAX) : "";
    if (!path || !password || (call->count > 3 && !takes_password))
        return false;
    memcpy(field(context, key), path, strlen(path) + 1);
    if (takes_password)
        memcpy(context->key_password, password, strlen(password) + 1);
    return true;
}

static bool store(const struct emu_call *call, struct quectel_ssl_context *context, const struct key *key)
{
    if (key->kind == KEY_PATH)
        return call->count <= 4 && store_path(call, context, key);
    if (call->count > 3)
        return false;
    if (key->kind == KEY_SUITE)
        return read_suite(&call->params[2], &context->ciphersuite);
    return emu_param_number(call, 2, key->min, key->max, field(context, key));
}

static struct emu_result configure(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    const struct key *key = find(call->emu, emu_param_string(call, 0, 40));
    long long number;
    if (!key || !emu_param_number(call, 1, 0, QUECTEL_SSL_CONTEXTS - 1, &number))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    struct quectel_ssl_context *context = &quectel->ssl->contexts[number];
    if (call->count == 2)
        return show(call, context, key, number);
    /* Use a copy, so that a refused command changes nothing. */
    struct quectel_ssl_context changed = *context;
    if (!store(call, &changed, key))
        return quectel_fail(quectel, QUECTEL_NET_INVALID_PARAMETER);
    *context = changed;
    /* Other settings do not invalidate sessions: nothing in the note says so. Hosts that change them have
     * to disable the cache themselves. */
    if (!context->session_cache)
        quectel_ssl_forget_sessions(context);
    quectel->last_error = QUECTEL_NET_OK;
    return emu_ok();
}

static void list_suites(char *text, size_t size)
{
    size_t count, used = 0;
    const struct emu_suite *suites = emu_suites(&count);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, size - used, "0X%04X,", suites[i].code);
    snprintf(text + used, size - used, "0XFFFF");
}

static struct emu_result test(struct emu_call *call)
{
    char suites[320];
    list_suites(suites, sizeof suites);
    for (size_t i = 0; i < KEYS; i++) {
        if (is_missing(call->emu, &keys[i]))
            continue;
        if (keys[i].kind == KEY_SUITE)
            emu_info(call->emu, "+QSSLCFG: \"%s\",(0-5),(%s)", keys[i].name, suites);
        else
            emu_info(call->emu, "+QSSLCFG: \"%s\",(0-5),%s", keys[i].name, keys[i].ranges);
    }
    return emu_ok();
}

const struct emu_command quectel_ssl_config_commands[] = {
    {.name = "+QSSLCFG", .write = configure, .test = test},
    {0},
};
