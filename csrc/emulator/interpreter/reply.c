#include "emulator/interpreter/reply.h"

#include "emulator/alloc.h"
#include "emulator/emu.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/module.h"
#include "emulator/quirks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 2048
};

static void put(struct emu *emu, const char *text)
{
    emu_output_put(&emu->uart.output, text, strlen(text));
}

static void put_span(struct emu *emu, struct emu_span span)
{
    emu_output_put(&emu->uart.output, span.bytes, span.length);
}

static void put_block(struct emu *emu, struct emu_span first, struct emu_span second)
{
    emu_output_begin_block(&emu->uart.output);
    put_span(emu, first);
    put_span(emu, second);
    emu_output_end_block(&emu->uart.output);
}

static void end_piece(struct emu *emu)
{
    struct emu_uart *uart = &emu->uart;
    emu_output_end(&uart->output, uart->latency ? emu_loop_now(&emu->loop) + uart->latency : 0);
}

/* Prints "+NAME: value" with the spacing of this firmware. */
static void put_named(struct emu *emu, const char *text)
{
    const char *colon = text[0] == '+' ? strchr(text, ':') : NULL;
    if (emu_quirk(emu, EMU_QUIRK_NO_SPACE_AFTER_COLON) && colon && colon[1] == ' ') {
        emu_output_put(&emu->uart.output, text, (size_t)(colon - text) + 1);
        text = colon + 2;
    }
    put(emu, text);
}

static void begin_info(struct emu *emu)
{
    if (!emu->dispatch->info_begun && emu->mode->profile.verbose)
        put(emu, "\r\n");
    emu->dispatch->info_begun = true;
}

void emu_info(struct emu *emu, const char *format, ...)
{
    if (emu->dispatch->muted)
        return;
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    begin_info(emu);
    put_named(emu, text);
    put(emu, "\r\n");
    end_piece(emu);
}

void emu_info_block(struct emu *emu, const char *line, struct emu_span first, struct emu_span second)
{
    if (emu->dispatch->muted)
        return;
    begin_info(emu);
    put_named(emu, line);
    put_block(emu, first, second);
    put(emu, "\r\n");
    end_piece(emu);
}

/* Prints a result code. `number` replaces the text after ATV0; NULL: there is no numeric form. */
static void put_code(struct emu *emu, const char *text, const char *number)
{
    const struct emu_profile *profile = &emu->mode->profile;
    if (profile->quiet || emu->dispatch->muted)
        return;
    bool no_blank_line = emu->dispatch->info_begun && emu_quirk(emu, EMU_QUIRK_INFO_WITHOUT_BLANK_LINE);
    if (!profile->verbose && number) {
        put(emu, number);
        put(emu, "\r");
    } else {
        if (profile->verbose && !no_blank_line)
            put(emu, "\r\n");
        put(emu, text);
        put(emu, "\r\n");
    }
    end_piece(emu);
}

static void put_cme(struct emu *emu, int code)
{
    if (emu->mode->profile.cmee == 0) {
        put_code(emu, "ERROR", "4");
        return;
    }
    char text[96];
    const char *words = emu->module->cme_as_text(emu, code) ? emu->module->cme_text(code) : NULL;
    if (words)
        snprintf(text, sizeof text, "+CME ERROR: %s", words);
    else
        snprintf(text, sizeof text, "+CME ERROR: %d", code);
    put_code(emu, text, NULL);
}

void emu_final(struct emu *emu, struct emu_result result)
{
    emu->module->final(emu, result);
}

void emu_v250_final(struct emu *emu, struct emu_result result)
{
    switch (result.outcome) {
    case EMU_RESULT_OK:
        put_code(emu, "OK", "0");
        break;
    case EMU_RESULT_ERROR:
    case EMU_RESULT_UNKNOWN:
        put_code(emu, "ERROR", "4");
        break;
    case EMU_RESULT_CME:
        put_cme(emu, result.code);
        break;
    case EMU_RESULT_CONNECT:
        put_code(emu, "CONNECT", "1");
        break;
    case EMU_RESULT_NO_CARRIER:
        put_code(emu, "NO CARRIER", "3");
        break;
    case EMU_RESULT_SEND_OK:
        put_code(emu, "SEND OK", NULL);
        break;
    case EMU_RESULT_SEND_FAIL:
        put_code(emu, "SEND FAIL", NULL);
        break;
    case EMU_RESULT_PENDING:
    case EMU_RESULT_SILENT:
        break;
    }
}

void emu_connect(struct emu *emu, long long length)
{
    if (length < 0) {
        emu_final(emu, emu_result(EMU_RESULT_CONNECT));
        return;
    }
    char text[48];
    snprintf(text, sizeof text, "CONNECT %lld", length);
    put_code(emu, text, NULL);
}

void emu_prompt(struct emu *emu)
{
    if (emu->dispatch->muted)
        return;
    put(emu, emu->module->prompt(emu));
    end_piece(emu);
}

void emu_urc_text(struct emu *emu, const char *text)
{
    if (!emu_mode_allows_urcs(emu) || emu->dispatch->executing) {
        emu_mode_defer_urc(emu, emu_copy_text(text));
        return;
    }
    if (emu_output_length(&emu->uart.output) >= EMU_UART_FULL)
        return; /* the client does not read: lost, as on a real line */
    put(emu, "\r\n");
    put_named(emu, text);
    put(emu, "\r\n");
    end_piece(emu);
}

void emu_urc(struct emu *emu, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    emu_urc_text(emu, text);
}

void emu_urc_block(struct emu *emu, const char *line, struct emu_span first, struct emu_span second,
                   const char *trailer)
{
    put(emu, "\r\n");
    put_named(emu, line);
    put_block(emu, first, second);
    put(emu, trailer);
    end_piece(emu);
}

void emu_raw(struct emu *emu, const char *bytes, size_t length)
{
    emu_output_put(&emu->uart.output, bytes, length);
    end_piece(emu);
}

void emu_insert_urc(struct emu *emu, const char *text)
{
    if (!emu_mode_allows_urcs(emu)) {
        emu_mode_defer_urc(emu, emu_copy_text(text));
        return;
    }
    char *framed = emu_text("\r\n%s\r\n", text);
    emu_output_insert(&emu->uart.output, framed, strlen(framed));
    free(framed);
}
