/* A UDP SERVICE: a port that takes datagrams from anyone and sends them to anyone (TCP/IP note, AT+QIOPEN).
 */
#ifndef EMU_QUECTEL_SOCKET_UDP_SERVICE_H
#define EMU_QUECTEL_SOCKET_UDP_SERVICE_H

#include "emulator/quectel/socket/conn.h"

/* Binds a port of the host's loopback interface. False when it can't be had. */
bool quectel_udp_open(struct quectel_conn *conn, unsigned port);
void quectel_udp_close(struct quectel_conn *conn);

/* AT+QIRD: one datagram, or as much of it as was asked for; the rest of it is kept. */
struct emu_result quectel_udp_read(struct quectel_conn *conn, size_t length);

/* False when it could not be sent. */
bool quectel_udp_send(struct quectel_conn *conn, const struct emu_address *to, const char *bytes,
                      size_t length);

/* "recv" URCs, with the data in direct push mode. True: data was printed. */
bool quectel_udp_pump(struct quectel_conn *conn);

#endif
