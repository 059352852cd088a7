-- Ctrl-C in the examples that transfer files, at a terminal: one line, status 130, and the next run goes on.

local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"
local Process = require "support.process"
local Server = require "support.ftp_server"
local Terminal = require "support.terminal"

local BYTES = ftp_lab.bytes(600000)

--- How a script of examples/ is run.
local function command(script, ...)
  return "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "FTP_PASSWORD=secret", "lua5.4",
    "examples/" .. script, ...
end

describe("Ctrl-C ends the example", function()
  local server, emulator, folder

  setup(function()
    folder = lab.folder()
    server = Server.start(folder, { name = "interrupted" })
  end)

  teardown(function() server:close() end)

  -- Slow enough that there is a middle of the transfer to be met.
  before_each(function()
    emulator = assert(hayes.emulator { resolve = { [lab.HOST] = "127.0.0.1" }, baud = 2000000 })
  end)

  after_each(function() emulator:close() end)

  --- Runs it until the file has so many bytes, and types Ctrl-C then; what the terminal shows from there on.
  local function interrupt(path, bytes, ...)
    -- What bash, which os.execute may run, leaves allocated at its end is not ours.
    local told = Process.run({ "env", "ASAN_OPTIONS=detect_leaks=0", "python3", "spec/support/on_terminal.py", path,
      bytes, command(...) }, { ours = true })
    local status, terminal, shown = told:match("^status (%S+)\nterminal (%C+)\n(.*)$")
    assert.are.same({ "130", "as before" }, { status, terminal }, told)
    return (shown:gsub("^%^C", ""):gsub("\r", ""))
  end

  --- The module takes a command at once: nothing has brought it out of data mode since.
  local function check_command_mode()
    local terminal = Terminal.open(emulator.address)
    terminal:type("AT\r")
    terminal:until_("\r\nOK\r\n")
    terminal:close()
  end

  it("upload_log.lua in the middle of an upload", function()
    local path = ftp_lab.write(folder .. "/interrupted.bin", BYTES)
    local arguments = { "upload_log.lua", "-p", emulator.address, "--apn", "internet", "--ca", folder .. "/root.pem", path,
      ("ftpes://user@%s:%d/up.bin"):format(lab.HOST, server.port) }
    local shown = interrupt(server.root .. "/up.bin", 150000, table.unpack(arguments))
    assert.is_truthy(shown:find("\ninterrupted; the next run goes on where the server stands\n$"), shown)
    assert.are.same(1, select(2, shown:gsub("%f[%a]interrupted", "")), shown)
    assert.is_nil(shown:find("traceback", 1, true), shown)
    check_command_mode()
    local words = Process.run({ command(table.unpack(arguments)) }, { ours = true })
    assert.is_truthy(words:find("resumed at byte %d+\n$"), words)
    assert.is_true(server:get "up.bin" == BYTES)
  end)

  it("mirror.lua in the middle of a file", function()
    Process.run { "mkdir", "-p", server.root .. "/pub" }
    server:put("pub/down.bin", BYTES)
    local here = folder .. "/mirrored"
    Process.run { "rm", "-rf", here }
    local arguments = { "mirror.lua", "-p", emulator.address, "--apn", "internet", "--host", lab.HOST, "--ftpport",
      server.port, "--user", "user", "/pub", here }
    local shown = interrupt(here .. "/down.bin.part", 150000, table.unpack(arguments))
    assert.are.same("\ninterrupted; the next run goes on\n", shown)
    check_command_mode()
    assert.is_true(#ftp_lab.read(here .. "/down.bin.part") >= 150000)
    local words = Process.run({ command(table.unpack(arguments)) }, { ours = true })
    assert.is_truthy(words:find("1 files fetched", 1, true), words)
    assert.is_true(ftp_lab.read(here .. "/down.bin") == BYTES)
  end)
end)
