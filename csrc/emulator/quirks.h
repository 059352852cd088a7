/* Recorded habits of named firmware that differ from the notes; off unless --quirks names them. */
#ifndef EMU_QUIRKS_H
#define EMU_QUIRKS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct emu;

enum emu_quirk {
    EMU_QUIRK_EG800K_566 = 1 << 0,
    EMU_QUIRK_EG800K_552 = 1 << 1,
    EMU_QUIRK_PUSH_CRLF = 1 << 2,
    EMU_QUIRK_LATE_URC_BEFORE_RECV = 1 << 3,
    EMU_QUIRK_URCPORT_ELSEWHERE = 1 << 4,
    EMU_QUIRK_CME_TEXT_MIXED = 1 << 5,
    EMU_QUIRK_QFUPL_EXISTS_TEXT = 1 << 6,
    EMU_QUIRK_FIRST_COMMAND_LOST = 1 << 7,
    EMU_QUIRK_SMS_DONE_ORDER = 1 << 8,
    EMU_QUIRK_FORMATCFG_PROMPT = 1 << 9,
    EMU_QUIRK_INFO_WITHOUT_BLANK_LINE = 1 << 10,
    EMU_QUIRK_CLOSED_BEFORE_DRAINED = 1 << 11,
    EMU_QUIRK_RECV_ANNOUNCES_MORE = 1 << 12,
    EMU_QUIRK_NO_SPACE_AFTER_COLON = 1 << 13,
    EMU_QUIRK_FTP_PWD_BARE = 1 << 14,
    EMU_QUIRK_FTP_STAT_BEFORE_OK = 1 << 15,
    EMU_QUIRK_FTP_SPACE_AFTER_COMMA = 1 << 16,
    EMU_QUIRK_FTP_PASSWORD_MASKED = 1 << 17,
    EMU_QUIRK_FTP_615_POISONS = 1 << 18,
    EMU_QUIRK_FTP_ESCAPE_ABORTS = 1 << 19,
    EMU_QUIRK_FTP_EOF_550 = 1 << 20,
    EMU_QUIRK_FTP_PUT_609 = 1 << 21,
    EMU_QUIRK_FTP_REFUSED_LATER = 1 << 22,
    EMU_QUIRK_FTP_NO_CARRIER = 1 << 23,
};

/* In the lists of quirks, which end with an entry without name. */
struct emu_quirk_entry {
    const char *name;
    uint64_t flags; /* an enum emu_quirk, or what a vendor has made of the upper 32 bits */
    const char *description, *source;
};

bool emu_quirk(const struct emu *emu, enum emu_quirk quirk);

/* Adds the quirks of a comma-separated list; returns the name that is not known, or NULL. */
const char *emu_quirks_parse(const char *names, uint64_t *quirks);

/* Those of every module. One line a quirk: name, what it does, where it was seen. */
void emu_quirks_list(FILE *file);

#endif
