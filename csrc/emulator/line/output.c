#include "emulator/line/output.h"

#include "emulator/alloc.h"

#include <stdlib.h>
#include <string.h>

void emu_output_free(struct emu_output *output)
{
    free(output->bytes);
    free(output->pieces);
    *output = (struct emu_output){0};
}

void emu_output_clear(struct emu_output *output)
{
    output->start = output->end = 0;
    output->first_piece = output->end_piece = 0;
    output->begun = output->held = false;
    output->block_at = output->block_end = 0;
}

/* Makes room for `length` more bytes, by moving the content to the front if that suffices. */
static void make_room(struct emu_output *output, size_t length)
{
    if (output->size - output->end >= length)
        return;
    size_t kept = emu_output_length(output);
    if (output->start > 0) {
        memmove(output->bytes, output->bytes + output->start, kept);
        output->start = 0;
        output->end = kept;
    }
    if (output->size - kept < length) {
        output->size = (kept + length) * 2;
        if (output->size < 16384)
            output->size = 16384;
        output->bytes = emu_resize(output->bytes, output->size);
    }
}

static void make_piece_room(struct emu_output *output)
{
    if (output->end_piece < output->piece_size)
        return;
    size_t kept = output->end_piece - output->first_piece;
    if (output->first_piece > 0) {
        memmove(output->pieces, output->pieces + output->first_piece, kept * sizeof *output->pieces);
        output->first_piece = 0;
        output->end_piece = kept;
    }
    if (kept == output->piece_size) {
        output->piece_size = kept ? kept * 2 : 64;
        output->pieces = emu_resize(output->pieces, output->piece_size * sizeof *output->pieces);
    }
}

void emu_output_put(struct emu_output *output, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    make_room(output, length);
    memcpy(output->bytes + output->end, bytes, length);
    output->end += length;
}

static uint64_t end_of(const struct emu_output *output)
{
    return output->sent + emu_output_length(output);
}

static void add_piece(struct emu_output *output, uint64_t end, emu_time due, bool goes_on)
{
    if (output->held)
        output->pieces[output->end_piece - 1].due = 0;
    output->held = false;
    make_piece_room(output);
    output->pieces[output->end_piece++] = (struct emu_piece){.end = end, .due = due, .goes_on = goes_on};
}

/* Replaces the piece that begins there by what `on_word` makes of it. */
static void add_changed(struct emu_output *output, uint64_t begin, emu_time due)
{
    char *bytes = output->bytes + output->start + (size_t)(begin - output->sent);
    struct emu_word word = {.bytes = bytes, .length = (size_t)(end_of(output) - begin), .due = due};
    if (output->block_end > output->block_at) {
        word.block_at = (size_t)(output->block_at - begin);
        word.block_length = (size_t)(output->block_end - output->block_at);
    }
    output->on_word(output->owner, &word);
    if (word.bytes != bytes || word.length == 0) {
        output->end = (size_t)(bytes - output->bytes);
        emu_output_put(output, word.bytes, word.length);
    } else {
        output->end = (size_t)(bytes - output->bytes) + word.length;
    }
    if (word.length == 0)
        return;
    for (unsigned i = 0; i < word.cuts; i++)
        if (word.cut[i] > (i > 0 ? word.cut[i - 1] : 0))
            add_piece(output, begin + word.cut[i], word.due + (emu_time)i * word.cut_gap, true);
    add_piece(output, begin + word.length, word.due + (emu_time)word.cuts * word.cut_gap, false);
    output->held = word.held;
}

void emu_output_end(struct emu_output *output, emu_time due)
{
    uint64_t begin =
        output->end_piece > output->first_piece ? output->pieces[output->end_piece - 1].end : output->sent;
    if (end_of(output) == begin)
        return;
    if (output->on_word)
        add_changed(output, begin, due);
    else
        add_piece(output, end_of(output), due, false);
    output->block_at = output->block_end = 0;
}

void emu_output_begin_block(struct emu_output *output)
{
    output->block_at = end_of(output);
}

void emu_output_end_block(struct emu_output *output)
{
    output->block_end = end_of(output);
}

void emu_output_insert(struct emu_output *output, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    make_room(output, length);
    make_piece_room(output);
    size_t piece = output->first_piece;
    uint64_t from = output->sent;
    for (bool goes_on = output->begun; goes_on && piece < output->end_piece; piece++) {
        goes_on = output->pieces[piece].goes_on;
        from = output->pieces[piece].end;
    }

    char *gap = output->bytes + output->start + (size_t)(from - output->sent);
    memmove(gap + length, gap, (size_t)(output->bytes + output->end - gap));
    memcpy(gap, bytes, length);
    output->end += length;

    memmove(output->pieces + piece + 1, output->pieces + piece,
            (output->end_piece - piece) * sizeof *output->pieces);
    output->end_piece++;
    output->pieces[piece] = (struct emu_piece){.end = from + length};
    for (size_t i = piece + 1; i < output->end_piece; i++)
        output->pieces[i].end += length;
}

size_t emu_output_ready(const struct emu_output *output, emu_time now, const char **at)
{
    uint64_t end = output->sent;
    for (size_t i = output->first_piece; i < output->end_piece && output->pieces[i].due <= now; i++)
        end = output->pieces[i].end;
    *at = output->bytes + output->start;
    return (size_t)(end - output->sent);
}

void emu_output_sent(struct emu_output *output, size_t length)
{
    if (length == 0)
        return;
    output->start += length;
    output->sent += length;
    output->begun = true;
    while (output->first_piece < output->end_piece &&
           output->pieces[output->first_piece].end <= output->sent) {
        const struct emu_piece *piece = &output->pieces[output->first_piece++];
        output->begun = piece->end < output->sent || piece->goes_on;
    }
    if (output->first_piece == output->end_piece)
        emu_output_clear(output);
}

emu_time emu_output_due(const struct emu_output *output)
{
    return output->first_piece < output->end_piece ? output->pieces[output->first_piece].due : EMU_NEVER;
}
