/* What the module has said and the line has not carried yet.
 *
 * A queue of pieces. A piece is what a firmware writes in one go (an information response, a result code, a
 * URC with its data): other output may come between two pieces, never inside one, and each has a time before
 * which it is not sent. */
#ifndef EMU_LINE_OUTPUT_H
#define EMU_LINE_OUTPUT_H

#include "emulator/loop.h"

struct emu_piece {
    uint64_t end; /* counted from the first byte ever queued */
    emu_time due;
};

struct emu_output {
    char *bytes;
    size_t start, end, size;
    uint64_t sent; /* the count at start */
    struct emu_piece *pieces;
    size_t first_piece, end_piece, piece_size;
    bool begun; /* part of the first piece was sent */
};

void emu_output_free(struct emu_output *output);
void emu_output_clear(struct emu_output *output);

/* Adds bytes to the piece that is being put together, which emu_output_end then closes. Nothing else may be
 * called in between. */
void emu_output_put(struct emu_output *output, const char *bytes, size_t length);
void emu_output_end(struct emu_output *output, emu_time due);

/* A piece in front of everything that was not begun yet. Only between pieces. */
void emu_output_insert(struct emu_output *output, const char *bytes, size_t length);

static inline size_t emu_output_length(const struct emu_output *output)
{
    return output->end - output->start;
}

/* What may be sent at that time, in one run; emu_output_sent takes it off. */
size_t emu_output_ready(const struct emu_output *output, emu_time now, const char **at);
void emu_output_sent(struct emu_output *output, size_t length);

/* When the first piece may be sent; EMU_NEVER when there is none. */
emu_time emu_output_due(const struct emu_output *output);

#endif
