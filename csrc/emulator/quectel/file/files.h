/* The FILE note: storages, file names and open files. */
#ifndef EMU_QUECTEL_FILE_FILES_H
#define EMU_QUECTEL_FILE_FILES_H

#include "emulator/interpreter/result.h"
#include "emulator/world/store.h"

struct quectel;

enum {
    QUECTEL_OPEN_FILES = 10
};

struct quectel_file {
    FILE *file; /* NULL: unused handle */
    char name[EMU_STORE_NAME_MAX + 8];
    enum emu_store_mode mode;
};

struct quectel_files {
    struct quectel_file open[QUECTEL_OPEN_FILES]; /* handle n is entry n - 1 */
    struct emu_store card;                        /* SD:, on models with a card slot */
};

/* Returns false with errno set if the folder of the card is unavailable. */
bool quectel_files_init(struct quectel *quectel);
void quectel_files_free(struct quectel *quectel);
/* Power was lost. */
void quectel_files_reset(struct quectel *quectel);

/* Accepts "UFS:name", "SD:name" and "name" (meaning UFS:). Points *name into path. Returns NULL if the
 * storage does not exist (these modules have no RAM:) or the name is invalid. */
struct emu_store *quectel_file_store(struct quectel *quectel, const char *path, const char **name);

/* Returns the file of a handle, or NULL. */
struct quectel_file *quectel_file_of(struct quectel *quectel, long long handle);

/* Returns whether a file is open. */
bool quectel_file_is_open(struct quectel *quectel, const char *path);

#endif
