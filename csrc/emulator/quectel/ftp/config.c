/* AT+QFTPCFG, FTP note 2.1. */
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/ftp/ftp.h"
#include "emulator/quectel/quectel.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

struct key {
    const char *name, *note_name; /* as printed by modules; as spelt in the note, if different */
    size_t offset;
    long long min, max, default_value;
};

#define KEY(field) offsetof(struct quectel_ftp_settings, field)

/* In the order of EG25GGBR07A08M2G's answer to the test command. The note does not mark the default of
 * transmode. */
static const struct key keys[] = {
    {"filetype", NULL, KEY(filetype), 0, 1, 0},
    {"transmode", NULL, KEY(transmode), 0, 1, 1},
    {"contextid", NULL, KEY(contextid), 1, 15, 1},
    {"rsptimeout", NULL, KEY(rsptimeout), 20, 180, 90},
    {"ssltype", NULL, KEY(ssltype), 0, 2, 0},
    {"sslctxid", "SSL_ctxID", KEY(sslctxid), 0, 5, 0},
    {"data_address", NULL, KEY(data_address), 0, 2, 0},
    {"restenable", NULL, KEY(restenable), 0, 1, 0},
    {"cache", NULL, KEY(cache), 0, 2, 0},
};

enum {
    KEYS = sizeof keys / sizeof *keys,
    DATA_TIMEOUT_LEAST = 15,
    DATA_TIMEOUT_MOST = 50,
    DATA_TIMEOUT_STANDARD = 25,
};

static long long *value_of(struct quectel_ftp_settings *settings, const struct key *key)
{
    return (long long *)(void *)((char *)settings + key->offset);
}

void quectel_ftp_settings_init(struct quectel_ftp_settings *settings)
{
    *settings = (struct quectel_ftp_settings){.data_timeout = DATA_TIMEOUT_STANDARD};
    for (int i = 0; i < KEYS; i++)
        *value_of(settings, &keys[i]) = keys[i].default_value;
}

static const struct key *find_key(const char *name)
{
    for (int i = 0; i < KEYS; i++)
        if (strcasecmp(keys[i].name, name) == 0 ||
            (keys[i].note_name && strcasecmp(keys[i].note_name, name) == 0))
            return &keys[i];
    return NULL;
}

static void show_account(struct emu *emu, const struct quectel_ftp_settings *settings)
{
    char password[QUECTEL_FTP_TEXT_MAX + 1];
    size_t length = strlen(settings->password);
    memcpy(password, settings->password, length + 1);
    if (emu_quirk(emu, QUECTEL_QUIRK_FTP_PASSWORD_MASKED))
        memset(password, '*', length);
    emu_info(emu, "+QFTPCFG: \"account\",\"%s\",\"%s\"", settings->user, password);
}

static struct emu_result account(struct emu_call *call, struct quectel_ftp_settings *settings)
{
    if (call->count == 1) {
        show_account(call->emu, settings);
        return emu_ok();
    }
    const char *user = emu_param_string(call, 1, QUECTEL_FTP_TEXT_MAX);
    const char *password = emu_param_string(call, 2, QUECTEL_FTP_TEXT_MAX);
    if (!user || !password || call->count > 3)
        return emu_error();
    memcpy(settings->user, user, strlen(user) + 1);
    memcpy(settings->password, password, strlen(password) + 1);
    return emu_ok();
}

static struct emu_result show(struct emu_call *call, struct quectel_ftp_settings *settings,
                              const struct key *key)
{
    long long value = *value_of(settings, key);
    if (key->offset == KEY(data_address) && value == 2)
        emu_info(call->emu, "+QFTPCFG: \"%s\",%lld,%lld", key->name, value, settings->data_timeout);
    else
        emu_info(call->emu, "+QFTPCFG: \"%s\",%lld", key->name, value);
    return emu_ok();
}

static struct emu_result configure(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    struct quectel_ftp_settings *settings = &quectel->ftp->settings;
    const char *name = emu_param_string(call, 0, 32);
    if (name && strcasecmp(name, "account") == 0)
        return account(call, settings);
    const struct key *key = name ? find_key(name) : NULL;
    if (!key)
        return emu_error();
    if (call->count == 1)
        return show(call, settings, key);
    bool timed = key->offset == KEY(data_address);
    long long value, seconds = settings->data_timeout;
    if (call->count > (timed ? 3U : 2U) || !emu_param_number(call, 1, key->min, key->max, &value) ||
        !emu_param_option(call, 2, DATA_TIMEOUT_LEAST, DATA_TIMEOUT_MOST, &seconds))
        return emu_error();
    *value_of(settings, key) = value;
    settings->data_timeout = seconds;
    return emu_ok();
}

static struct emu_result test(struct emu_call *call)
{
    emu_info(call->emu, "+QFTPCFG: \"account\",<username>,<password>");
    for (int i = 0; i < KEYS; i++) {
        const struct key *key = &keys[i];
        if (key->offset == KEY(data_address))
            emu_info(call->emu, "+QFTPCFG: \"%s\",(0-2),(%d-%d)", key->name, DATA_TIMEOUT_LEAST,
                     DATA_TIMEOUT_MOST);
        else
            emu_info(call->emu, "+QFTPCFG: \"%s\",(%lld%c%lld)", key->name, key->min,
                     key->max - key->min == 1 ? ',' : '-', key->max);
    }
    return emu_ok();
}

const struct emu_command quectel_ftp_config_commands[] = {
    {.name = "+QFTPCFG", .write = configure, .test = test},
    {0},
};
