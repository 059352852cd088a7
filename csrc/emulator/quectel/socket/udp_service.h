/* A UDP SERVICE: a port that exchanges datagrams with any peer (TCP/IP note, AT+QIOPEN). */
#ifndef EMU_QUECTEL_SOCKET_UDP_SERVICE_H
#define EMU_QUECTEL_SOCKET_UDP_SERVICE_H

#include "emulator/quectel/socket/conn.h"

/* Binds a port on the host's loopback interface. Returns false if it is unavailable. */
bool quectel_udp_open(struct quectel_conn *conn, unsigned port);
void quectel_udp_close(struct quectel_conn *conn);

/* AT+QIRD: reads one datagram, or the requested part of it. The rest is kept. */
struct emu_result quectel_udp_read(struct quectel_conn *conn, size_t length);

/* Returns false if it could not be sent. */
bool quectel_udp_send(struct quectel_conn *conn, const struct emu_address *to, const char *bytes,
                      size_t length);

/* Prints "recv" URCs, in direct push mode with the data. Returns true if data was printed. */
bool quectel_udp_pump(struct quectel_conn *conn);

#endif
