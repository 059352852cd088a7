/* Transfers by AT+QFTPPUT, GET, LIST, NLST and MLSD, between the server and the serial port or a file of
 * the module. */
#ifndef EMU_QUECTEL_FTP_TRANSFER_H
#define EMU_QUECTEL_FTP_TRANSFER_H

#include "emulator/interpreter/result.h"
#include "emulator/net/ftp/client.h"

#include <stdio.h>

struct quectel;
struct emu_store;

enum quectel_ftp_phase {
    QUECTEL_FTP_NO_TRANSFER,
    QUECTEL_FTP_STARTING,       /* waiting for the server to agree */
    QUECTEL_FTP_RUNNING,        /* data is passing; over COM: the port is in data mode */
    QUECTEL_FTP_SUSPENDED,      /* download interrupted by +++; ATO resumes it */
    QUECTEL_FTP_SENDING_PIECE,  /* all data of an upload's piece was received and is being sent */
    QUECTEL_FTP_AWAITING_PIECE, /* waiting for the next piece of an upload; the command has ended */
    QUECTEL_FTP_ENDING,         /* waiting for the server's final reply */
};

struct quectel_ftp_transfer {
    enum quectel_ftp_phase phase;
    const char *command; /* "+QFTPPUT" */
    bool upload, com;
    bool online;    /* the port is in data mode for this transfer */
    bool counted;   /* `wanted` is the expected number of bytes */
    bool last;      /* this is the last piece of an upload */
    bool silent;    /* no deferred result is printed */
    uint64_t start; /* offset in the server's file */
    uint64_t done, wanted;
    uint64_t position;          /* upload in pieces: offset of the next piece */
    int error;                  /* detected here, not by the client; 0: none */
    int piece_error;            /* the upload failed between pieces: error for the next one */
    char name[256], local[128]; /* of the server's file, of the module's file */
    FILE *file;                 /* the module's file, once it is open */
    struct emu_store *store;    /* storage of the module's file */
    char chunk[4096];           /* read from the file but not sent yet */
    size_t chunk_at, chunk_length;
    struct emu_timer silence;
};

void quectel_ftp_transfer_init(struct quectel *quectel);

/* Does not print anything. */
void quectel_ftp_transfer_stop(struct quectel *quectel);

/* Events of the FTP client. */
void quectel_ftp_transfer_flowing(struct quectel *quectel);
void quectel_ftp_transfer_done(struct quectel *quectel, enum emu_ftp_failure failure, int code);

/* The PDP context is down and the client closed. */
void quectel_ftp_transfer_fail(struct quectel *quectel, int error);

/* Ends the transfer for AT+QFTPCLOSE. Returns false if that is not possible yet. */
bool quectel_ftp_transfer_abandon(struct quectel *quectel);

/* Moves data. Returns true if it has printed some. */
bool quectel_ftp_transfer_pump(struct quectel *quectel);

/* Returns whether ATO can resume it. */
bool quectel_ftp_is_suspended(const struct quectel *quectel);

/* Enters data mode for the transfer: CONNECT. */
struct emu_result quectel_ftp_go_online(struct quectel *quectel);

#endif
