#include "emulator/quectel/file/files.h"

#include "emulator/alloc.h"
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/quectel.h"

#include <stdlib.h>
#include <string.h>

enum {
    CARD_SIZE = 16 << 20,
    PATH_MAX_LENGTH = 127,
};

bool quectel_files_init(struct quectel *quectel)
{
    if (!quectel->model->sd_card)
        return true;
    const struct emu_store *flash = &quectel->emu->store;
    char *folder = flash->temporary ? NULL : emu_text("%s/.sd", flash->folder);
    bool opened = emu_store_open(&quectel->files->card, folder, CARD_SIZE);
    free(folder);
    return opened;
}

void quectel_files_reset(struct quectel *quectel)
{
    for (int i = 0; i < QUECTEL_OPEN_FILES; i++) {
        if (quectel->files->open[i].file)
            fclose(quectel->files->open[i].file);
        quectel->files->open[i] = (struct quectel_file){0};
    }
}

void quectel_files_free(struct quectel *quectel)
{
    quectel_files_reset(quectel);
    emu_store_close(&quectel->files->card);
}

/* Returns the storage of a path or pattern, and the text after the prefix. */
static struct emu_store *storage_of(struct quectel *quectel, const char *path, const char **rest)
{
    const char *colon = strchr(path, ':');
    *rest = colon ? colon + 1 : path;
    if (!colon || strncmp(path, "UFS:", 4) == 0)
        return &quectel->emu->store;
    if (strncmp(path, "SD:", 3) == 0 && quectel->files->card.folder)
        return &quectel->files->card;
    return NULL;
}

struct emu_store *quectel_file_store(struct quectel *quectel, const char *path, const char **name)
{
    struct emu_store *store = storage_of(quectel, path, name);
    return store && emu_store_is_name(*name) ? store : NULL;
}

static const char *prefix_of(const struct quectel *quectel, const struct emu_store *store)
{
    return store == &quectel->emu->store ? "UFS:" : "SD:";
}

struct quectel_file *quectel_file_of(struct quectel *quectel, long long handle)
{
    if (handle < 1 || handle > QUECTEL_OPEN_FILES || !quectel->files->open[handle - 1].file)
        return NULL;
    return &quectel->files->open[handle - 1];
}

/* Returns the name with its prefix, so that "a" and "UFS:a" compare equal. */
static void full_name(struct quectel *quectel, const char *path, char full[EMU_STORE_NAME_MAX + 8])
{
    const char *name;
    const struct emu_store *store = quectel_file_store(quectel, path, &name);
    snprintf(full, EMU_STORE_NAME_MAX + 8, "%s%s", store ? prefix_of(quectel, store) : "", name);
}

bool quectel_file_is_open(struct quectel *quectel, const char *path)
{
    char full[EMU_STORE_NAME_MAX + 8];
    full_name(quectel, path, full);
    for (int i = 0; i < QUECTEL_OPEN_FILES; i++)
        if (quectel->files->open[i].file && strcmp(quectel->files->open[i].name, full) == 0)
            return true;
    return false;
}

static struct emu_result show_space(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    const char *storage = emu_param_string(call, 0, 8), *rest;
    if (!storage || call->count > 1)
        return emu_cme(QUECTEL_FILE_INVALID_INPUT);
    char prefix[10];
    snprintf(prefix, sizeof prefix, "%s:", storage);
    struct emu_store *store = strchr(storage, ':') ? NULL : storage_of(quectel, prefix, &rest);
    if (!store)
        return emu_cme(QUECTEL_FILE_DISK_INFO_FAILED);
    emu_info(call->emu, "+QFLDS: %llu,%llu", (unsigned long long)emu_store_free(store),
             (unsigned long long)store->capacity);
    return emu_ok();
}

static struct emu_result show_use(struct emu_call *call)
{
    struct emu_store *store = &call->emu->store;
    struct emu_store_entry *entries;
    size_t count = emu_store_list(store, &entries);
    unsigned long long used = 0;
    for (size_t i = 0; i < count; i++)
        used += entries[i].size;
    free(entries);
    emu_info(call->emu, "+QFLDS: %llu,%zu", used, count);
    return emu_ok();
}

static void list_all(struct emu *emu, const struct quectel *quectel, const struct emu_store *store)
{
    struct emu_store_entry *entries;
    size_t count = emu_store_list(store, &entries);
    for (size_t i = 0; i < count; i++)
        emu_info(emu, "+QFLST: \"%s%s\",%llu", prefix_of(quectel, store), entries[i].name,
                 (unsigned long long)entries[i].size);
    free(entries);
}

/* The prefix is always printed, as by EG800K. */
static struct emu_result list_files(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    const char *pattern = call->form == EMU_EXECUTE ? "*" : emu_param_string(call, 0, PATH_MAX_LENGTH), *name;
    if (!pattern || call->count > 1)
        return emu_cme(QUECTEL_FILE_INVALID_INPUT);
    struct emu_store *store = storage_of(quectel, pattern, &name);
    uint64_t size;
    if (store && strcmp(name, "*") == 0) {
        list_all(call->emu, quectel, store);
        return emu_ok();
    }
    if (!store || !emu_store_is_name(name))
        return emu_cme(QUECTEL_FILE_INVALID_NAME);
    if (!emu_store_size(store, name, &size))
        return emu_cme(QUECTEL_FILE_NOT_FOUND);
    emu_info(call->emu, "+QFLST: \"%s%s\",%llu", prefix_of(quectel, store), name, (unsigned long long)size);
    return emu_ok();
}

static struct emu_result delete_one(struct quectel *quectel, struct emu_store *store, const char *name)
{
    uint64_t size;
    char path[EMU_STORE_NAME_MAX + 8];
    if (!emu_store_size(store, name, &size))
        return emu_cme(QUECTEL_FILE_NOT_FOUND);
    snprintf(path, sizeof path, "%s%s", prefix_of(quectel, store), name);
    if (quectel_file_is_open(quectel, path))
        return emu_cme(QUECTEL_FILE_ALREADY_OPEN);
    return emu_store_delete(store, name) ? emu_ok() : emu_cme(QUECTEL_FILE_DELETE_FAILED);
}

static struct emu_result delete_all(struct quectel *quectel, struct emu_store *store)
{
    struct emu_store_entry *entries;
    size_t count = emu_store_list(store, &entries);
    struct emu_result result = emu_ok();
    for (size_t i = 0; i < count && result.outcome == EMU_RESULT_OK; i++)
        result = delete_one(quectel, store, entries[i].name);
    free(entries);
    return result;
}

static struct emu_result delete_files(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    const char *path = emu_param_string(call, 0, PATH_MAX_LENGTH), *name;
    if (!path || call->count > 1)
        return emu_cme(QUECTEL_FILE_INVALID_INPUT);
    struct emu_store *store = storage_of(quectel, path, &name);
    if (store && strcmp(name, "*") == 0)
        return delete_all(quectel, store);
    if (!store || !emu_store_is_name(name))
        return emu_cme(QUECTEL_FILE_INVALID_NAME);
    return delete_one(quectel, store, name);
}

static struct emu_result open_file(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    const char *path = emu_param_string(call, 0, PATH_MAX_LENGTH), *name;
    long long mode = EMU_STORE_CREATE;
    uint64_t size;
    if (!path || call->count > 2 || !emu_param_option(call, 1, 0, 2, &mode))
        return emu_cme(QUECTEL_FILE_INVALID_INPUT);
    struct emu_store *store = quectel_file_store(quectel, path, &name);
    if (!store)
        return emu_cme(QUECTEL_FILE_INVALID_NAME);
    if (quectel_file_is_open(quectel, path))
        return emu_cme(QUECTEL_FILE_ALREADY_OPEN);
    if (mode == EMU_STORE_READ && !emu_store_size(store, name, &size))
        return emu_cme(QUECTEL_FILE_NOT_FOUND);
    int handle = 1;
    while (handle <= QUECTEL_OPEN_FILES && quectel_file_of(quectel, handle))
        handle++;
    if (handle > QUECTEL_OPEN_FILES)
        return emu_cme(QUECTEL_FILE_TOO_MANY_OPEN);
    struct quectel_file *file = &quectel->files->open[handle - 1];
    file->file = emu_store_open_file(store, name, (enum emu_store_mode)mode);
    if (!file->file)
        return emu_cme(QUECTEL_FILE_OPEN_FAILED);
    file->mode = (enum emu_store_mode)mode;
    full_name(quectel, path, file->name);
    emu_info(call->emu, "+QFOPEN: %d", handle);
    return emu_ok();
}

static struct emu_result list_open(struct emu_call *call)
{
    const struct quectel_file *files = quectel_of(call->emu)->files->open;
    for (int i = 0; i < QUECTEL_OPEN_FILES; i++)
        if (files[i].file)
            emu_info(call->emu, "+QFOPEN: \"%s\",%d,%d", files[i].name, i + 1, (int)files[i].mode);
    return emu_ok();
}

/* Returns the open file given by the first parameter, or NULL. */
static struct quectel_file *file_param(struct emu_call *call)
{
    long long handle;
    return emu_param_number(call, 0, 0, INT32_MAX, &handle) ? quectel_file_of(quectel_of(call->emu), handle)
                                                            : NULL;
}

static struct emu_result seek(struct emu_call *call)
{
    static const int whence[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    struct quectel_file *file = file_param(call);
    long long offset, from = 0;
    if (!file)
        return emu_cme(QUECTEL_FILE_BAD_HANDLE);
    if (call->count > 3 || !emu_param_number(call, 1, INT32_MIN, UINT32_MAX, &offset) ||
        !emu_param_option(call, 2, 0, 2, &from))
        return emu_cme(QUECTEL_FILE_INVALID_INPUT);
    off_t before = ftello(file->file), after = -1, size = 0;
    if (fseeko(file->file, (off_t)offset, whence[from]) == 0)
        after = ftello(file->file);
    if (fseeko(file->file, 0, SEEK_END) == 0)
        size = ftello(file->file);
    bool inside = after >= 0 && after <= size;
    fseeko(file->file, inside ? after : before, SEEK_SET);
    return inside ? emu_ok() : emu_cme(QUECTEL_FILE_INVALID_PARAMETER);
}

static struct emu_result show_position(struct emu_call *call)
{
    struct quectel_file *file = file_param(call);
    if (!file || call->count > 1)
        return emu_cme(QUECTEL_FILE_BAD_HANDLE);
    emu_info(call->emu, "+QFPOSITION: %lld", (long long)ftello(file->file));
    return emu_ok();
}

static struct emu_result close_file(struct emu_call *call)
{
    struct quectel_file *file = file_param(call);
    if (!file || call->count > 1)
        return emu_cme(QUECTEL_FILE_BAD_HANDLE);
    fclose(file->file);
    *file = (struct quectel_file){0};
    return emu_ok();
}

const struct emu_command quectel_files_commands[] = {
    {.name = "+QFLDS", .write = show_space, .execute = show_use, .ranges = ""},
    {.name = "+QFLST", .write = list_files, .execute = list_files, .ranges = ""},
    {.name = "+QFDEL", .write = delete_files, .ranges = "<filename>"},
    {.name = "+QFOPEN", .write = open_file, .read = list_open, .ranges = "<filename>[,(0-2)]"},
    {.name = "+QFSEEK", .write = seek, .ranges = "<filehandle>,<offset>[,(0-2)]"},
    {.name = "+QFPOSITION", .write = show_position, .ranges = "<filehandle>"},
    {.name = "+QFCLOSE", .write = close_file, .ranges = "<filehandle>"},
    {0},
};
