/* The module's flash: a folder on the host with a limit on the total size of its files.
 *
 * There are no subfolders. Names that could leave the folder or be hidden in it (with a slash or a leading
 * dot) are invalid. What is created is for its owner alone: there are private keys among the files. The host
 * may add and remove files while the emulator runs. */
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
    bool temporary; /* created by emu_store_open and removed by emu_store_close */
    uint64_t capacity;
    uint64_t used; /* at the last scan, plus bytes written since */
};

/* NULL: creates a temporary folder. Returns false with errno set. */
bool emu_store_open(struct emu_store *store, const char *folder, uint64_t capacity);
void emu_store_close(struct emu_store *store);

bool emu_store_is_name(const char *name);

/* Returns the host path of a file, which the caller must free, or NULL if the name is invalid. */
char *emu_store_path(const struct emu_store *store, const char *name);

/* Rescans the folder and returns the free space. */
uint64_t emu_store_free(struct emu_store *store);

/* Returns the size of a file. False: there is no such file. */
bool emu_store_size(const struct emu_store *store, const char *name, uint64_t *size);
bool emu_store_delete(struct emu_store *store, const char *name);

struct emu_store_entry {
    char name[EMU_STORE_NAME_MAX + 1];
    uint64_t size;
};

/* Lists all files by name and returns their number. The caller must free *entries. */
size_t emu_store_list(const struct emu_store *store, struct emu_store_entry **entries);

enum emu_store_mode {
    EMU_STORE_CREATE,   /* read and write; created if missing */
    EMU_STORE_TRUNCATE, /* the same, but truncated first */
    EMU_STORE_READ,
};

/* Opens a file, to be closed with fclose. Returns NULL on failure. */
FILE *emu_store_open_file(struct emu_store *store, const char *name, enum emu_store_mode mode);

/* Writes as much as the capacity allows at the current position and returns that number. */
size_t emu_store_write(struct emu_store *store, FILE *file, const char *bytes, size_t length);

#endif
