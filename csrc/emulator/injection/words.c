/* Faults of the line, in both directions. */
#include "emulator/alloc.h"
#include "emulator/emu.h"
#include "emulator/injection/injection.h"
#include "emulator/interpreter/mode.h"
#include "emulator/module.h"

#include <stdlib.h>
#include <string.h>

enum {
    FLOOD_MAX = 3000,
    GARBAGE_MAX = 200,
    PIECE = 64, /* of what comes in */
    HOLD_MS = 50,
    CUT_GAP_MS = 3,
};

static emu_time seconds(struct emu_random *random, double most)
{
    double part = emu_random_real(random);
    return emu_ms(10) + (emu_time)(part * part * most * 1e9);
}

static size_t place(struct emu_random *random, size_t length)
{
    return (size_t)(emu_random_real(random) * (double)length);
}

/* Small numbers more often than large ones, from 1. */
static size_t small(struct emu_random *random, size_t most)
{
    size_t left = most;
    while (left > 1 && emu_random_real(random) < 0.5)
        left /= 2;
    return 1 + place(random, left);
}

/* Gives the word room for `extra` more bytes, in memory of its own. */
static char *own(struct emu_injection *injection, struct emu_word *word, size_t extra)
{
    size_t needed = word->length + extra;
    if (injection->scratch_size < needed) {
        char *grown = emu_alloc(needed * 2);
        memcpy(grown, word->bytes, word->length);
        free(injection->scratch);
        injection->scratch = grown;
        injection->scratch_size = needed * 2;
    } else if (word->bytes != injection->scratch) {
        memcpy(injection->scratch, word->bytes, word->length);
    }
    word->bytes = injection->scratch;
    return injection->scratch;
}

static void remove_bytes(struct emu_injection *injection, struct emu_word *word, size_t from, size_t count)
{
    char *bytes = own(injection, word, 0);
    memmove(bytes + from, bytes + from + count, word->length - from - count);
    word->length -= count;
}

/* Makes a gap for bytes. */
static char *insert(struct emu_injection *injection, struct emu_word *word, size_t at, size_t count)
{
    char *bytes = own(injection, word, count);
    memmove(bytes + at + count, bytes + at, word->length - at);
    word->length += count;
    return bytes + at;
}

static void flip(struct emu_injection *injection, struct emu_word *word, struct emu_random *random)
{
    char *bytes = own(injection, word, 0);
    bytes[place(random, word->length)] ^= (char)(1 << emu_random_between(random, 0, 7));
}

static void change_bytes(struct emu_injection *injection, struct emu_word *word)
{
    struct emu_random random;
    if (word->block_length > 0 && emu_injection_strikes(injection, EMU_FAULT_SHORT_BLOCK, NULL, &random))
        remove_bytes(injection, word, word->block_at, 1 + place(&random, word->block_length));
    if (word->length > 0 && emu_injection_strikes(injection, EMU_FAULT_DROP, NULL, &random))
        remove_bytes(injection, word, place(&random, word->length), 1);
    if (word->length > 0 && emu_injection_strikes(injection, EMU_FAULT_DOUBLE, NULL, &random)) {
        char *gap = insert(injection, word, place(&random, word->length), 1);
        *gap = gap[1];
    }
    if (word->length > 0 && emu_injection_strikes(injection, EMU_FAULT_FLIP, NULL, &random))
        flip(injection, word, &random);
}

static void put_in_front(struct emu_injection *injection, struct emu_word *word, bool in_data)
{
    struct emu_random random;
    const char *const *urcs = injection->emu->module->other_urcs;
    if (!in_data && urcs && emu_injection_strikes(injection, EMU_FAULT_URC, NULL, &random)) {
        unsigned count = 0;
        while (urcs[count])
            count++;
        const char *urc = urcs[emu_random_between(&random, 0, count - 1)];
        size_t length = strlen(urc);
        char *gap = insert(injection, word, 0, length + 4);
        memcpy(gap, "\r\n", 2);
        memcpy(gap + 2, urc, length);
        memcpy(gap + 2 + length, "\r\n", 2);
    }
    if (!in_data && emu_injection_strikes(injection, EMU_FAULT_NUL_FLOOD, NULL, &random)) {
        size_t count = small(&random, FLOOD_MAX);
        memset(insert(injection, word, 0, count), 0, count);
    }
    if (emu_injection_strikes(injection, EMU_FAULT_GARBAGE, NULL, &random)) {
        size_t count = small(&random, GARBAGE_MAX);
        char *gap = insert(injection, word, 0, count);
        while (count-- > 0)
            gap[count] = (char)emu_random_between(&random, 0, 255);
    }
}

static void change_time(struct emu_injection *injection, struct emu_word *word)
{
    struct emu_random random;
    emu_time now = emu_loop_now(&injection->emu->loop);
    if (word->due < injection->stalled_until)
        word->due = injection->stalled_until;
    if (emu_injection_strikes(injection, EMU_FAULT_DELAY, NULL, &random))
        word->due = (word->due > now ? word->due : now) + seconds(&random, 1);
    if (emu_injection_strikes(injection, EMU_FAULT_MERGE, NULL, &random)) {
        word->held = true;
        word->due = (word->due > now ? word->due : now) + emu_ms(HOLD_MS);
    }
    if (word->length > 1 && emu_injection_strikes(injection, EMU_FAULT_SPLIT, NULL, &random)) {
        word->cuts = 1 + emu_random_between(&random, 0, EMU_WORD_CUTS - 1);
        size_t from = 0;
        for (unsigned i = 0; i < word->cuts; i++)
            word->cut[i] = from = from + place(&random, word->length - from);
        word->due = word->due > now ? word->due : now;
        word->cut_gap = emu_ms(CUT_GAP_MS);
    }
}

static void end_power(struct emu_injection *injection, struct emu_word *word)
{
    struct emu_random random;
    if (!emu_injection_strikes(injection, EMU_FAULT_REBOOT, NULL, &random))
        return;
    static const enum emu_banner banners[] = {EMU_BANNER_WHOLE, EMU_BANNER_WHOLE, EMU_BANNER_WHOLE,
                                              EMU_BANNER_GARBLED, EMU_BANNER_MISSING};
    word->length = place(&random, word->length);
    injection->cut_off = true;
    injection->banner = banners[emu_random_between(&random, 0, 4)];
}

static void damage_banner(struct emu_injection *injection, struct emu_word *word)
{
    if (injection->banner == EMU_BANNER_MISSING)
        word->length = 0;
    if (injection->banner != EMU_BANNER_GARBLED)
        return;
    struct emu_random random =
        emu_random_for(injection->seed, "banner", injection->injected[EMU_FAULT_REBOOT]);
    for (size_t i = 0; i < word->length; i += 4)
        flip(injection, word, &random);
}

/* Nothing may stand in front of words of data mode, or of the first one behind it. */
static bool is_of_data_mode(struct emu_injection *injection)
{
    const struct emu_mode *mode = injection->emu->mode;
    bool entered = injection->data_modes != mode->data_modes;
    injection->data_modes = mode->data_modes;
    return entered || mode->in_data;
}

void emu_injection_word(void *owner, struct emu_word *word)
{
    struct emu_injection *injection = owner;
    bool in_data = is_of_data_mode(injection);
    if (injection->cut_off) {
        word->length = 0;
    } else if (injection->booting) {
        damage_banner(injection, word);
    } else {
        change_bytes(injection, word);
        put_in_front(injection, word, in_data);
        end_power(injection, word);
        change_time(injection, word);
    }
}

/* What becomes of the next piece of the host's bytes. */
static void decide_piece(struct emu_injection *injection)
{
    struct emu_random random;
    injection->drop_at = injection->flip_at = PIECE;
    if (emu_injection_strikes(injection, EMU_FAULT_COMMAND_DROP, NULL, &random))
        injection->drop_at = place(&random, PIECE);
    if (emu_injection_strikes(injection, EMU_FAULT_COMMAND_FLIP, NULL, &random)) {
        injection->flip_at = place(&random, PIECE);
        injection->flip_by = (char)(1 << emu_random_between(&random, 0, 7));
    }
    if (emu_injection_strikes(injection, EMU_FAULT_TTY_FULL, NULL, &random))
        emu_uart_stop_reading(&injection->emu->uart,
                              emu_loop_now(&injection->emu->loop) + seconds(&random, 2));
}

size_t emu_injection_input(void *owner, char *bytes, size_t length)
{
    struct emu_injection *injection = owner;
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        size_t at = injection->bytes_in++ % PIECE;
        if (at == 0)
            decide_piece(injection);
        if (at == injection->flip_at)
            bytes[i] ^= injection->flip_by;
        if (at != injection->drop_at)
            bytes[kept++] = bytes[i];
    }
    return kept;
}
