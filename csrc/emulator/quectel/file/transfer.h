/* File contents through the port: AT+QFUPL, QFDWL, QFREAD and QFWRITE. One at a time, the port is in data
 * mode. */
#ifndef EMU_QUECTEL_FILE_TRANSFER_H
#define EMU_QUECTEL_FILE_TRANSFER_H

#include "emulator/loop.h"

#include <stdio.h>

struct quectel;
struct emu_store;

/* The checksum of QFUPL and QFDWL: XOR of the file's 16-bit big-endian words; a last odd byte is the high
 * one. Verified against what EC25, BG95, BG96 and EG800K answered for known files. */
struct quectel_checksum {
    unsigned sum;
    bool odd;
};

void quectel_checksum_add(struct quectel_checksum *checksum, const char *bytes, size_t length);

enum quectel_transfer_kind {
    QUECTEL_TRANSFER_NONE,
    QUECTEL_TRANSFER_UPLOAD,
    QUECTEL_TRANSFER_WRITE,
    QUECTEL_TRANSFER_DOWNLOAD,
    QUECTEL_TRANSFER_READ,
};

struct quectel_transfer {
    enum quectel_transfer_kind kind;
    struct emu_store *store;
    FILE *file; /* UPLOAD, DOWNLOAD: owned; else an open file's */
    uint64_t done, wanted;
    bool full; /* the flash took no more: the rest is swallowed */
    bool acknowledge;
    struct quectel_checksum checksum;
    emu_time silence_limit;
    struct emu_timer silence;
};

void quectel_transfer_init(struct quectel *quectel);

/* Power was lost: what was written stays. */
void quectel_transfer_stop(struct quectel *quectel);

/* See emu_module's pump. */
bool quectel_transfer_pump(struct quectel *quectel);

#endif
