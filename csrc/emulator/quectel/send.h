/* The payload of AT+QSSLSEND and AT+QISEND, typed at the prompt. */
#ifndef EMU_QUECTEL_SEND_H
#define EMU_QUECTEL_SEND_H

#include "emulator/quectel/conn.h"

struct quectel_send {
    struct quectel_conn *conn;
    size_t wanted; /* 0: until Ctrl-Z */
    size_t length;
    bool too_long;
    char bytes[QUECTEL_SEND_MAX];
};

/* Prompts and takes the payload; length 0: until Ctrl-Z, ESC gives up. The result of the command. */
struct emu_result quectel_send_begin(struct quectel_conn *conn, size_t length, bool echo);

#endif
