/* Records which lines of lua/hayes are executed. Loaded by LUA_INIT into every Lua program that the specs
 * run; not part of the library.
 *
 * $HAYES_COVERAGE is a folder. In it each source file has a file of MOST_LINES bytes, mapped and shared by
 * all processes: the byte of a line is 1 once the line has been executed. So nothing has to be merged, and
 * nothing is lost when a program is killed. Coroutines inherit the hook from the thread that creates them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#define PREFIX  "lua/hayes/"
#define PROGRAM "bin/hayes" /* made of lua/hayes/cli/program.lua, line by line */

enum {
    MOST_LINES = 4096, /* of one source file */
    MOST_FILES = 512,
    CACHE_SIZE = 1024, /* a power of two */
    NAME_SIZE = 256
};

struct source_file {
    char name[NAME_SIZE]; /* "hayes/wait.lua" */
    unsigned char *lines;
};

/* The chunk names that were seen last, by address. An address may be used again for another name. */
struct cached_name {
    const char *address;
    char text[NAME_SIZE];
    unsigned char *lines; /* NULL: the lines of this chunk are not counted */
};

static const char *folder;
static struct source_file files[MOST_FILES];
static int file_count;
static struct cached_name cache[CACHE_SIZE];

/* The name of a source file, without "lua/"; NULL for any other chunk. */
static const char *name_of(const char *source)
{
    size_t length = strlen(source);
    const char *found = NULL, *next = source;

    if (*source != '@' || length >= NAME_SIZE)
        return NULL;
    if (length > strlen(PROGRAM) && strcmp(source + length - strlen(PROGRAM), PROGRAM) == 0)
        return "hayes/cli/program.lua";
    while ((next = strstr(next, PREFIX)) != NULL)
        found = next++;
    return found == NULL ? NULL : found + strlen("lua/");
}

static unsigned char *map_lines(const char *name)
{
    char path[4096];
    char *slash;
    void *lines;
    int fd;

    slash = path + snprintf(path, sizeof path, "%s/", folder);
    snprintf(slash, sizeof path - (size_t)(slash - path), "%s", name);
    for (; *slash != '\0'; slash++) {
        if (*slash == '/')
            *slash = '%';
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd == -1)
        return NULL;
    fchmod(fd, 0666); /* specs run as different users */
    lines =
        ftruncate(fd, MOST_LINES) == 0 ? mmap(NULL, MOST_LINES, PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    close(fd);
    return lines == MAP_FAILED ? NULL : lines;
}

static unsigned char *lines_of(const char *source)
{
    const char *name = name_of(source);
    struct source_file *file;

    if (name == NULL)
        return NULL;
    for (file = files; file < files + file_count; file++) {
        if (strcmp(file->name, name) == 0)
            return file->lines;
    }
    if (file_count == MOST_FILES)
        return NULL;
    file_count++;
    snprintf(file->name, sizeof file->name, "%s", name);
    file->lines = map_lines(name);
    return file->lines;
}

static void count_line(lua_State *L, lua_Debug *debug)
{
    struct cached_name *entry;

    lua_getinfo(L, "S", debug);
    entry = &cache[((size_t)debug->source >> 4) & (CACHE_SIZE - 1)];
    if (entry->address != debug->source || strncmp(entry->text, debug->source, NAME_SIZE - 1) != 0) {
        entry->address = debug->source;
        snprintf(entry->text, sizeof entry->text, "%s", debug->source);
        entry->lines = lines_of(debug->source);
    }
    if (entry->lines != NULL && debug->currentline > 0 && debug->currentline < MOST_LINES)
        entry->lines[debug->currentline] = 1;
}

int luaopen_line_hook(lua_State *L);
int luaopen_line_hook(lua_State *L)
{
    folder = getenv("HAYES_COVERAGE");
    if (folder != NULL)
        lua_sethook(L, count_line, LUA_MASKLINE, 0);
    return 0;
}
