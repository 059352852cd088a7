/* Splits the output of an FTP server into replies (RFC 959, 4.2): a code and a text, on one line or
 * several. */
#ifndef EMU_NET_FTP_REPLY_H
#define EMU_NET_FTP_REPLY_H

#include "emulator/line/ring.h"

#include <stdbool.h>

enum {
    EMU_FTP_LINE_MAX = 1023
};

/* All zero at the start of a connection. */
struct emu_ftp_reply {
    int code;
    char text[EMU_FTP_LINE_MAX + 1]; /* of the last line, without the code */

    int open; /* code of a multi-line reply in progress; 0: none */
    char line[EMU_FTP_LINE_MAX + 1];
    size_t length; /* excess bytes are dropped */
};

/* Removes bytes from the ring up to the end of the next reply. Returns true if there was a complete one,
 * now stored in *reply. */
bool emu_ftp_reply_next(struct emu_ftp_reply *reply, struct emu_ring *ring);

/* Extracts the path from a 257 reply, in which quotes are doubled. Returns false if there is none. */
bool emu_ftp_reply_path(const char *text, char *path, size_t size);

/* Extracts the address and port of a 227 reply, or the port of a 229 reply. Returns false if they are
 * missing. */
bool emu_ftp_reply_pasv(const char *text, char address[16], unsigned *port);
bool emu_ftp_reply_epsv(const char *text, unsigned *port);

#endif
