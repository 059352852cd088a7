/* Interface between the two halves of the FTP client: the session (client.c) and its data connections
 * (data.c). */
#ifndef EMU_NET_FTP_SESSION_H
#define EMU_NET_FTP_SESSION_H

#include "emulator/net/ftp/client.h"

/* Sends a command whose reply goes to `next`. */
void emu_ftp_send_command(struct emu_ftp *ftp, void (*next)(struct emu_ftp *ftp, int code), const char *verb,
                          const char *argument);

/* Starts or restarts the time limit for the expected reply. */
void emu_ftp_start_reply_timer(struct emu_ftp *ftp);

/* Ends the operation in progress. */
void emu_ftp_complete(struct emu_ftp *ftp, enum emu_ftp_failure failure, int code);

/* Continues a transfer once the type is set. */
void emu_ftp_data_open(struct emu_ftp *ftp);

/* Called once per round: completes the transfer if it has ended. */
void emu_ftp_data_check_end(struct emu_ftp *ftp);

/* Closes the data connection, if any. */
void emu_ftp_data_close(struct emu_ftp *ftp);

#endif
