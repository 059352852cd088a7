/* The emulator's reader of profiles. */
#include "emulator/profile/profile.h"

#include "emulator/module.h"
#include "emulator/profile/tokens.h"
#include "emulator/quirks.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* The modules are left out: none of them has to do with the reading. */
uint64_t emu_quirks_of_habit(const char *dialect, const char *habit)
{
    return strlen(dialect) + strlen(habit);
}

const struct emu_module *const *emu_modules(void)
{
    static const struct emu_module *const none[] = {NULL};
    return none;
}

/* What is read is made of texts that end where they say. */
static void check(const struct emu_module_profile *profile)
{
    if (!profile->dialect || !*profile->dialect)
        abort();
    for (size_t i = 0; i < profile->row_count; i++) {
        if (profile->rows[i].count < 2 || strncmp(profile->rows[i].texts[0], "AT", 2) != 0)
            abort();
        for (size_t j = 0; j < profile->rows[i].count; j++)
            if (strlen(profile->rows[i].texts[j]) > EMU_PROFILE_TEXT ||
                strpbrk(profile->rows[i].texts[j], "\r\n"))
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *text = malloc(length ? length : 1), problem[128] = "";
    memcpy(text, bytes, length);
    struct emu_module_profile *profile = emu_profile_parse(text, length, problem, sizeof problem);
    if (profile)
        check(profile);
    else if (!*problem)
        abort();
    emu_profile_free(profile);
    free(text);
    return 0;
}
