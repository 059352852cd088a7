/* What AT+QFTPPUT, GET, LIST, NLST and MLSD carry: between the server and the port or a file of the module.
 */
#ifndef EMU_QUECTEL_FTP_TRANSFER_H
#define EMU_QUECTEL_FTP_TRANSFER_H

#include "emulator/interpreter/result.h"
#include "emulator/net/ftp.h"

#include <stdio.h>

struct quectel;
struct emu_store;

enum quectel_ftp_phase {
    QUECTEL_FTP_NO_TRANSFER,
    QUECTEL_FTP_STARTING,       /* the server has not agreed yet */
    QUECTEL_FTP_RUNNING,        /* bytes pass; over COM: the port is in data mode */
    QUECTEL_FTP_SUSPENDED,      /* a download left by +++: ATO goes on with it */
    QUECTEL_FTP_SENDING_PIECE,  /* a piece of an upload has been taken and is being sent */
    QUECTEL_FTP_AWAITING_PIECE, /* the next piece of the upload is awaited; the command is over */
    QUECTEL_FTP_ENDING,         /* the server's last word is awaited */
};

struct quectel_ftp_transfer {
    enum quectel_ftp_phase phase;
    const char *command; /* "+QFTPPUT" */
    bool upload, com;
    bool online;    /* the port is in its data mode */
    bool counted;   /* `wanted` is how many bytes it is to be */
    bool last;      /* of an upload's pieces */
    bool silent;    /* its deferred result is not printed */
    uint64_t start; /* where it began in the server's file */
    uint64_t done, wanted;
    uint64_t position;          /* of an upload in pieces: where the next one begins */
    int error;                  /* found here, not by the client; 0: none */
    int piece_error;            /* an upload broke between its pieces: what the next one is told */
    char name[256], local[128]; /* of the server's file, of the module's */
    FILE *file;                 /* the latter, once it is open */
    struct emu_store *store;    /* it is in */
    char chunk[4096];           /* read from the file and not handed over yet */
    size_t chunk_at, chunk_length;
    struct emu_timer silence;
};

void quectel_ftp_transfer_init(struct quectel *quectel);

/* Without a word. */
void quectel_ftp_transfer_stop(struct quectel *quectel);

/* The client's words about it. */
void quectel_ftp_transfer_flowing(struct quectel *quectel);
void quectel_ftp_transfer_done(struct quectel *quectel, enum emu_ftp_failure failure, int code);

/* The PDP context has gone, and the client is closed. */
void quectel_ftp_transfer_fail(struct quectel *quectel, int error);

/* AT+QFTPCLOSE wants it out of the way. False: it can't be, yet. */
bool quectel_ftp_transfer_abandon(struct quectel *quectel);

/* Moves bytes; true when it has printed some. */
bool quectel_ftp_transfer_pump(struct quectel *quectel);

/* ATO can go on with it. */
bool quectel_ftp_is_suspended(const struct quectel *quectel);

/* The port becomes the transfer's: CONNECT. */
struct emu_result quectel_ftp_go_online(struct quectel *quectel);

#endif
