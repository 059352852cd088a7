#include "emulator/world/cellular.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    enum emu_sim sim;
} sim_words[] = {
    {"ready", EMU_SIM_READY},
    {"absent", EMU_SIM_ABSENT},
    {"puk", EMU_SIM_PUK},
    {"pin2", EMU_SIM_PIN2},
    {"puk2", EMU_SIM_PUK2},
    {"ph-sim", EMU_SIM_LOCKED_TO_CARD},
    {"ph-net", EMU_SIM_LOCKED_TO_OPERATOR},
    {"busy", EMU_SIM_BUSY},
    {"not-ready", EMU_SIM_NOT_READY},
    {"failed", EMU_SIM_FAILED},
};

static const char *set_pin(struct emu_cellular *cellular, const char *pin)
{
    size_t digits = strspn(pin, "0123456789");
    if (digits < 4 || digits > 8 || pin[digits])
        return "pin: and a PIN of 4 to 8 digits";
    cellular->sim = EMU_SIM_PIN;
    snprintf(cellular->pin, sizeof cellular->pin, "%s", pin);
    return NULL;
}

const char *emu_cellular_set_sim(struct emu_cellular *cellular, const char *text)
{
    if (strncmp(text, "pin:", 4) == 0)
        return set_pin(cellular, text + 4);
    for (size_t i = 0; i < sizeof sim_words / sizeof *sim_words; i++) {
        if (strcmp(sim_words[i].word, text) == 0) {
            cellular->sim = sim_words[i].sim;
            return NULL;
        }
    }
    return "ready, absent, puk, pin2, puk2, ph-sim, ph-net, busy, not-ready, failed or pin: and a PIN";
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
