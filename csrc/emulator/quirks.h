/* Recorded habits of named firmware that differ from the notes; off unless --quirks names them. */
#ifndef EMU_QUIRKS_H
#define EMU_QUIRKS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Bits of emu->quirks: those of this enumeration, which any module may have, then those of each vendor. */
enum emu_quirk {
    EMU_QUIRK_FIRST_COMMAND_LOST,
    EMU_QUIRK_INFO_WITHOUT_BLANK_LINE,
    EMU_QUIRK_NO_SPACE_AFTER_COLON,
    EMU_QUIRKS_QUECTEL = 8,
    EMU_QUIRKS_AITHINKER = 32,
};

/* In the lists of quirks, which end with an entry without name. */
struct emu_quirk_entry {
    const char *name;
    uint64_t flags; /* one bit, or several for an entry that names a firmware as a whole */
    const char *description, *source;
};

/* Adds the quirks of a comma-separated list; returns the name that is not known, or NULL. */
const char *emu_quirks_parse(const char *names, uint64_t *quirks);

/* Those of every module. One line a quirk: name, what it does, where it was seen. */
void emu_quirks_list(FILE *file);

#endif
