/* The FILE note: storages, names, open files. */
#ifndef EMU_QUECTEL_FILE_FILES_H
#define EMU_QUECTEL_FILE_FILES_H

#include "emulator/interpreter/result.h"
#include "emulator/world/store.h"

struct quectel;

enum {
    QUECTEL_OPEN_FILES = 10
};

struct quectel_file {
    FILE *file; /* NULL: this handle is free */
    char name[EMU_STORE_NAME_MAX + 8];
    enum emu_store_mode mode;
};

struct quectel_files {
    struct quectel_file open[QUECTEL_OPEN_FILES]; /* handle n is entry n - 1 */
    struct emu_store card;                        /* SD:, on models that have one */
};

/* False with errno set when the card's folder can't be had. */
bool quectel_files_init(struct quectel *quectel);
void quectel_files_free(struct quectel *quectel);
/* Power was lost. */
void quectel_files_reset(struct quectel *quectel);

/* "UFS:name", "SD:name" or "name" (which is UFS:); *name then points into path. NULL: no such storage here
 * (RAM: is none of these modules'), or not a file name. */
struct emu_store *quectel_file_store(struct quectel *quectel, const char *path, const char **name);

/* The file under a handle, or NULL. */
struct quectel_file *quectel_file_of(struct quectel *quectel, long long handle);

/* The file is open under some handle. */
bool quectel_file_is_open(struct quectel *quectel, const char *path);

#endif
