-- Calls of the system fail, each in turn and for several reasons, in a program of its own: a preloaded shim makes them do so.
-- What fails is the call of the library, with the system's words; no descriptor stays open, and the next call works.

local folders = require "support.folder"
local hayes = require "hayes"
local Process = require "support.process"
local shim = require "support.shim"

local build = os.getenv("HAYES_BUILD") or "build"

describe("When a call of the system fails, the library says so, leaves no descriptor open, and goes on:", function()
  local folder, emulator, preload

  setup(function()
    folder = folders.absolute(folders.new "faults")
    Process.run { "ln", "-sfn", "data", folder .. "/data.link" }
    emulator = assert(hayes.emulator())
    shim.add(folder, "ttyUSB7", emulator.address, 2)
    preload = ("%s %s %s"):format(os.getenv("LD_PRELOAD") or "", shim.compile(folder, "fault_shim"),
      shim.compile(folder, "tty_shim"))
  end)

  teardown(function() emulator:close() end)

  --- How many calls were made to fail; raises what was wrong then.
  local function check(use, address, ...)
    local output = Process.run { "env", "LD_PRELOAD=" .. preload, "TTY_SHIM=" .. folder,
      "LUA_PATH=lua/?.lua;lua/?/init.lua;;", "LUA_CPATH=" .. build .. "/?.so;;", "timeout", "120", "lua5.4",
      "spec/support/fault_check.lua", use, address, ... }
    local places = math.tointeger(tonumber(output:match("places (%d+)\n$")))
    assert.is_truthy(places, output)
    assert.is_nil(output:find("wrong", 1, true), output)
    return places
  end

  it("a TCP port", function() assert.is_true(check("tcp", "") > 100) end)
  it("a Unix port", function() assert.is_true(check("unix", folder .. "/socket") > 100) end)
  it("a tty", function() assert.is_true(check("tty", emulator.address) > 100) end)
  it("a serial line", function() assert.is_true(check("tty", "/dev/ttyUSB7") > 100) end)
  it("the module's end of a pty", function() assert.is_true(check("pty", "") > 50) end)
  it("the list of ports", function() assert.is_true(check("ports", "") > 20) end)
  it("a listener and its client", function() assert.is_true(check("listen", "") > 50) end)
  it("waiting", function() assert.is_true(check("waiting", "") > 20) end)
  it("a file", function() assert.is_true(check("files", folder .. "/data") > 300) end)
end)
