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
    bool goes_on; /* the next piece is a part of this one: nothing comes in between */
};

enum {
    EMU_WORD_CUTS = 3
};

/* A piece that is complete, for one who may change it: its bytes, and when they are sent. */
struct emu_word {
    const char *bytes;
    size_t length;                 /* 0: it is not sent */
    size_t block_at, block_length; /* the bytes that its line announces */
    emu_time due;
    bool held; /* sent with the next one, at the latest when it is due */
    unsigned cuts;
    size_t cut[EMU_WORD_CUTS]; /* it is sent in parts … */
    emu_time cut_gap;          /* … with so much time in between */
};

struct emu_output {
    char *bytes;
    size_t start, end, size;
    uint64_t sent; /* position of `start` in that stream */
    struct emu_piece *pieces;
    size_t first_piece, end_piece, piece_size;
    bool begun;                                          /* the first piece was sent partially */
    bool held;                                           /* the last piece waits for the next one */
    uint64_t block_at, block_end;                        /* of the piece under construction */
    void (*on_word)(void *owner, struct emu_word *word); /* NULL: nothing is changed */
    void *owner;
};

void emu_output_free(struct emu_output *output);
void emu_output_clear(struct emu_output *output);

/* Appends bytes to the piece under construction; emu_output_end completes it. No other function may be
 * called in between. */
void emu_output_put(struct emu_output *output, const char *bytes, size_t length);
void emu_output_end(struct emu_output *output, emu_time due);

/* The bytes between two calls are those that the line in front of them announces. */
void emu_output_begin_block(struct emu_output *output);
void emu_output_end_block(struct emu_output *output);

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
