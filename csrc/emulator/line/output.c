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
    output->begun = false;
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

void emu_output_end(struct emu_output *output, emu_time due)
{
    uint64_t end = output->sent + emu_output_length(output);
    if (end == output->sent)
        return;
    if (output->end_piece > output->first_piece && output->pieces[output->end_piece - 1].end == end)
        return;
    make_piece_room(output);
    output->pieces[output->end_piece++] = (struct emu_piece){.end = end, .due = due};
}

void emu_output_insert(struct emu_output *output, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    make_room(output, length);
    make_piece_room(output);
    size_t piece = output->first_piece;
    uint64_t from = output->sent;
    if (output->begun)
        from = output->pieces[piece++].end;

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
        output->begun = output->pieces[output->first_piece].end < output->sent;
        output->first_piece++;
    }
    if (output->first_piece == output->end_piece)
        emu_output_clear(output);
}

emu_time emu_output_due(const struct emu_output *output)
{
    return output->first_piece < output->end_piece ? output->pieces[output->first_piece].due : EMU_NEVER;
}
