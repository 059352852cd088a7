#include "emulator/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_exit(void *memory)
{
    if (!memory) {
        fputs("hayes-emulator: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

void *emu_alloc(size_t size)
{
    return or_exit(calloc(1, size ? size : 1));
}

void *emu_resize(void *old, size_t size)
{
    return or_exit(realloc(old, size ? size : 1));
}

char *emu_copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(emu_alloc(size), text, size);
}

char *emu_text(const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = emu_alloc(length < 0 ? 1 : (size_t)length + 1);
    if (length > 0)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
