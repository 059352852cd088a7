#include "lua/file.h"

#include "lua/core.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct core_file {
    int fd; /* -1: closed */
    int failure;
    uint64_t done; /* bytes given or taken since it was opened or placed */
    uint16_t sum; /* of these: exclusive or of big-endian 16-bit words, an odd last byte being the high one */
    size_t at, length; /* what lies in the buffer and has not been taken */
    char buffer[32768];
};

static struct core_file *check_file(lua_State *L)
{
    struct core_file *self = luaL_checkudata(L, 1, CORE_FILE);
    if (self->fd < 0)
        luaL_error(L, "the file is closed");
    return self;
}

struct core_file *core_test_file(lua_State *L, int index)
{
    struct core_file *self = luaL_testudata(L, index, CORE_FILE);
    if (self != NULL && self->fd < 0)
        luaL_error(L, "the file is closed");
    return self;
}

static void add_to_sum(struct core_file *self, const char *bytes, size_t length)
{
    uint16_t sum = self->sum;
    bool low = self->done % 2 == 1;
    for (size_t i = 0; i < length; i++, low = !low)
        sum ^= (uint16_t)(low ? (unsigned char)bytes[i] : (unsigned char)bytes[i] << 8);
    self->sum = sum;
    self->done += length;
}

static size_t peek(void *context, const char **bytes)
{
    struct core_file *self = context;
    if (self->at == self->length && self->failure == 0) {
        ssize_t count = read(self->fd, self->buffer, sizeof self->buffer);
        self->at = 0;
        self->length = count > 0 ? (size_t)count : 0;
        if (count <= 0) /* it has become shorter: the command will time out */
            self->failure = count < 0 ? errno : ENODATA;
    }
    *bytes = self->buffer + self->at;
    return self->length - self->at;
}

static void took(void *context, size_t length)
{
    struct core_file *self = context;
    add_to_sum(self, self->buffer + self->at, length);
    self->at += length;
}

void core_file_source(struct core_file *file, struct at_source *source, uint64_t length)
{
    *source = (struct at_source){.peek = peek, .took = took, .context = file, .left = length};
}

bool core_file_write(struct core_file *file, const char *bytes, size_t length)
{
    size_t written = 0;
    while (written < length && file->failure == 0) {
        ssize_t count = write(file->fd, bytes + written, length - written);
        if (count > 0)
            written += (size_t)count;
        else if (errno != EINTR)
            file->failure = errno;
    }
    add_to_sum(file, bytes, written);
    return file->failure == 0;
}

static int fail(lua_State *L, int number)
{
    lua_pushnil(L);
    lua_pushstring(L, strerror(number));
    return 2;
}

/* file(path, "r"|"w") -> file, or nil, the system's words. "w" keeps what the file has. */
static int new_file(lua_State *L)
{
    static const char *const modes[] = {"r", "w", NULL};
    const char *path = luaL_checkstring(L, 1);
    int flags = luaL_checkoption(L, 2, "r", modes) == 0 ? O_RDONLY : O_RDWR | O_CREAT;
    struct core_file *self = lua_newuserdatauv(L, sizeof *self, 0);
    memset(self, 0, offsetof(struct core_file, buffer));
    self->fd = open(path, flags | O_CLOEXEC, 0666);
    int number = errno;
    luaL_setmetatable(L, CORE_FILE);
    struct stat status;
    if (self->fd >= 0 && fstat(self->fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        close(self->fd);
        self->fd = -1;
        number = EISDIR;
    }
    return self->fd >= 0 ? 1 : fail(L, number);
}

/* file:size() -> bytes */
static int size(lua_State *L)
{
    struct stat status;
    if (fstat(check_file(L)->fd, &status) != 0)
        return fail(L, errno);
    lua_pushinteger(L, (lua_Integer)status.st_size);
    return 1;
}

/* file:place(offset) -> true, or nil, words: goes on there; sum and count begin anew */
static int place(lua_State *L)
{
    struct core_file *self = check_file(L);
    if (lseek(self->fd, (off_t)luaL_checkinteger(L, 2), SEEK_SET) < 0)
        return fail(L, errno);
    self->at = self->length = 0;
    self->sum = 0;
    self->done = 0;
    self->failure = 0;
    lua_pushboolean(L, true);
    return 1;
}

/* file:truncate(bytes) -> true, or nil, words */
static int truncate_file(lua_State *L)
{
    if (ftruncate(check_file(L)->fd, (off_t)luaL_checkinteger(L, 2)) != 0)
        return fail(L, errno);
    lua_pushboolean(L, true);
    return 1;
}

/* file:sync() -> true, or nil, words: what was written survives a power cut */
static int sync_file(lua_State *L)
{
    if (fsync(check_file(L)->fd) != 0 && errno != EINVAL)
        return fail(L, errno);
    lua_pushboolean(L, true);
    return 1;
}

/* file:done() -> bytes, sum (see the struct) since it was opened or placed */
static int done(lua_State *L)
{
    struct core_file *self = check_file(L);
    lua_pushinteger(L, (lua_Integer)self->done);
    lua_pushinteger(L, self->sum);
    return 2;
}

/* file:failure() -> the system's words for the first read or write that failed, or nil */
static int failure(lua_State *L)
{
    struct core_file *self = check_file(L);
    if (self->failure == ENODATA)
        lua_pushliteral(L, "the file has become shorter");
    else if (self->failure != 0)
        lua_pushstring(L, strerror(self->failure));
    else
        lua_pushnil(L);
    return 1;
}

static int close_file(lua_State *L)
{
    struct core_file *self = luaL_checkudata(L, 1, CORE_FILE);
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
    return 0;
}

static const luaL_Reg methods[] = {
    {"size", size},          {"place", place},     {"truncate", truncate_file}, {"sync", sync_file},
    {"done", done},          {"failure", failure}, {"close", close_file},       {"__gc", close_file},
    {"__close", close_file}, {NULL, NULL},
};

void core_open_file(lua_State *L)
{
    core_class(L, CORE_FILE, methods);
    lua_pushcfunction(L, new_file);
    lua_setfield(L, -2, "file");
}
