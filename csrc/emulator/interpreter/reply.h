/* How the module's words are framed, by default as V.250 5.7 has it: what it says goes through here.
 *
 * With ATV1 an information response is CR LF, its lines each ended by CR LF, and a result code stands between
 * CR LF on both sides; byte for byte as the recordings of BG770A (fw BG770AGLAAR01A05), EC25 and EC200U have
 * it. */
#ifndef EMU_INTERPRETER_REPLY_H
#define EMU_INTERPRETER_REPLY_H

#include "emulator/interpreter/result.h"

#include <stdbool.h>
#include <stddef.h>

struct emu;

/* One line of the current command's information response. */
void emu_info(struct emu *emu, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line, with its end, followed by the raw bytes that it announces, in two parts because they may lie so in
 * a ring. Nothing can come in between. */
struct emu_span {
    const char *bytes;
    size_t length;
};
void emu_info_block(struct emu *emu, const char *line, struct emu_span first, struct emu_span second);

/* A result code, as the module says it; PENDING and SILENT print nothing. */
void emu_final(struct emu *emu, struct emu_result result);
void emu_v250_final(struct emu *emu, struct emu_result result);

/* The intermediate result of commands that go on in data mode; length < 0: bare CONNECT. */
void emu_connect(struct emu *emu, long long length);

/* What invites the payload of a send command. */
void emu_prompt(struct emu *emu);

/* An unsolicited result code. Kept for later in data mode, and behind the result code when a handler says it.
 */
void emu_urc(struct emu *emu, const char *format, ...) __attribute__((format(printf, 2, 3)));
void emu_urc_text(struct emu *emu, const char *text);

/* A URC that announces raw bytes behind it. Only in command mode. */
void emu_urc_block(struct emu *emu, const char *line, struct emu_span first, struct emu_span second,
                   const char *trailer);

/* Bytes as they are, for data mode. */
void emu_raw(struct emu *emu, const char *bytes, size_t length);

/* In front of all that has not begun to be sent: a control connection's own URC and bytes. */
void emu_insert_urc(struct emu *emu, const char *text);

#endif
