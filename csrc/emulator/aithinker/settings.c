#include "emulator/aithinker/settings.h"

#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/certificates.h"
#include "emulator/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char file_name[] = "settings";

static const struct aithinker_settings factory = {.events = 0xffffffff};

/* Returns the value if the line sets the given name, else NULL. */
static const char *value_of(const char *line, const char *name)
{
    size_t length = strlen(name);
    return strncmp(line, name, length) == 0 && line[length] == '=' ? line + length + 1 : NULL;
}

static void read_text(const char *line, const char *name, char *to, size_t size)
{
    const char *value = value_of(line, name);
    if (value && strlen(value) < size)
        memcpy(to, value, strlen(value) + 1);
}

static void read_number(const char *line, const char *name, unsigned *to)
{
    const char *value = value_of(line, name);
    if (value)
        *to = (unsigned)strtoul(value, NULL, 10);
}

static void read_line(struct aithinker_settings *settings, const char *line)
{
    unsigned autoconnect = settings->autoconnect;
    read_number(line, "mode", &settings->mode);
    read_number(line, "events", &settings->events);
    read_number(line, "autoconnect", &autoconnect);
    read_text(line, "ssid", settings->ssid, sizeof settings->ssid);
    read_text(line, "password", settings->password, sizeof settings->password);
    read_number(line, "autott.type", &settings->autott.type);
    read_text(line, "autott.host", settings->autott.host, sizeof settings->autott.host);
    read_number(line, "autott.port", &settings->autott.port);
    settings->autoconnect = autoconnect != 0;
}

void aithinker_settings_load(struct aithinker *aithinker)
{
    *aithinker->settings = factory;
    FILE *file = emu_store_open_file(&aithinker->emu->store, file_name, EMU_STORE_READ);
    char line[256];
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        read_line(aithinker->settings, line);
    }
    if (file)
        fclose(file);
}

bool aithinker_settings_save(struct aithinker *aithinker)
{
    const struct aithinker_settings *settings = aithinker->settings;
    struct emu_store *store = &aithinker->emu->store;
    FILE *file = emu_store_open_file(store, file_name, EMU_STORE_TRUNCATE);
    if (!file)
        return false;
    char *text =
        emu_text("mode=%u\nevents=%u\nautoconnect=%d\nssid=%s\npassword=%s\nautott.type=%u\n"
                 "autott.host=%s\nautott.port=%u\n",
                 settings->mode, settings->events, settings->autoconnect, settings->ssid, settings->password,
                 settings->autott.type, settings->autott.host, settings->autott.port);
    size_t length = strlen(text);
    bool saved = emu_store_write(store, file, text, length) == length;
    free(text);
    return fclose(file) == 0 && saved;
}

void aithinker_settings_restore(struct aithinker *aithinker)
{
    *aithinker->settings = factory;
    emu_store_delete(&aithinker->emu->store, file_name);
    aithinker_certificates_clear(aithinker);
}
