#include "emulator/interpreter/mode.h"

#include "emulator/alloc.h"
#include "emulator/emu.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/reply.h"
#include "emulator/module.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEFERRED_MAX = 64
};

static void on_arrival(void *owner, size_t length)
{
    struct emu *emu = owner;
    emu_escape_arrival(&emu->mode->escape, length);
}

static void on_escape(void *owner)
{
    struct emu *emu = owner;
    emu->mode->escaping = true;
}

void emu_mode_init(struct emu *emu, const struct emu_profile *profile)
{
    struct emu_mode *mode = emu->mode;
    mode->profile = mode->saved = *profile;
    mode->max_length = emu->module->line.max_length;
    emu->uart.on_arrival = on_arrival;
    emu->uart.owner = emu;
    emu_escape_init(&mode->escape, &emu->uart, emu->module->line.guard, on_escape, emu);
}

static void discard_deferred(struct emu_mode *mode)
{
    for (size_t i = 0; i < mode->deferred_count; i++)
        free(mode->deferred_urcs[i]);
    free(mode->deferred_urcs);
    mode->deferred_urcs = NULL;
    mode->deferred_count = 0;
}

void emu_mode_free(struct emu *emu)
{
    discard_deferred(emu->mode);
}

void emu_mode_reset(struct emu *emu)
{
    struct emu_mode *mode = emu->mode;
    emu_mode_leave_data(emu);
    discard_deferred(mode);
    mode->length = 0;
    mode->overlong = false;
    mode->profile = mode->saved;
}

void emu_mode_enter_data(struct emu *emu, const struct emu_data_mode *mode)
{
    emu->mode->data = *mode;
    emu->mode->in_data = true;
    emu->mode->data_modes++;
    emu_escape_arm(&emu->mode->escape, mode->escape != NULL);
}

void emu_mode_leave_data(struct emu *emu)
{
    emu->mode->in_data = false;
    emu->mode->escaping = false;
    emu_escape_arm(&emu->mode->escape, false);
}

bool emu_mode_allows_urcs(const struct emu *emu)
{
    return !emu->mode->in_data || emu->mode->data.urcs;
}

void emu_mode_defer_urc(struct emu *emu, char *text)
{
    struct emu_mode *mode = emu->mode;
    if (mode->deferred_count == DEFERRED_MAX) {
        free(text);
        return;
    }
    if (!mode->deferred_urcs)
        mode->deferred_urcs = emu_alloc(DEFERRED_MAX * sizeof *mode->deferred_urcs);
    mode->deferred_urcs[mode->deferred_count++] = text;
}

static void print_deferred(struct emu *emu)
{
    struct emu_mode *mode = emu->mode;
    if (mode->deferred_count == 0 || !emu_mode_allows_urcs(emu))
        return;
    for (size_t i = 0; i < mode->deferred_count; i++)
        emu_urc_text(emu, mode->deferred_urcs[i]);
    discard_deferred(mode);
}

static void keep_byte(struct emu_mode *mode, char byte)
{
    if (byte == '\b') {
        if (mode->length > 0)
            mode->length--;
    } else if (mode->length < mode->max_length) {
        mode->line[mode->length++] = byte;
    } else {
        mode->overlong = true;
    }
}

static void end_line(struct emu *emu)
{
    struct emu_mode *mode = emu->mode;
    size_t length = mode->length;
    bool overlong = mode->overlong;
    mode->length = 0;
    mode->overlong = false;
    if (overlong)
        emu_dispatch_overlong(emu, mode->line, length);
    else
        emu_dispatch_line(emu, mode->line, length);
}

static size_t consume_command(struct emu *emu, const char *bytes, size_t length)
{
    const struct emu_line_rules *rules = &emu->module->line;
    const char *end = memchr(bytes, rules->end, length);
    size_t used = end ? (size_t)(end - bytes) + 1 : length;
    for (size_t i = 0; i < used; i++) {
        if (bytes[i] == rules->ignored)
            continue;
        bool ends = bytes[i] == rules->end;
        if (emu->mode->profile.echo)
            emu_output_put(&emu->uart.output, ends ? rules->echo_end : bytes + i,
                           ends ? strlen(rules->echo_end) : 1);
        if (!ends)
            keep_byte(emu->mode, bytes[i]);
    }
    emu_output_end(&emu->uart.output, 0);
    if (end) {
        end_line(emu);
        print_deferred(emu);
    }
    return used;
}

static size_t consume_data(struct emu *emu, const char *bytes, size_t length)
{
    const struct emu_data_mode mode = emu->mode->data;
    if (!mode.echo)
        return mode.consume(mode.owner, bytes, length);
    /* The echo of the last byte must precede the result it triggers, so bytes are handled one by one. */
    size_t used = 0;
    while (used < length && emu->mode->in_data) {
        emu_output_put(&emu->uart.output, bytes + used, 1);
        emu_output_end(&emu->uart.output, 0);
        used += mode.consume(mode.owner, bytes + used, 1);
    }
    return used;
}

/* Consumes the LF of a CR LF while a slow command is running, before that command enters data mode. */
static size_t ignored_bytes(const struct emu *emu, const char *bytes, size_t length)
{
    size_t count = 0;
    while (count < length && bytes[count] == emu->module->line.ignored)
        count++;
    return count;
}

static size_t consume_some(struct emu *emu, const char *bytes, size_t length)
{
    if (emu->mode->input_ignored)
        return length;
    if (emu->mode->in_data)
        return consume_data(emu, bytes, length);
    if (emu->dispatch->running && !emu->module->busy)
        return ignored_bytes(emu, bytes, length);
    return consume_command(emu, bytes, length);
}

static void consume_input(struct emu *emu)
{
    const char *bytes;
    size_t length;
    while ((length = emu_uart_input(&emu->uart, &bytes)) > 0) {
        if (emu_output_length(&emu->uart.output) >= EMU_UART_FULL)
            return;
        size_t used = consume_some(emu, bytes, length);
        if (used == 0)
            return;
        emu_uart_consume(&emu->uart, used);
    }
}

void emu_mode_run(struct emu *emu)
{
    consume_input(emu);
    const char *bytes;
    if (emu->mode->escaping && emu->mode->in_data && emu_uart_input(&emu->uart, &bytes) == 0) {
        struct emu_data_mode mode = emu->mode->data;
        emu->mode->escaping = false;
        mode.escape(mode.owner);
        consume_input(emu);
    }
    print_deferred(emu);
}
