rockspec_format = "3.0"
package = "hayes"
version = "0.1.0-1"

source = {
  url = "git+https://example.org/hayes.git",
  tag = "v0.1.0",
}

description = {
  summary = "Network and file services of serial AT modules",
  detailed = [[
TLS sockets, files and networks of Quectel cellular modules, usable from Lua scripts: coroutine-friendly sockets with
LuaSocket's contract, verified TLS, event callbacks for unsolicited result codes, over an AT engine in C.]],
  license = "MIT",
  labels = { "network", "serial", "modem", "tls" },
}

dependencies = {
  "lua >= 5.4, < 5.5",
}

-- libserialport and OpenSSL (for the emulator) are used where pkg-config finds them.
build = {
  type = "make",
  build_variables = {
    CFLAGS = "$(CFLAGS)",
    LUA = "$(LUA)",
    LUA_INCDIR = "$(LUA_INCDIR)",
    LUA_LIBDIR = "$(LUA_LIBDIR)",
  },
  install_variables = {
    LUA = "$(LUA)",
    BINDIR = "$(BINDIR)",
    INST_LUADIR = "$(LUADIR)",
    INST_LIBDIR = "$(LIBDIR)",
  },
}
