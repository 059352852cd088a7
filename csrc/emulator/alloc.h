/* Memory for a test tool: when there is none the program says so and exits with 1, so no caller checks. */
#ifndef EMU_ALLOC_H
#define EMU_ALLOC_H

#include <stddef.h>

/* Zeroed. */
void *emu_alloc(size_t size);

/* As realloc. What lies beyond the old size is not zeroed. */
void *emu_resize(void *old, size_t size);

char *emu_copy_text(const char *text);

/* The text a format makes; free it. */
char *emu_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
