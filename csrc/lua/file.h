/* Files of this host. As the source of a command's data and the sink of what it answers, their bytes go
 * between descriptor and engine without passing through Lua. */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include "at/at.h"

#include <lua.h>
#include <stdbool.h>

struct core_file;

/* NULL when the value is no file; an error when it is one that is closed. */
struct core_file *core_test_file(lua_State *L, int index);

/* Makes *source give so many bytes from where the file is. It must outlive the command. */
void core_file_source(struct core_file *file, struct at_source *source, uint64_t length);

/* Appends bytes where the file is. False once that has failed; file:failure() tells why. */
bool core_file_write(struct core_file *file, const char *bytes, size_t length);

#endif
