/* What the two halves of the FTP client, the session and its data connections, want of each other. */
#ifndef EMU_NET_FTP_SESSION_H
#define EMU_NET_FTP_SESSION_H

#include "emulator/net/ftp.h"

/* Sends a command; its reply goes to `next`. */
void emu_ftp_send_command(struct emu_ftp *ftp, void (*next)(struct emu_ftp *ftp, int code), const char *verb,
                          const char *argument);

/* (Re)starts the time for the reply that is awaited. */
void emu_ftp_start_reply_timer(struct emu_ftp *ftp);

/* The end of what was begun. */
void emu_ftp_complete(struct emu_ftp *ftp, enum emu_ftp_failure failure, int code);

/* The type is what the transfer wants: goes on with it. */
void emu_ftp_data_open(struct emu_ftp *ftp);

/* Once a round: whether the transfer has come to its end. */
void emu_ftp_data_check_end(struct emu_ftp *ftp);

/* Closes what there is. */
void emu_ftp_data_close(struct emu_ftp *ftp);

#endif
