/* The symbolic link under which the pty is found. */
#ifndef EMU_LINE_NAME_H
#define EMU_LINE_NAME_H

#include <stdbool.h>

/* Replaces an existing link without a gap. Returns false with errno set. */
bool emu_name_set(const char *path, const char *target);

/* Removes the link, unless it leads somewhere else by now. */
void emu_name_remove(const char *path, const char *target);

#endif
