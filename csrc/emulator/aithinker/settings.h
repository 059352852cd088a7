/* Settings that an Ai-Thinker module keeps across a reset, in a file in flash. */
#ifndef EMU_AITHINKER_SETTINGS_H
#define EMU_AITHINKER_SETTINGS_H

#include "emulator/world/wireless.h"

#include <stdbool.h>

struct aithinker;

enum {
    AITHINKER_HOST_MAX = 127
};

/* AT+SOCKETAUTOTT. Type 0 means off. */
struct aithinker_target {
    unsigned type;
    char host[AITHINKER_HOST_MAX + 1]; /* "" if it is a server */
    unsigned port;
};

struct aithinker_settings {
    unsigned mode; /* AT+WMODE */
    unsigned events;
    bool autoconnect;
    char ssid[EMU_SSID_MAX + 1], password[EMU_WIFI_PASSWORD_MAX + 1];
    struct aithinker_target autott;
};

void aithinker_settings_load(struct aithinker *aithinker);

/* Returns false if the flash is full. */
bool aithinker_settings_save(struct aithinker *aithinker);

/* AT+RESTORE: restores the factory settings and deletes the certificates. */
void aithinker_settings_restore(struct aithinker *aithinker);

#endif
