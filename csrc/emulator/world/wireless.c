#include "emulator/world/wireless.h"

#include <stdio.h>
#include <string.h>

const char *emu_wireless_set_ap(struct emu_wireless *wireless, const char *text)
{
    size_t length = strcspn(text, ",");
    const char *password = text[length] ? text + length + 1 : "";
    if (length > EMU_SSID_MAX || strlen(password) > EMU_WIFI_PASSWORD_MAX)
        return "SSID[,PASSWORD] of at most 32 and 63 characters";
    snprintf(wireless->ssid, sizeof wireless->ssid, "%.*s", (int)length, text);
    snprintf(wireless->password, sizeof wireless->password, "%s", password);
    wireless->protected = text[length] != '\0';
    return NULL;
}
