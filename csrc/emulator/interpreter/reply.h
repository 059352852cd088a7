/* Formats the output of the module, by default as V.250 5.7 specifies.
 *
 * With ATV1 an information response starts with CR LF and each of its lines ends with CR LF; a result code
 * is preceded and followed by CR LF. This matches recordings of BG770A (firmware BG770AGLAAR01A05), EC25
 * and EC200U byte for byte. */
#ifndef EMU_INTERPRETER_REPLY_H
#define EMU_INTERPRETER_REPLY_H

#include "emulator/interpreter/result.h"

#include <stdbool.h>
#include <stddef.h>

struct emu;

/* Prints one line of the current command's information response. */
void emu_info(struct emu *emu, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints a line including its terminator, followed by the raw bytes it announces. The bytes are passed in
 * two parts because they may wrap around in a ring buffer. No other output can come in between. */
struct emu_span {
    const char *bytes;
    size_t length;
};
void emu_info_block(struct emu *emu, const char *line, struct emu_span first, struct emu_span second);

/* Prints a result code in the module's format. PENDING and SILENT print nothing. */
void emu_final(struct emu *emu, struct emu_result result);
void emu_v250_final(struct emu *emu, struct emu_result result);

/* Prints the intermediate result of a command that continues in data mode. A negative length means CONNECT
 * without a number. */
void emu_connect(struct emu *emu, long long length);

/* Prints the prompt for the payload of a send command. */
void emu_prompt(struct emu *emu);

/* Prints an unsolicited result code. It is deferred in data mode and, if a handler is running, until after
 * the result code. */
void emu_urc(struct emu *emu, const char *format, ...) __attribute__((format(printf, 2, 3)));
void emu_urc_text(struct emu *emu, const char *text);

/* Prints a URC followed by the raw bytes it announces. Only allowed in command mode. */
void emu_urc_block(struct emu *emu, const char *line, struct emu_span first, struct emu_span second,
                   const char *trailer);

/* Prints raw bytes in data mode. */
void emu_raw(struct emu *emu, const char *bytes, size_t length);

/* Inserts a URC before all output whose transmission has not started, for the control connection. */
void emu_insert_urc(struct emu *emu, const char *text);

#endif
