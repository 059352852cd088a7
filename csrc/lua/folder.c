/* The names in a folder of the host. */
#include "lua/core.h"

#include <dirent.h>
#include <errno.h>

#define CORE_FOLDER "hayes.core.folder"

/* When zero-initialised, it is closed. */
struct core_folder {
    DIR *stream;
};

/* folder(path) -> folder; or nil, message, name of the error */
static int open_folder(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct core_folder *self = lua_newuserdatauv(L, sizeof *self, 0);
    *self = (struct core_folder){0};
    luaL_setmetatable(L, CORE_FOLDER);
    self->stream = opendir(path);
    return self->stream != NULL ? 1 : core_push_failure(L, errno);
}

/* folder:next() -> name, in no order; nil: there are no more */
static int next_name(lua_State *L)
{
    struct core_folder *self = luaL_checkudata(L, 1, CORE_FOLDER);
    const struct dirent *entry = self->stream != NULL ? readdir(self->stream) : NULL;
    lua_pushstring(L, entry != NULL ? entry->d_name : NULL);
    return 1;
}

static int close_folder(lua_State *L)
{
    struct core_folder *self = luaL_checkudata(L, 1, CORE_FOLDER);
    if (self->stream != NULL)
        closedir(self->stream);
    self->stream = NULL;
    return 0;
}

static const luaL_Reg folder_methods[] = {
    {"next", next_name},
    {"__gc", close_folder},
    {"__close", close_folder},
    {NULL, NULL},
};

void core_open_folder(lua_State *L)
{
    core_class(L, CORE_FOLDER, folder_methods);
    lua_pushcfunction(L, open_folder);
    lua_setfield(L, -2, "folder");
}
