-- The core below Lua: waits, files, events, responses.

local FILE = "spec/local_file spec/core"

return {
  { "csrc/lua/pollset.c", "return (int)(seconds * 1000) + 1;", "return (int)(seconds * 1000);", "spec/core" },
  { "csrc/lua/pollset.c", "if (seconds > 86400)\n        return 86400000;", "", "spec/core",
    reason = "poll() waits for ever then, and not for a day" },
  { "csrc/lua/pollset.c", "set->fds[index] = set->fds[set->count];", "", "spec/core" },
  { "csrc/lua/pollset.c", "lua_toboolean(L, 3) ? POLLIN | POLLOUT : POLLIN;", "POLLIN;", "spec/core" },
  { "csrc/lua/responses.c", "self->commands[slot] = 0;", "", "spec/modem/modem_spec.lua spec/core" },
  { "csrc/lua/block.c", "size *= 2;", "size += 1;", "spec/core", reason = "it takes longer, and comes to the same" },
  { "csrc/lua/block.c", "block->owner != CORE_BLOCK_RESPONSE || block->sink == NULL", "block->sink == NULL",
    "spec/quectel/file_spec.lua" },
  { "csrc/lua/file.c", "self->transferred % 2 == 1;", "false;", FILE },
  { "csrc/lua/file.c", "from <= hashed && hashed < self->position", "from < hashed && hashed < self->position", FILE,
    reason = "what is not added as it passes is read again, which takes longer" },
  { "csrc/lua/file.c", "if ((uint64_t)bytes < self->sha256.length)", "if (false)", FILE },
  { "csrc/lua/file.c", "(size_t)from <= length + 1", "(size_t)from <= length", FILE },
  { "csrc/lua/part.c", "if (status->st_nlink > 1)", "if (status->st_nlink > 2)", FILE },
  { "csrc/lua/part.c", "return errno == EWOULDBLOCK ? errno : 0;", "return 0;", FILE },
  { "csrc/lua/part.c", "(status.st_mode & PERMISSIONS) | OWN : PERMISSIONS;", "PERMISSIONS : PERMISSIONS;", FILE },
  { "csrc/lua/part.c", "status.st_uid == geteuid() && (status", "(status", FILE },
  { "csrc/lua/path.c", "LINKS_MAX = 40", "LINKS_MAX = 1", FILE },
  { "csrc/lua/path.c", "if (length == 0 || strlen(path) < length)", "if (length == 0)", FILE },
  { "csrc/lua/path.c", "if (length >= sizeof name)", "if (length > sizeof name)", FILE },
  { "csrc/lua/sha256.c", "held < 56 ? 56 - held : 120 - held", "held <= 56 ? 56 - held : 120 - held", FILE },
  { "csrc/lua/module.c", "digits[0] != '0' || field->length == 1", "digits[0] != '0'",
    "spec/core spec/engine/boundaries_spec.lua" },
  { "csrc/lua/submit.c", "(command->text[0] | 0x20) == 'a'", "command->text[0] == 'A'", "spec/modem/modem_spec.lua" },
  { "csrc/lua/pump.c", "if (self->input_left)\n        return luaL_error", "if (false)\n        return luaL_error",
    "spec/core" },
  { "csrc/lua/interrupt.c", "pending = holds > 0;", "pending = false;", "spec/cli/commands_spec.lua" },
}
