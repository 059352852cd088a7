/* Recorded behaviour of particular firmware that differs from the notes, enabled by --quirks. */
#ifndef EMU_QUIRKS_H
#define EMU_QUIRKS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Bit numbers in emu->quirks. The first ones apply to any module; each vendor has a range of its own. */
enum emu_quirk {
    EMU_QUIRK_FIRST_COMMAND_LOST,
    EMU_QUIRK_INFO_WITHOUT_BLANK_LINE,
    EMU_QUIRK_NO_SPACE_AFTER_COLON,
    EMU_QUIRK_MBEDTLS_LIMITS,
    EMU_QUIRKS_QUECTEL = 8,
    EMU_QUIRKS_AITHINKER = 32,
};

/* Lists of quirks are terminated by an entry without a name. */
struct emu_quirk_entry {
    const char *name;
    uint64_t flags; /* one bit, or several for an entry that stands for a firmware as a whole */
    const char *description, *source;
};

/* What a profile calls a quirk that can be seen. Lists are terminated by an entry without a habit. */
struct emu_quirk_habit {
    const char *habit; /* "urc_port=usbat" */
    unsigned bit;
};

/* Adds the quirks of a comma-separated list. Returns NULL, or the first unknown name. */
const char *emu_quirks_parse(const char *names, uint64_t *quirks);

/* The name that an unknown one, up to its end or a comma, is nearest to; NULL: none is near. */
const char *emu_quirks_nearest(const char *name);

/* The quirk that a habit is of modules with this dialect: "urc_port=usbat"; 0: none. */
uint64_t emu_quirks_of_habit(const char *dialect, const char *habit);

/* Prints the quirks of all modules, one per line: name, description, source. */
void emu_quirks_list(FILE *file);

#endif
