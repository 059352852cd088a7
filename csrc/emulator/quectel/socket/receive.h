/* What connections have received, on its way to the host: asked for, announced, pushed or passed on.
 *
 * What they say by themselves ("recv", pushed data, "closed", NO CARRIER) is said by quectel_conns_pump, once
 * a round and so behind the result code of the command that was executed in it. */
#ifndef EMU_QUECTEL_SOCKET_RECEIVE_H
#define EMU_QUECTEL_SOCKET_RECEIVE_H

#include "emulator/quectel/socket/conn.h"

/* AT+QSSLRECV=<id>,<len> and AT+QIRD; length 0: the query of amounts. */
struct emu_result quectel_conn_read(struct quectel_conn *conn, size_t length);

/* See emu_module's pump. */
bool quectel_conns_pump(struct quectel *quectel);

#endif
