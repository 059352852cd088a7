/* Files of the host. As the source of a command's data, or the sink of its answer, their bytes pass between
 * descriptor and engine without entering Lua. */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include "at/at.h"

#include <lua.h>
#include <stdbool.h>

struct core_file;

/* NULL when the value is not a file. Raises an error when the file is closed. */
struct core_file *core_test_file(lua_State *L, int index);

/* Makes *source read `length` bytes from the current position. The file must outlive the command. */
void core_file_source(struct core_file *file, struct at_source *source, uint64_t length);

/* Writes bytes at the current position. False once a write has failed; file:failure() has the reason. */
bool core_file_write(struct core_file *file, const char *bytes, size_t length);

#endif
