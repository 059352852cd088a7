#include "emulator/aithinker/certificates.h"

#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/responses.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/interpreter/reply.h"
#include "emulator/net/tls/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CA = 1,
    CERTIFICATE = 2,
    KEY = 3,
};

static const char *const names[] = {[CA] = "ca.pem", [CERTIFICATE] = "client.pem", [KEY] = "client.key"};

static bool is_set(const struct aithinker *aithinker, int type)
{
    uint64_t size;
    return emu_store_size(&aithinker->emu->store, names[type], &size) && size > 0;
}

void aithinker_certificates_clear(struct aithinker *aithinker)
{
    for (int type = CA; type <= KEY; type++)
        emu_store_delete(&aithinker->emu->store, names[type]);
}

static bool store(struct aithinker *aithinker, int type, const char *bytes, size_t length)
{
    struct emu_store *flash = &aithinker->emu->store;
    FILE *file = emu_store_open_file(flash, names[type], EMU_STORE_TRUNCATE);
    bool stored = file && emu_store_write(flash, file, bytes, length) == length;
    if (file)
        fclose(file);
    return stored;
}

static size_t consume(void *owner, const char *bytes, size_t length)
{
    struct aithinker *aithinker = owner;
    struct aithinker_certificates *coming = aithinker->certificates;
    size_t used = coming->wanted - coming->length;
    used = used < length ? used : length;
    memcpy(coming->bytes + coming->length, bytes, used);
    coming->length += used;
    if (coming->length == coming->wanted) {
        emu_mode_leave_data(aithinker->emu);
        bool stored = store(aithinker, coming->type, coming->bytes, coming->length);
        emu_finish(aithinker->emu, stored ? emu_ok() : aithinker_fail(AITHINKER_FLASH));
    }
    return used;
}

static struct emu_result begin(struct aithinker *aithinker, int type, size_t length)
{
    if (length == 0) {
        emu_store_delete(&aithinker->emu->store, names[type]);
        return emu_ok();
    }
    aithinker->certificates->type = type;
    aithinker->certificates->wanted = length;
    aithinker->certificates->length = 0;
    emu_prompt(aithinker->emu);
    emu_mode_enter_data(aithinker->emu, &(struct emu_data_mode){.consume = consume, .owner = aithinker});
    return emu_pending();
}

static struct emu_result show(struct aithinker *aithinker, int type)
{
    char bytes[AITHINKER_CERTIFICATE_MAX], head[48];
    FILE *file = emu_store_open_file(&aithinker->emu->store, names[type], EMU_STORE_READ);
    size_t length = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    int used = snprintf(head, sizeof head, "\r\n+SSLCRET:%d,%zu,", type, length);
    emu_output_put(&aithinker->emu->uart.output, head, (size_t)used);
    emu_raw(aithinker->emu, bytes, length);
    return emu_ok();
}

static struct emu_result set_or_show(struct emu_call *call)
{
    struct aithinker *aithinker = aithinker_of(call->emu);
    long long type, length;
    if (call->count > 2 || !emu_param_number(call, 0, CA, KEY, &type))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    if (call->count == 1)
        return show(aithinker, (int)type);
    if (!emu_param_number(call, 1, 0, INT32_MAX, &length))
        return aithinker_fail(AITHINKER_BAD_VALUE);
    if (length > AITHINKER_CERTIFICATE_MAX)
        return aithinker_fail(AITHINKER_TOO_LONG);
    return begin(aithinker, (int)type, (size_t)length);
}

/* Returns the host path of the file in a slot, or NULL if the slot is empty. */
static char *path(const struct aithinker *aithinker, int type)
{
    return is_set(aithinker, type) ? emu_store_path(&aithinker->emu->store, names[type]) : NULL;
}

static struct emu_tls *make(struct aithinker *aithinker, bool server, const char *host)
{
    char *ca = path(aithinker, CA), *certificate = path(aithinker, CERTIFICATE), *key = path(aithinker, KEY);
    const struct emu_tls_settings settings = {
        .version = EMU_TLS_ALL,
        .suite = EMU_SUITES_ALL,
        .server = server,
        .host = host,
        .sni = !server,
        .verify = !server && aithinker_tls_verifies(aithinker),
        .authenticate = true,
        .ca = ca,
        .certificate = certificate,
        .key = key,
        .ignore_time = true, /* the module has no clock */
        .limited = emu_quirk(aithinker->emu, EMU_QUIRK_MBEDTLS_LIMITS),
    };
    struct emu_tls *tls = emu_tls_new(&settings);
    free(ca);
    free(certificate);
    free(key);
    return tls;
}

bool aithinker_tls_verifies(const struct aithinker *aithinker)
{
    return is_set(aithinker, CA) && !emu_quirk(aithinker->emu, AITHINKER_QUIRK_CA_UNCHECKED);
}

struct emu_tls *aithinker_tls_client(struct aithinker *aithinker, const char *host)
{
    return make(aithinker, false, host);
}

struct emu_tls *aithinker_tls_server(struct aithinker *aithinker)
{
    return make(aithinker, true, NULL);
}

const struct emu_command aithinker_certificate_commands[] = {
    {.name = "+SSLCRET", .write = set_or_show},
    {0},
};
