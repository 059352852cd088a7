/* As much Wi-Fi as is needed to get online. */
#ifndef EMU_AITHINKER_WIFI_H
#define EMU_AITHINKER_WIFI_H

#include "emulator/aithinker/settings.h"
#include "emulator/loop.h"

struct aithinker_wifi {
    unsigned mode; /* AT+WMODE: 0 off, 1 station, 2 access point, 3 both */
    char ssid[EMU_SSID_MAX + 1], password[EMU_WIFI_PASSWORD_MAX + 1];
    bool command_waits; /* AT+WJAP or AT+WSCAN */
    bool autott_due;    /* to be carried out once online */
    struct emu_timer timer, scan;
    char ap_ssid[EMU_SSID_MAX + 1], ap_password[EMU_WIFI_PASSWORD_MAX + 1]; /* AT+WAP */
    unsigned ap_channel;
};

/* The module has started. Joins automatically if AT+WAUTOCONN is set. */
void aithinker_wifi_start(struct aithinker *aithinker);
void aithinker_wifi_stop(struct aithinker *aithinker);

/* The access point disappeared, reappeared or was replaced. */
void aithinker_wifi_changed(struct aithinker *aithinker);

#endif
