/* The environment of a Wi-Fi module: the only access point in range. */
#ifndef EMU_WORLD_WIRELESS_H
#define EMU_WORLD_WIRELESS_H

#include <stdbool.h>

enum {
    EMU_SSID_MAX = 32,
    EMU_WIFI_PASSWORD_MAX = 63,
};

struct emu_wireless {
    char ssid[EMU_SSID_MAX + 1]; /* "": matches any name */
    char password[EMU_WIFI_PASSWORD_MAX + 1];
    bool protected;    /* requires the password */
    bool out_of_range; /* out of range */
};

/* Reads SSID[,PASSWORD]. Returns NULL on success, else a description of the valid format. */
const char *emu_wireless_set_ap(struct emu_wireless *wireless, const char *text);

#endif
