#include "emulator/quirks.h"

#include "emulator/module.h"
#include "emulator/nearest.h"

#include <string.h>

#define BIT(name) (UINT64_C(1) << EMU_QUIRK_##name)

static const struct emu_quirk_entry quirks[] = {
    {"first-command-lost", BIT(FIRST_COMMAND_LOST),
     "the first command line after power-up and every boot gets no answer", "BG96MAR02A07M1G"},
    {"info-without-blank-line", BIT(INFO_WITHOUT_BLANK_LINE),
     "no blank line between an information response and the result code", "BG770AGLAAR01A05, +QMTOPEN"},
    {"no-space-after-colon", BIT(NO_SPACE_AFTER_COLON), "\"+NAME:value\" instead of \"+NAME: value\"",
     "FTP and SSL notes' own examples"},
    {"mbedtls-limits", BIT(MBEDTLS_LIMITS),
     "TLS refuses certificate chains with more than 8 intermediates or 16384 bytes, and keys other than RSA "
     "and ECDSA",
     "defaults of mbedTLS, which these modules contain; the notes are silent"},
    {0},
};

static const struct emu_quirk_habit habits[] = {
    {"blank_line_before_result=false", EMU_QUIRK_INFO_WITHOUT_BLANK_LINE},
    {"space_after_colon=false", EMU_QUIRK_NO_SPACE_AFTER_COLON},
    {0},
};

static const struct emu_quirk_entry *find_in(const struct emu_quirk_entry *list, const char *name,
                                             size_t length)
{
    for (; list && list->name; list++)
        if (strlen(list->name) == length && strncmp(list->name, name, length) == 0)
            return list;
    return NULL;
}

static const struct emu_quirk_entry *find(const char *name, size_t length)
{
    const struct emu_quirk_entry *found = find_in(quirks, name, length);
    for (const struct emu_module *const *module = emu_modules(); !found && *module; module++)
        found = find_in((*module)->quirks, name, length);
    return found;
}

const char *emu_quirks_parse(const char *names, uint64_t *flags)
{
    while (*names) {
        size_t length = strcspn(names, ",");
        const struct emu_quirk_entry *quirk = find(names, length);
        if (!quirk)
            return names;
        *flags |= quirk->flags;
        names += length;
        if (*names == ',')
            names++;
    }
    return NULL;
}

/* The quirk of that number, over all lists. */
static const char *name_at(size_t index)
{
    const struct emu_quirk_entry *entry = quirks;
    const struct emu_module *const *module = emu_modules();
    while (index > 0 || !entry->name) {
        if (entry->name) {
            entry++;
            index--;
            continue;
        }
        do {
            if (!*module)
                return NULL;
            entry = (*module++)->quirks;
        } while (!entry);
    }
    return entry->name;
}

const char *emu_quirks_nearest(const char *name)
{
    return emu_nearest(name, strcspn(name, ","), name_at);
}

static uint64_t of_habit(const struct emu_quirk_habit *list, const char *habit)
{
    for (; list && list->habit; list++)
        if (strcmp(list->habit, habit) == 0)
            return UINT64_C(1) << list->bit;
    return 0;
}

uint64_t emu_quirks_of_habit(const char *dialect, const char *habit)
{
    uint64_t flags = of_habit(habits, habit);
    for (const struct emu_module *const *module = emu_modules(); *module; module++)
        if (strcmp((*module)->dialect, dialect) == 0)
            flags |= of_habit((*module)->habits, habit);
    return flags;
}

static void list(FILE *file, const struct emu_quirk_entry *quirk)
{
    for (; quirk && quirk->name; quirk++)
        fprintf(file, "%-24s %s (%s)\n", quirk->name, quirk->description, quirk->source);
}

void emu_quirks_list(FILE *file)
{
    list(file, quirks);
    const struct emu_quirk_entry *listed = NULL;
    for (const struct emu_module *const *module = emu_modules(); *module; module++) {
        if ((*module)->quirks != listed)
            list(file, (*module)->quirks);
        listed = (*module)->quirks;
    }
}
