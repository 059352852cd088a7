-- What a module, a server or a file says, shown on a terminal, does not command that: control characters, and bytes that
-- are no UTF-8, are printed as `\x1b`.

local files = require "support.files"
local Process = require "support.process"
local Program = require "support.hayes_program"
local hayes = require "hayes"
local json = require "dkjson"
local lab = require "support.lab"
local printable = require "hayes.cli.printable"

local EVIL = "\27[2J\27]0;title\7\8\127\0\xC2\x9B31m\27[31m\x9B2J"

--- No escape sequence, no control character but line ends and tabs, nothing that is no UTF-8.
local function assert_harmless(text)
  assert.is_nil(text:find("[%z\1-\8\11-\31\127]"), text)
  assert.is_nil(text:find("\xC2[\x80-\x9F]"), text)
  assert.is_truthy(utf8.len(text), text)
end

local function write(text)
  return files.write(lab.folder() .. "/evil", text)
end

describe("What the command hayes prints", function()
  it("holds no control character but line ends and tabs, and the program's own colours alone", function()
    assert.are.same("a\\x1b[2J\\x1b]0;title\\x07\\x08\\x7f\\x00\\x9b31m\\x1b[31m\\x9b2Jb", printable.text("a" .. EVIL .. "b"))
    assert.are.same("a\n\tb\27[31mc\\x1b[31m\27[0m", printable.text("a\r\n\tb" .. printable.styled(31, "c\27[31m")))
    assert.are.same("größer — ja", printable.text "größer — ja")
    assert.are.same("c\\x1b[31m", printable.text(printable.styled(31, "c\27[31m"), false, true))
    for byte = 0, 255 do assert_harmless(printable.text("x" .. string.char(byte) .. "y")) end
  end)

  it("shows a character that came in two pieces as one, and one that never ended as bytes", function()
    local shown = printable.stream()
    assert.are.same({ "a", "é b", "", "—", "", "\\xe2\\x80" },
      { shown "a\xC3", shown "\xA9 b", shown "\xE2", shown "\x80\x94", shown "\xE2\x80", shown(nil) })
    local all = {}
    for byte in ("ö€😀" .. EVIL):gmatch "." do all[#all + 1] = shown(byte) end
    assert.are.same(printable.text("ö€😀" .. EVIL), table.concat(all) .. shown(nil))
  end)

  it("is so of texts of the module, of errors and of explanations", function()
    local emulator <close> = assert(hayes.emulator {})
    for _, words in ipairs { { "explain", '+QIND: "' .. EVIL:gsub("%z", "") .. '"' }, { "explain", "\27[2Jx" },
      { "at", "AT+CSQ\27[2J" }, { "explain", "--json", "\x9B2J" }, { "\x9B2J" } } do
      words.env = { "HAYES_PORT=" .. emulator.address }
      local result = Program.run(words)
      assert_harmless(result.out .. result.err)
    end
  end)

  it("is so of what a trace says, as text and as JSON", function()
    local path = write("2026-11-28T00:00:00.000000Z > AT+CSQ\n2026-11-28T00:00:01.000000Z < +CSQ: " .. EVIL
      .. "\n2026-11-28T00:00:01.000000Z < OK\n2026-11-28T00:00:02.000000Z > AT" .. EVIL
      .. "\n2026-11-28T00:00:09.000000Z < OK\n")
    for _, words in ipairs { { "trace", path }, { "trace", "--json", path }, { "trace", "--dialect", EVIL:gsub("%z", ""), path },
      { "trace", "--dialect", "quectel", path } } do
      local result = Program.run(words)
      assert.is_truthy(#result.out + #result.err > 0)
      assert_harmless(result.out .. result.err)
    end
    local shown = Program.in_terminal({ "trace", path, env = { "TERM=xterm" } }, {})
    assert.is_truthy(shown.out:find("\27[32m< +CSQ: \\x1b[2J", 1, true), shown.out)
    assert.are.same("+CSQ: \\x9b2J", json.decode((Program.run { "trace", "--json",
      write "2026-11-28T00:00:00.000000Z < +CSQ: \x9B2J\n" }).out)[1].text)
  end)

  it("is so of what is wrong with a dialect", function()
    local evil = ("%q"):format(EVIL)
    for _, text in ipairs { "return { name = " .. evil .. " }", "return { [" .. evil .. "] = 1 }", "error(" .. evil .. ")",
      "return " .. evil, EVIL, "return { name = 'x', commands = { { name = " .. evil .. ", what = 1 } } }",
      "local own = dofile 'examples/dialects/esp-at.lua'\nown.name = " .. evil .. "\nreturn own" } do
      local result = Program.run { "dialect", "check", write(text) }
      assert.is_truthy(#result.out + #result.err > 0)
      assert_harmless(result.out .. result.err)
    end
  end)

  it("is so of the report of a task, and of a trace", function()
    local text = Process.run({ "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "sh", "-c", "lua5.4 -e '" .. [[
      local hayes = require "hayes"
      pcall(hayes.run, function()
        hayes.spawn(function() error("\27[2J\7\x9B2J") end)
        hayes.sleep(0.01)
      end)]] .. "' 2>&1" }, { ours = true })
    assert.is_truthy(text:find("\\x1b[2J\\x07\\x9b2J", 1, true), text)
    local trace = {}
    local emulator <close> = assert(hayes.emulator {})
    local modem <close> = assert(hayes.open(emulator.address, { trace = function(line) trace[#trace + 1] = line end }))
    hayes.run(function()
      hayes.spawn(function() emulator:control 'urc +QIND: "\27[2J\xC2\x9B31m\x9B2J"' end)
      modem:wait("+QIND", 10)
    end)
    local all = table.concat(trace, "\n")
    assert.is_truthy(all:find("+QIND", 1, true))
    assert_harmless(all)
  end)

  it("is so of what the shell writes into its log", function()
    local emulator <close> = assert(hayes.emulator {})
    local path = lab.folder() .. "/shell.log"
    os.remove(path)
    Program.run { "shell", "-p", emulator.address, input = "log " .. path .. '\nprint "\\27[2J\\x9b2J"\n"\\27[31m"\n' }
    local file <close> = assert(io.open(path))
    local text = file:read "a"
    assert.is_truthy(text:find("\\x1b[2J\\x9b2J", 1, true), text)
    assert_harmless(text)
  end)
end)
