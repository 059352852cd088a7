/* Received data on its way to the host: read on request, announced, pushed or passed through.
 *
 * Unsolicited output ("recv", pushed data, "closed", NO CARRIER) is printed by quectel_conns_pump once per
 * round, and therefore after the result code of the command executed in that round. */
#ifndef EMU_QUECTEL_SOCKET_RECEIVE_H
#define EMU_QUECTEL_SOCKET_RECEIVE_H

#include "emulator/quectel/socket/conn.h"

/* AT+QSSLRECV=<id>,<len> and AT+QIRD. Length 0 queries the amounts. */
struct emu_result quectel_conn_read(struct quectel_conn *conn, size_t length);

/* See the `pump` member of emu_module. */
bool quectel_conns_pump(struct quectel *quectel);

#endif
