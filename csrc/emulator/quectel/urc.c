#include "emulator/interpreter/reply.h"
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/settings.h"

#include <stdarg.h>
#include <stdio.h>

void quectel_urc(struct quectel *quectel, const char *format, ...)
{
    char text[512];
    va_list arguments;
    if (!quectel_urcs_use_this_port(quectel))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    emu_urc_text(quectel->emu, text);
}
