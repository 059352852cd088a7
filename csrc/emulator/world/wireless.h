/* The world outside a Wi-Fi module: the access point that is in the air. */
#ifndef EMU_WORLD_WIRELESS_H
#define EMU_WORLD_WIRELESS_H

#include <stdbool.h>

enum {
    EMU_SSID_MAX = 32,
    EMU_WIFI_PASSWORD_MAX = 63,
};

struct emu_wireless {
    char ssid[EMU_SSID_MAX + 1]; /* "": whichever is asked for */
    char password[EMU_WIFI_PASSWORD_MAX + 1];
    bool protected;    /* only that password will do */
    bool out_of_range; /* out of reach */
};

/* Reads SSID[,PASSWORD]; NULL when it was understood, else what would have been. */
const char *emu_wireless_set_ap(struct emu_wireless *wireless, const char *text);

#endif
