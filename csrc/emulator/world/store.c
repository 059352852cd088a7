#define _GNU_SOURCE
#include "emulator/world/store.h"

#include "emulator/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool emu_store_open(struct emu_store *store, const char *folder, uint64_t capacity)
{
    *store = (struct emu_store){.capacity = capacity};
    if (folder) {
        struct stat status;
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return false;
        if (stat(folder, &status) != 0)
            return false;
        if (!S_ISDIR(status.st_mode)) {
            errno = ENOTDIR;
            return false;
        }
        store->folder = emu_copy_text(folder);
        return true;
    }
    const char *parent = getenv("TMPDIR");
    store->folder = emu_text("%s/hayes-emulator-XXXXXX", parent && *parent ? parent : "/tmp");
    store->temporary = mkdtemp(store->folder) != NULL;
    return store->temporary;
}

void emu_store_close(struct emu_store *store)
{
    if (store->temporary) {
        struct emu_store_entry *entries;
        size_t count = emu_store_list(store, &entries);
        for (size_t i = 0; i < count; i++)
            emu_store_delete(store, entries[i].name);
        free(entries);
        rmdir(store->folder);
    }
    free(store->folder);
    *store = (struct emu_store){0};
}

bool emu_store_is_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > EMU_STORE_NAME_MAX || *name == '.')
        return false;
    for (; *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7f || strchr("/\\:*?\"<>|", *name))
            return false;
    return true;
}

char *emu_store_path(const struct emu_store *store, const char *name)
{
    return emu_store_is_name(name) ? emu_text("%s/%s", store->folder, name) : NULL;
}

bool emu_store_size(const struct emu_store *store, const char *name, uint64_t *size)
{
    char *path = emu_store_path(store, name);
    struct stat status;
    bool found = path && lstat(path, &status) == 0 && S_ISREG(status.st_mode);
    if (found)
        *size = (uint64_t)status.st_size;
    free(path);
    return found;
}

bool emu_store_delete(struct emu_store *store, const char *name)
{
    char *path = emu_store_path(store, name);
    bool deleted = path && unlink(path) == 0;
    free(path);
    return deleted;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct emu_store_entry *)a)->name, ((const struct emu_store_entry *)b)->name);
}

size_t emu_store_list(const struct emu_store *store, struct emu_store_entry **entries)
{
    size_t count = 0, size = 0;
    *entries = NULL;
    DIR *folder = opendir(store->folder);
    struct dirent *found;
    while (folder && (found = readdir(folder))) {
        uint64_t bytes;
        if (!emu_store_size(store, found->d_name, &bytes))
            continue;
        if (count == size) {
            size = size ? size * 2 : 16;
            *entries = emu_resize(*entries, size * sizeof **entries);
        }
        struct emu_store_entry *entry = &(*entries)[count++];
        memcpy(entry->name, found->d_name, strlen(found->d_name) + 1);
        entry->size = bytes;
    }
    if (folder)
        closedir(folder);
    if (count > 0)
        qsort(*entries, count, sizeof **entries, by_name);
    return count;
}

uint64_t emu_store_free(struct emu_store *store)
{
    struct emu_store_entry *entries;
    size_t count = emu_store_list(store, &entries);
    store->used = 0;
    for (size_t i = 0; i < count; i++)
        store->used += entries[i].size;
    free(entries);
    return store->used < store->capacity ? store->capacity - store->used : 0;
}

FILE *emu_store_open_file(struct emu_store *store, const char *name, enum emu_store_mode mode)
{
    int flags = O_RDWR | O_CREAT;
    switch (mode) {
    case EMU_STORE_CREATE:
        break;
    case EMU_STORE_TRUNCATE:
        flags |= O_TRUNC;
        break;
    case EMU_STORE_READ:
        flags = O_RDONLY;
        break;
    }
    char *path = emu_store_path(store, name);
    int fd = path ? open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600)
                  : -1; /* there may be keys in it */
    free(path);
    if (fd < 0)
        return NULL;
    FILE *file = fdopen(fd, mode == EMU_STORE_READ ? "r" : "r+");
    if (!file)
        close(fd);
    emu_store_free(store);
    return file;
}

size_t emu_store_write(struct emu_store *store, FILE *file, const char *bytes, size_t length)
{
    struct stat status;
    off_t at = ftello(file);
    if (at < 0 || fflush(file) != 0 || fstat(fileno(file), &status) != 0)
        return 0;
    uint64_t overwritten = status.st_size > at ? (uint64_t)(status.st_size - at) : 0;
    uint64_t left = store->used < store->capacity ? store->capacity - store->used : 0;
    if (length > left + overwritten)
        length = (size_t)(left + overwritten);
    size_t written = fwrite(bytes, 1, length, file);
    if (fflush(file) != 0)
        written = 0;
    if (written > overwritten)
        store->used += written - overwritten;
    return written;
}
