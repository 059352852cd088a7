#include "lua/file.h"

#include "lua/core.h"
#include "lua/part.h"
#include "lua/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct core_file {
    int fd; /* -1: closed */
    bool is_fifo;
    int failure;
    uint64_t transferred; /* bytes read or written since it was opened, or since seek() */
    uint16_t xor16;    /* checksum of these: exclusive or of big-endian 16-bit words; an odd last byte is the
                          high one */
    bool is_hashing;   /* digest() has been called */
    uint64_t position; /* in the file, of the next byte that the engine gets or gives */
    struct sha256 sha256; /* of the first bytes of the file */
    size_t at, length;    /* unread bytes in the buffer */
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

/* Bytes that have just passed; those that the digest has already are the same as then. */
static void add_to_digest(struct core_file *self, const char *bytes, size_t length)
{
    uint64_t from = self->position, hashed = self->sha256.length;
    self->position += length;
    if (self->is_hashing && from <= hashed && hashed < self->position)
        sha256_add(&self->sha256, bytes + (hashed - from), (size_t)(self->position - hashed));
}

static void add_to_checksums(struct core_file *self, const char *bytes, size_t length)
{
    add_to_digest(self, bytes, length);
    uint16_t xor16 = self->xor16;
    bool low = self->transferred % 2 == 1;
    for (size_t i = 0; i < length; i++, low = !low)
        xor16 ^= (uint16_t)(low ? (unsigned char)bytes[i] : (unsigned char)bytes[i] << 8);
    self->xor16 = xor16;
    self->transferred += length;
}

static size_t peek(void *context, const char **bytes)
{
    struct core_file *self = context;
    if (self->at == self->length && self->failure == 0) {
        ssize_t count = read(self->fd, self->buffer, sizeof self->buffer);
        self->at = 0;
        self->length = count > 0 ? (size_t)count : 0;
        if (count <= 0) /* the file has become shorter: the command will time out */
            self->failure = count < 0 ? errno : ENODATA;
    }
    *bytes = self->buffer + self->at;
    return self->length - self->at;
}

static void consume(void *context, size_t length)
{
    struct core_file *self = context;
    add_to_checksums(self, self->buffer + self->at, length);
    self->at += length;
}

void core_file_source(struct core_file *file, struct at_source *source, uint64_t length)
{
    *source = (struct at_source){.peek = peek, .consume = consume, .context = file, .remaining = length};
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
    add_to_checksums(file, bytes, written);
    return file->failure == 0;
}

enum mode {
    READ,
    PART,     /* created if missing, otherwise kept; also readable (see part_open) */
    APPEND,   /* created if missing */
    EXISTING, /* never created */
    PRIVATE,  /* to be read, and made by this user; see private_open */
    NEW,      /* to be written, for this user only, in place of what is there; see private_create */
    INPUT,    /* standard input; see input_open */
};

static const int open_flags[] = {
    [READ] = O_RDONLY,
    [APPEND] = O_WRONLY | O_APPEND | O_CREAT,
    [EXISTING] = O_WRONLY,
};

/* Pushes nil, message, name if this is a folder or cannot be inspected, and returns 3; otherwise returns 0.
 */
static int refuse_folder(lua_State *L, struct core_file *self)
{
    struct stat status;
    int number = fstat(self->fd, &status) == 0 ? 0 : errno;
    if (number == 0 && S_ISDIR(status.st_mode))
        number = EISDIR;
    if (number != 0)
        return core_push_failure(L, number);
    self->is_fifo = S_ISFIFO(status.st_mode);
    return 0;
}

/* Opened anew where that is allowed, so that O_NONBLOCK is not set for the program that gave it. A terminal
 * or pipe of another user (sudo -u, su) and a socket cannot be opened: then it is the descriptor itself,
 * which read_some() reads only where poll() has said that there is something. */
static int input_open(void)
{
    int fd = open("/dev/stdin", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd >= 0 ? fd : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static int open_in(enum mode mode, const char *path)
{
    if (mode == INPUT)
        return input_open();
    if (mode == PRIVATE)
        return private_open(path);
    if (mode == NEW)
        return private_create(path);
    return open(path, open_flags[mode] | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
}

/* file(path, mode, target) -> file, or nil, message, name (see core_push_failure). The modes are those of
 * enum mode; target is for PART: the path of the file to replace; INPUT takes no notice of the path. Neither
 * this nor a later call blocks; a FIFO without a reader cannot be opened for writing. */
static int new_file(lua_State *L)
{
    static const char *const modes[] = {"read",    "part", "append", "existing",
                                        "private", "new",  "input",  NULL};
    const char *path = luaL_checkstring(L, 1);
    enum mode mode = (enum mode)luaL_checkoption(L, 2, NULL, modes);
    const char *target = luaL_optstring(L, 3, NULL), *refusal = NULL;
    struct core_file *self = lua_newuserdatauv(L, sizeof *self, 0);
    memset(self, 0, offsetof(struct core_file, buffer));
    self->fd = mode == PART ? part_open(path, target, &refusal) : open_in(mode, path);
    int number = errno;
    luaL_setmetatable(L, CORE_FILE);
    if (refusal != NULL) {
        lua_pushnil(L);
        lua_pushstring(L, refusal);
        return 2;
    }
    if (self->fd < 0)
        return core_push_failure(L, number);
    int refused = refuse_folder(L, self);
    if (refused == 0)
        return 1;
    close(self->fd);
    self->fd = -1;
    return refused;
}

/* file:size() -> bytes; the capacity of a block device */
static int size(lua_State *L)
{
    struct stat status;
    int fd = check_file(L)->fd;
    if (fstat(fd, &status) != 0)
        return core_push_failure(L, errno);
    off_t bytes = S_ISBLK(status.st_mode) ? lseek(fd, 0, SEEK_END) : status.st_size;
    if (bytes < 0)
        return core_push_failure(L, errno);
    lua_pushinteger(L, (lua_Integer)bytes);
    return 1;
}

/* file:read(offset, length) -> up to `length` bytes at that offset, "" at or after the end; or nil, message,
 * name */
static int read_at(lua_State *L)
{
    int fd = check_file(L)->fd;
    off_t offset = (off_t)luaL_checkinteger(L, 2);
    lua_Integer most = luaL_checkinteger(L, 3);
    luaL_argcheck(L, most >= 0, 3, "must not be negative");
    size_t length = (size_t)most, got = 0;
    luaL_Buffer bytes;
    char *at = luaL_buffinitsize(L, &bytes, length);
    while (got < length) {
        ssize_t count = pread(fd, at + got, length - got, offset + (off_t)got);
        if (count < 0 && errno != EINTR)
            return core_push_failure(L, errno);
        if (count == 0)
            break;
        got += count > 0 ? (size_t)count : 0;
    }
    luaL_pushresultsize(&bytes, got);
    return 1;
}

/* file:read_some(most) -> up to `most` next bytes of a stream; "" at its end; false: none at the moment; or
 * nil, message, name. A FIFO that nobody has opened for writing yet gives false; read() alone would report
 * its end. */
static int read_some(lua_State *L)
{
    struct pollfd poller = {.fd = check_file(L)->fd, .events = POLLIN};
    lua_Integer most = luaL_checkinteger(L, 2);
    luaL_argcheck(L, most >= 0, 2, "must not be negative");
    luaL_Buffer bytes;
    char *at = luaL_buffinitsize(L, &bytes, (size_t)most);
    ssize_t count = -1;
    errno = EAGAIN;
    if (poll(&poller, 1, 0) > 0)
        count = read(poller.fd, at, (size_t)most);
    if (count >= 0) {
        luaL_pushresultsize(&bytes, (size_t)count);
        return 1;
    }
    if (errno != EAGAIN && errno != EINTR)
        return core_push_failure(L, errno);
    lua_pushboolean(L, false);
    return 1;
}

/* write() that cannot end the process by SIGPIPE when a FIFO has no reader. */
static ssize_t write_quietly(int fd, const char *bytes, size_t length)
{
    sigset_t broken, before, pending;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &broken, &before);
    ssize_t count = write(fd, bytes, length);
    int number = errno, taken;
    sigpending(&pending);
    if (count < 0 && number == EPIPE && !was_pending && sigismember(&pending, SIGPIPE) == 1)
        sigwait(&broken, &taken);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = number;
    return count;
}

/* file:write(bytes, from) -> number of bytes written, starting at index `from`; 0: none at the moment; or
 * nil, message, name */
static int write_some(lua_State *L)
{
    struct core_file *self = check_file(L);
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    lua_Integer from = luaL_optinteger(L, 3, 1);
    luaL_argcheck(L, from >= 1 && (size_t)from <= length + 1, 3, "outside the bytes");
    bytes += from - 1;
    length -= (size_t)from - 1;
    ssize_t count = self->is_fifo ? write_quietly(self->fd, bytes, length) : write(self->fd, bytes, length);
    if (count < 0 && errno != EAGAIN && errno != EINTR)
        return core_push_failure(L, errno);
    lua_pushinteger(L, count > 0 ? (lua_Integer)count : 0);
    return 1;
}

/* file:fd() -> descriptor */
static int descriptor(lua_State *L)
{
    lua_pushinteger(L, check_file(L)->fd);
    return 1;
}

/* file:seek(offset) -> true, or nil, message, name. The count and checksum of transferred() start again. */
static int seek(lua_State *L)
{
    struct core_file *self = check_file(L);
    off_t position = lseek(self->fd, (off_t)luaL_checkinteger(L, 2), SEEK_SET);
    if (position < 0)
        return core_push_failure(L, errno);
    self->position = (uint64_t)position;
    self->at = self->length = 0;
    self->xor16 = 0;
    self->transferred = 0;
    self->failure = 0;
    lua_pushboolean(L, true);
    return 1;
}

/* file:truncate(bytes) -> true, or nil, message, name */
static int truncate_file(lua_State *L)
{
    struct core_file *self = check_file(L);
    lua_Integer bytes = luaL_checkinteger(L, 2);
    if (ftruncate(self->fd, (off_t)bytes) != 0)
        return core_push_failure(L, errno);
    if ((uint64_t)bytes < self->sha256.length)
        sha256_init(&self->sha256);
    lua_pushboolean(L, true);
    return 1;
}

/* file:copy_permissions(target) -> true, or nil, message, name (see part_copy_permissions) */
static int copy_permissions(lua_State *L)
{
    int number = part_copy_permissions(check_file(L)->fd, luaL_checkstring(L, 2));
    if (number != 0)
        return core_push_failure(L, number);
    lua_pushboolean(L, true);
    return 1;
}

/* file:sync() -> true, or nil, message, name: what was written survives a power failure */
static int sync_file(lua_State *L)
{
    if (fsync(check_file(L)->fd) != 0 && errno != EINVAL)
        return core_push_failure(L, errno);
    lua_pushboolean(L, true);
    return 1;
}

/* file:transferred() -> bytes, xor16: count and checksum since it was opened, or since seek() */
static int transferred(lua_State *L)
{
    struct core_file *self = check_file(L);
    lua_pushinteger(L, (lua_Integer)self->transferred);
    lua_pushinteger(L, self->xor16);
    return 2;
}

enum {
    DIGEST_STEP = 1 << 20 /* bytes that one call of digest() reads at most: some milliseconds */
};

/* Adds bytes of the file to the digest, up to this offset or for one step. Returns 0 or an error number. */
static int read_to_digest(struct core_file *self, uint64_t end)
{
    char bytes[16384];
    for (size_t done = 0; self->sha256.length < end && done < DIGEST_STEP;) {
        uint64_t left = end - self->sha256.length;
        size_t most = left < sizeof bytes ? (size_t)left : sizeof bytes;
        ssize_t count = pread(self->fd, bytes, most, (off_t)self->sha256.length);
        if (count == 0)
            return ENODATA;
        if (count < 0 && errno != EINTR)
            return errno;
        sha256_add(&self->sha256, bytes, count > 0 ? (size_t)count : 0);
        done += count > 0 ? (size_t)count : 0;
    }
    return 0;
}

static void push_digest(lua_State *L, const struct sha256 *sha256)
{
    char hex[SHA256_HEX + 1];
    sha256_hex(sha256, hex);
    lua_pushstring(L, hex);
}

/* file:digest(length) -> SHA-256 of the first `length` bytes, in hexadecimal; false: not yet, call it again;
 * or nil, message, name. From the first call on, bytes that pass between file and engine are added as they
 * pass, and only others are read. */
static int digest(lua_State *L)
{
    struct core_file *self = check_file(L);
    lua_Integer length = luaL_checkinteger(L, 2);
    luaL_argcheck(L, length >= 0, 2, "must not be negative");
    if (!self->is_hashing || (uint64_t)length < self->sha256.length)
        sha256_init(&self->sha256);
    self->is_hashing = true;
    int number = read_to_digest(self, (uint64_t)length);
    if (number != 0)
        return core_push_failure(L, number);
    if (self->sha256.length == (uint64_t)length)
        push_digest(L, &self->sha256);
    else
        lua_pushboolean(L, false);
    return 1;
}

/* sha256(bytes) -> SHA-256 in hexadecimal */
static int sha256_of(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    struct sha256 sha256;
    sha256_init(&sha256);
    sha256_add(&sha256, bytes, length);
    push_digest(L, &sha256);
    return 1;
}

/* file:modified() -> time of its last change, in nanoseconds since 1970; or nil, message, name */
static int modified(lua_State *L)
{
    struct stat status;
    if (fstat(check_file(L)->fd, &status) != 0)
        return core_push_failure(L, errno);
    lua_pushinteger(L, (lua_Integer)status.st_mtim.tv_sec * 1000000000 + (lua_Integer)status.st_mtim.tv_nsec);
    return 1;
}

/* file:failure() -> the system's message for the first read or write that failed, or nil */
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
    {"size", size},
    {"read", read_at},
    {"read_some", read_some},
    {"write", write_some},
    {"fd", descriptor},
    {"seek", seek},
    {"truncate", truncate_file},
    {"copy_permissions", copy_permissions},
    {"sync", sync_file},
    {"transferred", transferred},
    {"failure", failure},
    {"digest", digest},
    {"modified", modified},
    {"close", close_file},
    {"__gc", close_file},
    {"__close", close_file},
    {NULL, NULL},
};

void core_open_file(lua_State *L)
{
    core_class(L, CORE_FILE, methods);
    lua_pushcfunction(L, new_file);
    lua_setfield(L, -2, "file");
    lua_pushcfunction(L, sha256_of);
    lua_setfield(L, -2, "sha256");
}
