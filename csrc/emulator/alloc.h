/* Memory allocation for a test tool: if memory runs out, the program prints an error and exits with status
 * 1, so callers need not check. */
#ifndef EMU_ALLOC_H
#define EMU_ALLOC_H

#include <stddef.h>

/* Zero-initialised. */
void *emu_alloc(size_t size);

/* Like realloc. Added memory is not zeroed. */
void *emu_resize(void *old, size_t size);

char *emu_copy_text(const char *text);

/* Formats a string, which the caller must free. */
char *emu_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
