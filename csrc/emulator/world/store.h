/* The module's flash: a folder of the host with a limit on what its files hold together.
 *
 * Names are flat. What could leave the folder or hide in it (a slash, a leading dot) is not a name here. The
 * host may put files in and take them out while the emulator runs. */
#ifndef EMU_WORLD_STORE_H
#define EMU_WORLD_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    EMU_STORE_NAME_MAX = 80
};

struct emu_store {
    char *folder;
    bool temporary; /* made by emu_store_open, removed by emu_store_close */
    uint64_t capacity;
    uint64_t used; /* at the last scan, plus what was written since */
};

/* NULL: a new temporary folder. False with errno set. */
bool emu_store_open(struct emu_store *store, const char *folder, uint64_t capacity);
void emu_store_close(struct emu_store *store);

bool emu_store_is_name(const char *name);

/* The host's path of a file; free it. NULL when that is no name. */
char *emu_store_path(const struct emu_store *store, const char *name);

/* Counts anew; what is left. */
uint64_t emu_store_free(struct emu_store *store);

/* Size of a file; false when there is none. */
bool emu_store_size(const struct emu_store *store, const char *name, uint64_t *size);
bool emu_store_delete(struct emu_store *store, const char *name);

struct emu_store_entry {
    char name[EMU_STORE_NAME_MAX + 1];
    uint64_t size;
};

/* All files by name; returns how many. Free *entries. */
size_t emu_store_list(const struct emu_store *store, struct emu_store_entry **entries);

enum emu_store_mode {
    EMU_STORE_CREATE,   /* read and write; made when missing */
    EMU_STORE_TRUNCATE, /* the same, emptied first */
    EMU_STORE_READ,
};

/* Opens a file; NULL when it can't be. Close with fclose. */
FILE *emu_store_open_file(struct emu_store *store, const char *name, enum emu_store_mode mode);

/* Writes at the file's position as much as the capacity allows; returns how much. */
size_t emu_store_write(struct emu_store *store, FILE *file, const char *bytes, size_t length);

#endif
