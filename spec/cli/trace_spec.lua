-- hayes trace: what a trace says, and a module that answers as it did.

local files = require "support.files"
local Program = require "support.hayes_program"
local json = require "dkjson"
local lab = require "support.lab"

local function write(name, text)
  return files.write(lab.folder() .. "/" .. name, text)
end

local SMALL = [[
2026-11-27T23:59:59.900000Z - dialect quectel
2026-11-27T23:59:59.950000Z > AT+CSQ
2026-11-28T00:00:02.000000Z < +CSQ: 22,99
2026-11-28T00:00:02.000100Z < OK
- 2 lines are missing here (the reader was too slow)
2026-11-28T00:00:03.000000Z > AT+CPIN="***"
2026-11-28T00:00:03.100000Z < OK
]]

describe("hayes trace", function()
  it("prints a trace with dates, pauses and the fields of answers in words, and what was slow", function()
    local result = Program.run { "trace", write("small.log", SMALL) }
    assert.are.equal(0, result.status)
    assert.is_truthy(result.out:find("2026-11-27 (UTC)\n23:59:59.900", 1, true), result.out)
    assert.is_truthy(result.out:find("2026-11-28 (UTC)\n00:00:02.000    +2.050 < +CSQ: 22,99\n", 1, true), result.out)
    assert.is_truthy(result.out:find("%-69 dBm"), result.out)
    assert.is_truthy(result.err:find("1 line is none of a trace", 1, true), result.err)
    assert.is_truthy(result.err:find("the slowest: AT+CSQ 2.050 s", 1, true), result.err)
  end)

  it("prints the fields of a line whatever bytes they hold", function()
    local path = write("zero.log", SMALL:gsub("22,99", "22\0 \xff,99"))
    local result = Program.run { "trace", path }
    assert.are.equal(0, result.status, result.err)
    assert.is_truthy(result.out:find("rssi", 1, true), result.out)
  end)

  it("counts no time where the clock was set back in the middle of a trace", function()
    local path = write("back.log", [[
2026-11-27T12:00:00.000000Z > AT+CSQ
2026-11-27T11:00:00.500000Z < +CSQ: 22,99
2026-11-27T11:00:01.000000Z < OK
]])
    local result = Program.run { "trace", "--plain", path }
    assert.are.equal("2026-11-27 (UTC)\n12:00:00.000           > AT+CSQ\n11:00:00.500  set back < +CSQ: 22,99\n"
      .. "11:00:01.000    +0.500 < OK\n", result.out)
    assert.is_truthy(result.err:find("1 answered commands in 0.5 s; the slowest: AT+CSQ 0.500 s", 1, true), result.err)
  end)

  it("shows only what was slow, or holds a text", function()
    local path = write("small.log", SMALL)
    local slow = Program.run({ "trace", "--slow", "1", "--plain", path }).out
    assert.is_truthy(slow:find("> AT+CSQ", 1, true))
    assert.is_nil(slow:find("CPIN", 1, true))
    local none = Program.run { "trace", "--slow", "60", path }
    assert.are.equal('no line holds "NOWHERE"', Program.run({ "trace", "--grep", "NOWHERE", path }).err:match "^[^\n]*")
    assert.are.equal("no command took 60 s or more", none.err:match "no command[^\n]*", none.err)
    local found = Program.run({ "trace", "--grep", "CPIN", path }).out
    assert.is_nil(found:find("CSQ", 1, true))
    assert.is_truthy(found:find('> AT+CPIN="***"', 1, true))
  end)

  it("prints every item as JSON", function()
    local items = json.decode(Program.run({ "trace", "--json", write("small.log", SMALL) }).out)
    assert.are.equal(6, #items)
    assert.are.equal(1795823999.95, items[2].time)
    assert.are.same({ ">", "AT+CSQ" }, { items[2].mark, items[2].text })
  end)

  it("writes a page on its own, which what the module has said cannot break out of", function()
    local page = lab.folder() .. "/page.html"
    local result = Program.run { "trace", "--html", page,
      write("small.log", SMALL .. "2026-11-28T00:00:04.000000Z < </script><b>&\n") }
    assert.are.equal(0, result.status)
    local file <close> = assert(io.open(page))
    local text = file:read "a"
    local inside = text:match '<script id="trace" type="application/json">(.-)</script>\n<script>\n"use strict"'
    local data = json.decode((inside:gsub("\\u003c", "<")))
    assert.are.equal("</script><b>&", data.items[7].text)
    assert.are.equal("AT+CSQ", data.items[data.trips[1].command + 1].text)
    assert.is_truthy(table.concat(data.items[3].fields, " "):find("-69 dBm", 1, true))
    assert.is_nil(text:find("https?://"))
  end)

  it("refuses a file that is no trace, or none at all", function()
    local result = Program.run { "trace", write("other.log", "hello\n") }
    assert.are.equal(1, result.status)
    assert.is_truthy(result.err:find("holds no line of a trace", 1, true), result.err)
    assert.are.equal(2, Program.run({ "trace", "/no/such/file" }).status)
  end)

  local function texts_of(path)
    local list = {}
    for line in io.lines(path) do list[#list + 1] = line:match "Z ([<>] .*)$" end
    return list
  end

  local function start_replay(path) return Program.start({ "trace", "--replay", path }, "\n") end

  it("replays a trace: a program that asks the same is answered the same", function()
    local folder = lab.folder()
    local first, second = folder .. "/first.log", folder .. "/second.log"
    os.remove(first)
    os.remove(second)
    local original = Program.run { "info", "-p", "emulator", "--trace", first }
    local replayed <close>, printed = start_replay(first) -- luacheck: ignore
    local again = Program.run { "info", "-p", printed:match "(/dev/%S+)", "--trace", second }
    assert.are.equal(original.out, again.out)
    assert.are.same(texts_of(first), texts_of(second))
  end)

  it("plays no block that is longer than any module's", function()
    local path = write("block.log", "2026-11-28T00:00:00.000000Z > AT\n2026-11-28T00:00:00.000000Z < [" .. "1" .. ("0"):rep(18)
      .. " bytes]\n2026-11-28T00:00:00.000000Z > [" .. "1" .. ("0"):rep(17) .. " bytes]\n")
    local result = Program.run { "trace", "--replay", path, timeout = 20 }
    assert.are.equal(1, result.status)
    assert.is_truthy(result.err:find("line 2 of the trace: no module sends or takes 1000000000000000000 bytes", 1, true),
      result.err)
    assert.are.equal(0, Program.run({ "trace", path }).status)
  end)

  it("refuses a trace that is longer than memory has room for", function()
    local reader = require "hayes.cli.trace.reader"
    local path = write("long.log", SMALL:rep(4))
    local items, err = reader.read(path, 23)
    assert.are.same({ nil, "file_too_long" }, { items, err.name })
    assert.are.equal(24, #assert(reader.read(path, 24)))
  end)

  it("replays a trace to a program that asks something else, and says where it differs", function()
    local path = write("other.log", [[
2026-11-28T00:00:00.000000Z > AT+CSQ
2026-11-28T00:00:00.000000Z < +CSQ: 1,99
2026-11-28T00:00:00.000000Z < OK
]])
    local process <close>, printed = start_replay(path)
    local core = require "hayes.core"
    local port <close> = assert(core.open_port(printed:match "(/dev/%S+)", 115200, "none"))
    local answer = ""
    for _, line in ipairs { "AT+CREG?\r", "AT+CSQ\r" } do
      port:write(line)
      repeat answer = answer .. port:read() until answer:find(line == "AT+CSQ\r" and "OK\r\n" or "ERROR\r\n", 1, true)
    end
    assert.are.equal("\r\nERROR\r\n\r\n+CSQ: 1,99\r\n\r\nOK\r\n", answer)
    assert.is_truthy(process:printed("1 line of the host was unknown")
      :find("line 1: the host sent AT+CREG? in place of AT+CSQ; it is answered with ERROR", 1, true))
  end)
end)
