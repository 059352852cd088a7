/* Output that is waiting to be transmitted.
 *
 * A queue of pieces. A piece is what firmware writes at once (an information response, a result code, a
 * URC with its data). Other output can come between pieces, but not inside one. Each piece has a time
 * before which it is not sent. */
#ifndef EMU_LINE_OUTPUT_H
#define EMU_LINE_OUTPUT_H

#include "emulator/loop.h"

struct emu_piece {
    uint64_t end; /* position in the stream of all bytes ever queued */
    emu_time due;
};

struct emu_output {
    char *bytes;
    size_t start, end, size;
    uint64_t sent; /* position of `start` in that stream */
    struct emu_piece *pieces;
    size_t first_piece, end_piece, piece_size;
    bool begun; /* the first piece was sent partially */
};

void emu_output_free(struct emu_output *output);
void emu_output_clear(struct emu_output *output);

/* Appends bytes to the piece under construction; emu_output_end completes it. No other function may be
 * called in between. */
void emu_output_put(struct emu_output *output, const char *bytes, size_t length);
void emu_output_end(struct emu_output *output, emu_time due);

/* Inserts a piece before all pieces not started yet. Must not be called while a piece is under
 * construction. */
void emu_output_insert(struct emu_output *output, const char *bytes, size_t length);

static inline size_t emu_output_length(const struct emu_output *output)
{
    return output->end - output->start;
}

/* Returns the contiguous bytes that may be sent at time `now`; emu_output_sent removes them. */
size_t emu_output_ready(const struct emu_output *output, emu_time now, const char **at);
void emu_output_sent(struct emu_output *output, size_t length);

/* Time at which the first piece may be sent, or EMU_NEVER if there is none. */
emu_time emu_output_due(const struct emu_output *output);

#endif
