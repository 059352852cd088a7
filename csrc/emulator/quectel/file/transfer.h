/* File contents over the serial port: AT+QFUPL, QFDWL, QFREAD and QFWRITE. There is one transfer at a
 * time, during which the port is in data mode. */
#ifndef EMU_QUECTEL_FILE_TRANSFER_H
#define EMU_QUECTEL_FILE_TRANSFER_H

#include "emulator/loop.h"

#include <stdio.h>

struct quectel;
struct emu_store;

/* The checksum of QFUPL and QFDWL: XOR of the file's 16-bit big-endian words. An odd last byte is the high
 * byte of its word. Verified against the answers of EC25, BG95, BG96 and EG800K for known files. */
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
    FILE *file; /* UPLOAD, DOWNLOAD: owned; otherwise that of an open file */
    uint64_t done, wanted;
    bool full; /* the flash is full: further data is discarded */
    bool acknowledge;
    struct quectel_checksum checksum;
    emu_time silence_limit;
    struct emu_timer silence;
};

void quectel_transfer_init(struct quectel *quectel);

/* Power was lost. Data written so far is kept. */
void quectel_transfer_stop(struct quectel *quectel);

/* See the `pump` member of emu_module. */
bool quectel_transfer_pump(struct quectel *quectel);

#endif
