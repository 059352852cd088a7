/* The payload of AT+QSSLSEND and AT+QISEND, entered at the prompt. */
#ifndef EMU_QUECTEL_SOCKET_SEND_H
#define EMU_QUECTEL_SOCKET_SEND_H

#include "emulator/quectel/socket/conn.h"

struct quectel_send {
    struct quectel_conn *conn;
    size_t wanted; /* 0: until Ctrl-Z */
    size_t length;
    bool too_long;
    struct emu_address to; /* destination of a UDP SERVICE's datagram */
    char bytes[QUECTEL_SEND_MAX];
};

/* For a UDP SERVICE: sets the destination, before quectel_send_begin. */
void quectel_send_to(struct quectel *quectel, const struct emu_address *to);

/* Prints the prompt and receives the payload. Length 0: until Ctrl-Z; ESC cancels. Returns the result of
 * the command. */
struct emu_result quectel_send_begin(struct quectel_conn *conn, size_t length, bool echo);

#endif
