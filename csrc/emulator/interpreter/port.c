#include "emulator/interpreter/port.h"

#include "emulator/alloc.h"
#include "emulator/emu.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/reply.h"
#include "emulator/module.h"

#include <stdlib.h>
#include <string.h>

enum {
    HELD_MAX = 64
};

static void on_arrival(void *owner, size_t length)
{
    struct emu *emu = owner;
    emu_escape_arrival(&emu->port.escape, length);
}

static void on_escape(void *owner)
{
    struct emu *emu = owner;
    emu->port.escaping = true;
}

void emu_port_init(struct emu *emu, const struct emu_profile *profile)
{
    struct emu_port *port = &emu->port;
    port->profile = port->saved = *profile;
    port->most = emu->module->line.most;
    emu->uart.on_arrival = on_arrival;
    emu->uart.owner = emu;
    emu_escape_init(&port->escape, &emu->uart, emu->module->line.guard, on_escape, emu);
}

static void forget_held(struct emu_port *port)
{
    for (size_t i = 0; i < port->held_count; i++)
        free(port->held[i]);
    free(port->held);
    port->held = NULL;
    port->held_count = 0;
}

void emu_port_free(struct emu *emu)
{
    forget_held(&emu->port);
}

void emu_port_reset(struct emu *emu)
{
    struct emu_port *port = &emu->port;
    emu_port_leave_data(emu);
    forget_held(port);
    port->length = 0;
    port->overlong = false;
    port->profile = port->saved;
}

void emu_port_enter_data(struct emu *emu, const struct emu_data_mode *mode)
{
    emu->port.data = *mode;
    emu->port.in_data = true;
    emu_escape_arm(&emu->port.escape, mode->escape != NULL);
}

void emu_port_leave_data(struct emu *emu)
{
    emu->port.in_data = false;
    emu->port.escaping = false;
    emu_escape_arm(&emu->port.escape, false);
}

bool emu_port_lets_urcs_through(const struct emu *emu)
{
    return !emu->port.in_data || emu->port.data.urcs;
}

void emu_port_hold(struct emu *emu, char *text)
{
    struct emu_port *port = &emu->port;
    if (port->held_count == HELD_MAX) {
        free(text);
        return;
    }
    if (!port->held)
        port->held = emu_alloc(HELD_MAX * sizeof *port->held);
    port->held[port->held_count++] = text;
}

static void print_held(struct emu *emu)
{
    struct emu_port *port = &emu->port;
    if (port->held_count == 0 || !emu_port_lets_urcs_through(emu))
        return;
    for (size_t i = 0; i < port->held_count; i++)
        emu_urc_text(emu, port->held[i]);
    forget_held(port);
}

static void keep_byte(struct emu_port *port, char byte)
{
    if (byte == '\b') {
        if (port->length > 0)
            port->length--;
    } else if (port->length < port->most) {
        port->line[port->length++] = byte;
    } else {
        port->overlong = true;
    }
}

static void end_line(struct emu *emu)
{
    struct emu_port *port = &emu->port;
    size_t length = port->length;
    bool overlong = port->overlong;
    port->length = 0;
    port->overlong = false;
    if (overlong)
        emu_dispatch_overlong(emu, port->line, length);
    else
        emu_dispatch_line(emu, port->line, length);
}

static size_t take_command(struct emu *emu, const char *bytes, size_t length)
{
    const struct emu_line_rules *rules = &emu->module->line;
    const char *end = memchr(bytes, rules->end, length);
    size_t used = end ? (size_t)(end - bytes) + 1 : length;
    for (size_t i = 0; i < used; i++) {
        if (bytes[i] == rules->ignored)
            continue;
        bool ends = bytes[i] == rules->end;
        if (emu->port.profile.echo)
            emu_output_put(&emu->uart.output, ends ? rules->echo_end : bytes + i,
                           ends ? strlen(rules->echo_end) : 1);
        if (!ends)
            keep_byte(&emu->port, bytes[i]);
    }
    emu_output_end(&emu->uart.output, 0);
    if (end) {
        end_line(emu);
        print_held(emu);
    }
    return used;
}

static size_t take_data(struct emu *emu, const char *bytes, size_t length)
{
    const struct emu_data_mode mode = emu->port.data;
    if (!mode.echo)
        return mode.take(mode.owner, bytes, length);
    /* The echo stands in front of the result that the last byte brings about, so bytes go one by one. */
    size_t used = 0;
    while (used < length && emu->port.in_data) {
        emu_output_put(&emu->uart.output, bytes + used, 1);
        emu_output_end(&emu->uart.output, 0);
        used += mode.take(mode.owner, bytes + used, 1);
    }
    return used;
}

/* The LF of a CR LF is gone before a command that takes its time has put the port in data mode. */
static size_t ignored_bytes(const struct emu *emu, const char *bytes, size_t length)
{
    size_t count = 0;
    while (count < length && bytes[count] == emu->module->line.ignored)
        count++;
    return count;
}

static size_t take_some(struct emu *emu, const char *bytes, size_t length)
{
    if (emu->port.deaf)
        return length;
    if (emu->port.in_data)
        return take_data(emu, bytes, length);
    if (emu->dispatch.running && !emu->module->busy)
        return ignored_bytes(emu, bytes, length);
    return take_command(emu, bytes, length);
}

static void take_input(struct emu *emu)
{
    const char *bytes;
    size_t length;
    while ((length = emu_uart_input(&emu->uart, &bytes)) > 0) {
        if (emu_output_length(&emu->uart.output) >= EMU_UART_FULL)
            return;
        size_t used = take_some(emu, bytes, length);
        if (used == 0)
            return;
        emu_uart_take(&emu->uart, used);
    }
}

void emu_port_run(struct emu *emu)
{
    take_input(emu);
    const char *bytes;
    if (emu->port.escaping && emu->port.in_data && emu_uart_input(&emu->uart, &bytes) == 0) {
        struct emu_data_mode mode = emu->port.data;
        emu->port.escaping = false;
        mode.escape(mode.owner);
        take_input(emu);
    }
    print_held(emu);
}
