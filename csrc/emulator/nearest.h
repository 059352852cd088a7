/* The word that was meant by one that is misspelt. */
#ifndef EMU_NEAREST_H
#define EMU_NEAREST_H

#include <stddef.h>

/* Returns the nearest of the names that name_at gives, which ends them with NULL; NULL if none is near. */
const char *emu_nearest(const char *word, size_t length, const char *(*name_at)(size_t index));

#endif
