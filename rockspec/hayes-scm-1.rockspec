rockspec_format = "3.0"
package = "hayes"
version = "scm-1"

source = {
  url = "git+https://example.org/hayes.git",
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

external_dependencies = {
  SERIALPORT = { header = "libserialport.h", library = "serialport" },
}

build = {
  type = "builtin",
  modules = {
    ["hayes.core"] = {
      sources = {
        "csrc/at/deferred.c",
        "csrc/at/engine.c",
        "csrc/at/fields.c",
        "csrc/at/framer.c",
        "csrc/at/match.c",
        "csrc/at/rules.c",
        "csrc/at/slot.c",
        "csrc/at/source.c",
        "csrc/at/sync.c",
        "csrc/at/trie.c",
        "csrc/lua/block.c",
        "csrc/lua/engine.c",
        "csrc/lua/file.c",
        "csrc/lua/module.c",
        "csrc/lua/pollset.c",
        "csrc/lua/port.c",
        "csrc/lua/rules.c",
        "csrc/lua/signal.c",
        "csrc/port/port.c",
        "csrc/port/serial.c",
        "csrc/port/stream.c",
        "csrc/port/tty.c",
      },
      defines = { "_DEFAULT_SOURCE", "_FILE_OFFSET_BITS=64", "HAYES_LIBSERIALPORT" },
      incdirs = { "csrc", "$(SERIALPORT_INCDIR)" },
      libdirs = { "$(SERIALPORT_LIBDIR)" },
      libraries = { "serialport" },
    },
    ["hayes.buffer"] = "lua/hayes/buffer.lua",
    ["hayes.check"] = "lua/hayes/check.lua",
    ["hayes.data_mode"] = "lua/hayes/data_mode.lua",
    ["hayes.dialect.base"] = "lua/hayes/dialect/base.lua",
    ["hayes.dialect.command"] = "lua/hayes/dialect/command.lua",
    ["hayes.dialect.compile"] = "lua/hayes/dialect/compile.lua",
    ["hayes.dialect"] = "lua/hayes/dialect/init.lua",
    ["hayes.dialect.quectel.certificate_store"] = "lua/hayes/dialect/quectel/certificate_store.lua",
    ["hayes.dialect.quectel.certificates"] = "lua/hayes/dialect/quectel/certificates.lua",
    ["hayes.dialect.quectel.checksum"] = "lua/hayes/dialect/quectel/checksum.lua",
    ["hayes.dialect.quectel.clock"] = "lua/hayes/dialect/quectel/clock.lua",
    ["hayes.dialect.quectel.commands.file"] = "lua/hayes/dialect/quectel/commands/file.lua",
    ["hayes.dialect.quectel.commands.general"] = "lua/hayes/dialect/quectel/commands/general.lua",
    ["hayes.dialect.quectel.commands.ssl"] = "lua/hayes/dialect/quectel/commands/ssl.lua",
    ["hayes.dialect.quectel.commands.tcpip"] = "lua/hayes/dialect/quectel/commands/tcpip.lua",
    ["hayes.dialect.quectel.connection"] = "lua/hayes/dialect/quectel/connection.lua",
    ["hayes.dialect.quectel.diagnosis"] = "lua/hayes/dialect/quectel/diagnosis.lua",
    ["hayes.dialect.quectel.errors"] = "lua/hayes/dialect/quectel/errors.lua",
    ["hayes.dialect.quectel.file"] = "lua/hayes/dialect/quectel/file.lua",
    ["hayes.dialect.quectel.file_parts"] = "lua/hayes/dialect/quectel/file_parts.lua",
    ["hayes.dialect.quectel.file_transfer"] = "lua/hayes/dialect/quectel/file_transfer.lua",
    ["hayes.dialect.quectel.indices"] = "lua/hayes/dialect/quectel/indices.lua",
    ["hayes.dialect.quectel"] = "lua/hayes/dialect/quectel/init.lua",
    ["hayes.dialect.quectel.ip"] = "lua/hayes/dialect/quectel/ip.lua",
    ["hayes.dialect.quectel.local_sink"] = "lua/hayes/dialect/quectel/local_sink.lua",
    ["hayes.dialect.quectel.network"] = "lua/hayes/dialect/quectel/network.lua",
    ["hayes.dialect.quectel.opener"] = "lua/hayes/dialect/quectel/opener.lua",
    ["hayes.dialect.quectel.ssl"] = "lua/hayes/dialect/quectel/ssl.lua",
    ["hayes.dialect.quectel.ssl_attempts"] = "lua/hayes/dialect/quectel/ssl_attempts.lua",
    ["hayes.dialect.quectel.ssl_contexts"] = "lua/hayes/dialect/quectel/ssl_contexts.lua",
    ["hayes.dialect.quectel.ssl_diagnosis"] = "lua/hayes/dialect/quectel/ssl_diagnosis.lua",
    ["hayes.dialect.quectel.ssl_settings"] = "lua/hayes/dialect/quectel/ssl_settings.lua",
    ["hayes.dialect.quectel.suites"] = "lua/hayes/dialect/quectel/suites.lua",
    ["hayes.dialect.quectel.tcp"] = "lua/hayes/dialect/quectel/tcp.lua",
    ["hayes.dialect.quectel.udp"] = "lua/hayes/dialect/quectel/udp.lua",
    ["hayes.dispatch"] = "lua/hayes/dispatch.lua",
    ["hayes.emulator"] = "lua/hayes/emulator.lua",
    ["hayes.error"] = "lua/hayes/error.lua",
    ["hayes.events"] = "lua/hayes/events.lua",
    ["hayes.exchange"] = "lua/hayes/exchange.lua",
    ["hayes.failure"] = "lua/hayes/failure.lua",
    hayes = "lua/hayes/init.lua",
    ["hayes.lock"] = "lua/hayes/lock.lua",
    ["hayes.loop.builtin"] = "lua/hayes/loop/builtin.lua",
    ["hayes.modem"] = "lua/hayes/modem.lua",
    ["hayes.ports"] = "lua/hayes/ports.lua",
    ["hayes.response"] = "lua/hayes/response.lua",
    ["hayes.socket"] = "lua/hayes/socket.lua",
    ["hayes.startup"] = "lua/hayes/startup.lua",
    ["hayes.trace"] = "lua/hayes/trace.lua",
    ["hayes.usb"] = "lua/hayes/usb.lua",
    ["hayes.wait"] = "lua/hayes/wait.lua",
  },
}
