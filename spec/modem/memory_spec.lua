-- Allocations fail, at every place in turn, in a program of its own: a preloaded shim makes malloc(), calloc() and
-- realloc() do so. What fails is
-- that call, or the modem is closed; the loop goes on, and nobody waits for ever.

local folders = require "support.folder"
local Process = require "support.process"
local shims = require "support.shim"

local build = os.getenv("HAYES_BUILD") or "build"

describe("When there is no memory", function()
  local shim

  setup(function()
    local folder = folders.absolute(folders.new "memory")
    shim = shims.compile(folder, "alloc_shim")
  end)

  --- What a check prints that lets so many allocations in a row fail. A sanitizer would be asked in place of the shim.
  local function check(environment, program, ...)
    local output = Process.run { "env", environment[1] or "--", "LD_PRELOAD=" .. shim .. (environment.preload or ""),
      "LUA_PATH=lua/?.lua;lua/?/init.lua;spec/?.lua;;", "LUA_CPATH=" .. (build:gsub("/sanitized$", "")) .. "/?.so;;",
      "timeout", "120", "lua5.4", program, ... }
    local places = math.tointeger(tonumber(output:match("places (%d+)\n$")))
    assert.is_truthy(places, output)
    assert.is_nil(output:find("wrong", 1, true), output)
    return places
  end

  for _, width in ipairs { 2, 6, 20 } do
    it(("for %d allocations in a row, what comes later works"):format(width), function()
      assert.is_true(check({}, "spec/support/memory_check.lua", width) > 100)
    end)
  end

  it("ports, listeners, files and the like give an error, and leave no descriptor behind", function()
    if build:find("sanitized", 1, true) then return end
    local files = folders.absolute(folders.new "memory-files")
    -- There are no serial lines: they are looked for in an empty folder.
    local tree = files .. "/tree"
    Process.run { "mkdir", "-p", tree .. "/sys/class/tty" }
    Process.run { "gcc", "-O1", "-shared", "-fPIC", "-U_FORTIFY_SOURCE", "-o", files .. "/tty.so", "spec/support/tty_shim.c",
      "-ldl" }
    for _, width in ipairs { 1, 2, 20 } do
      assert.is_true(check({ preload = " " .. files .. "/tty.so", "TTY_SHIM=" .. tree }, "spec/support/memory_ports.lua",
        width, files) > 100)
    end
  end)

  for _, use in ipairs { "open", "tls", "ftp", "urcs", "tasks" } do
    it(("in the use %q, it ends, leaves nothing behind, and what comes later works"):format(use), function()
      -- The sanitizers see none of it.
      if build:find("sanitized", 1, true) then return end
      for _, width in ipairs { 2, 20 } do
        assert.is_true(check({}, "spec/support/memory_uses.lua", use, width, (use == "tls" or use == "ftp") and 5 or 1) > 100)
      end
    end)
  end
end)
