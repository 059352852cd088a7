/* TCP and UDP connections: AT+QIOPEN and related commands of the TCP/IP note. Their ids are independent of
 * those of SSL clients. */
#ifndef EMU_QUECTEL_SOCKET_SOCKET_H
#define EMU_QUECTEL_SOCKET_SOCKET_H

#include "emulator/quectel/socket/conn.h"

struct quectel_sockets {
    struct quectel_conn conns[QUECTEL_CONNS];
};

void quectel_sockets_init(struct quectel *quectel);
void quectel_sockets_drop(struct quectel *quectel);

#endif
