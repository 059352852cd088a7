-- What a module or a server says, shown on a terminal, does not command that: control characters are printed as `\x1b`.

local Process = require "support.process"
local Program = require "support.hayes_program"
local hayes = require "hayes"
local printable = require "hayes.cli.printable"

local EVIL = "\27[2J\27]0;title\7\8\127\0\xC2\x9B31m"

describe("What the command hayes prints", function()
  it("holds no control character but line ends, tabs and colours", function()
    assert.are.same("a\\x1b[2J\\x1b]0;title\\x07\\x08\\x7f\\x00\\x9b31mb", printable("a" .. EVIL .. "b"))
    assert.are.same("a\n\tb\27[31mc\27[0m", printable "a\r\n\tb\27[31mc\27[0m")
    assert.are.same("größer — ja", printable "größer — ja")
    for byte = 0, 255 do
      local shown = printable("x" .. string.char(byte) .. "y")
      assert.is_nil(shown:find("[%z\1-\8\11-\31\127]"), byte)
    end
  end)

  it("is so of texts of the module, of errors and of explanations", function()
    local emulator <close> = assert(hayes.emulator {})
    for _, words in ipairs { { "explain", '+QIND: "' .. EVIL:gsub("%z", "") .. '"' }, { "explain", "\27[2Jx" },
      { "at", "AT+CSQ\27[2J" } } do
      words.env = { "HAYES_PORT=" .. emulator.address }
      local result = Program.run(words)
      assert.is_nil((result.out .. result.err):find("[%z\1-\8\11-\31\127]"), result.out .. result.err)
    end
  end)

  it("is so of the report of a task, and of a trace", function()
    local text = Process.run({ "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "sh", "-c", "lua5.4 -e '" .. [[
      local hayes = require "hayes"
      pcall(hayes.run, function()
        hayes.spawn(function() error("\27[2J\7") end)
        hayes.sleep(0.01)
      end)]] .. "' 2>&1" }, { ours = true })
    assert.is_truthy(text:find("\\x1b[2J\\x07", 1, true), text)
    local trace = {}
    local emulator <close> = assert(hayes.emulator {})
    local modem <close> = assert(hayes.open(emulator.address, { trace = function(line) trace[#trace + 1] = line end }))
    hayes.run(function()
      hayes.spawn(function() emulator:control 'urc +QIND: "\27[2J\xC2\x9B31m"' end)
      modem:wait("+QIND", 10)
    end)
    local all = table.concat(trace, "\n")
    assert.is_truthy(all:find("+QIND", 1, true))
    assert.is_nil(all:find("[%z\1-\8\11-\31\127]"), all)
    assert.is_nil(all:find("\xC2[\x80-\x9F]"), all)
  end)
end)
