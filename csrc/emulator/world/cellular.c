#include "emulator/world/cellular.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *emu_cellular_set_sim(struct emu_cellular *cellular, const char *text)
{
    if (strcmp(text, "ready") == 0) {
        cellular->sim = EMU_SIM_READY;
    } else if (strcmp(text, "absent") == 0) {
        cellular->sim = EMU_SIM_ABSENT;
    } else if (strcmp(text, "puk") == 0) {
        cellular->sim = EMU_SIM_PUK;
    } else if (strncmp(text, "pin:", 4) == 0) {
        size_t digits = strspn(text + 4, "0123456789");
        if (digits < 4 || digits > 8 || text[4 + digits])
            return "pin: and a PIN of 4 to 8 digits";
        cellular->sim = EMU_SIM_PIN;
        snprintf(cellular->pin, sizeof cellular->pin, "%s", text + 4);
    } else {
        return "ready, absent, puk or pin: and a PIN";
    }
    return NULL;
}

const char *emu_cellular_set_registration(struct emu_cellular *cellular, const char *text)
{
    static const struct {
        const char *word;
        enum emu_registration registration;
    } known[] = {
        {"home", EMU_REGISTRATION_HOME},           {"roaming", EMU_REGISTRATION_ROAMING},
        {"searching", EMU_REGISTRATION_SEARCHING}, {"denied", EMU_REGISTRATION_DENIED},
        {"none", EMU_REGISTRATION_NONE},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(text, known[i].word) == 0) {
            cellular->registration = known[i].registration;
            return NULL;
        }
    }
    return "home, roaming, searching, denied or none";
}

const char *emu_cellular_set_signal(struct emu_cellular *cellular, const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || (value > 31 && value != 99))
        return "0 to 31, or 99 if unknown";
    cellular->signal = (unsigned)value;
    return NULL;
}

const char *emu_cellular_set_apn(struct emu_cellular *cellular, const char *text)
{
    if (strlen(text) > EMU_APN_MAX)
        return "a name of at most 63 characters";
    snprintf(cellular->apn, sizeof cellular->apn, "%s", text);
    return NULL;
}
