/* Cuts what an FTP server says into replies (RFC 959, 4.2): a code and a text, on one line or several. */
#ifndef EMU_NET_FTP_REPLY_H
#define EMU_NET_FTP_REPLY_H

#include "emulator/line/ring.h"

#include <stdbool.h>

enum {
    EMU_FTP_LINE_MAX = 1023
};

/* All zero at the beginning of a connection. */
struct emu_ftp_reply {
    int code;
    char text[EMU_FTP_LINE_MAX + 1]; /* of the last line, without code */

    int open; /* the code of a reply of several lines that has begun; 0: none */
    char line[EMU_FTP_LINE_MAX + 1];
    size_t length; /* what is longer is cut off */
};

/* Takes bytes off the ring up to the end of the next reply; true: there was one, and here it is. */
bool emu_ftp_reply_next(struct emu_ftp_reply *reply, struct emu_ring *ring);

/* The path in the text of a 257 reply, where quotes are doubled; false when there is none. */
bool emu_ftp_reply_path(const char *text, char *path, size_t size);

/* The address and port of a 227 reply, the port of a 229 reply; false when they are not there. */
bool emu_ftp_reply_pasv(const char *text, char address[16], unsigned *port);
bool emu_ftp_reply_epsv(const char *text, unsigned *port);

#endif
