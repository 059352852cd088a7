-- What `hayes probe` makes of modules that the emulator is not: of one that nobody has a dialect for, and of what may not
-- be told.

local Program = require "support.hayes_program"
local lab = require "support.lab"
local profiles = require "hayes.profile"
local scrub = require "hayes.display.scrub"

local DIALOGUE <const> = [[
> AT
< OK
> ATE0
< OK
> ATV1
< OK
> ATI
< Manufacturer: OTHER INCORPORATED
< Model: X7600
< IMEI: 866758041234567
< +GCAP: +CGSM
< OK
> AT+GMR
< +GMR: LE20B04X7600
< OK
> ATI
< Manufacturer: OTHER INCORPORATED
< Model: X7600
< IMEI: 866758041234567
< +GCAP: +CGSM
< OK
> AT+CGMI
< OTHER INCORPORATED
< OK
> AT+CGMM
< X7600
< OK
> AT+CGMR
< +CGMR: LE20B04X7600
< OK
> AT+CLAC
< AT+CSQ
< AT+CNUM
< AT+COPS
< AT+CGPADDR
< AT+CWJAP
< AT+CSQ
< AT+A866758041234567
< AT+LONG
< AT+NEVER
< OK
> AT+GMR
< +GMR: LE20B04X7600
< OK
> AT+CSQ=?
< +CSQ: (0-31,99),(0-7,99)
< OK
> AT+CNUM=?
< +CNUM: "me","+491701234567",145
< OK
> AT+CGPADDR=?
< +CGPADDR: 1,"10.64.1.2"
< OK
> AT+CWJAP=?
< "home","hunter2"
< OK
> AT+LONG=?
< LONG_LINE
< OK
> AT+NEVER=?
< ERROR
]]

local LONG <const> = ("(0-9),"):rep(500)

local function trace_of(dialogue)
  local path = lab.folder() .. "/dialogue.log"
  local file <close> = assert(io.open(path, "w"))
  for line in dialogue:gsub("LONG_LINE", LONG):gmatch "[^\n]+" do file:write("2026-11-27T10:00:00.000000Z ", line, "\n") end
  return path
end

describe("A module that nobody has a dialect for", function()
  it("is asked about every command that it names itself, and nothing of it is told that names its owner", function()
    local replayed <close>, printed = Program.start({ "trace", "--replay", trace_of(DIALOGUE) }, "\n") -- luacheck: ignore
    local path = lab.folder() .. "/unknown.lua"
    local result = Program.run { "probe", "-p", printed:match "%S+", path, timeout = 120 }
    assert.are.equal(0, result.status, result.err)
    local made = assert(profiles.load(path))
    assert.are.same({ "v250", "OTHER INCORPORATED", "X7600" }, { made.dialect, made.manufacturer, made.model })
    assert.are.same({ "AT+CSQ=?", "+CSQ: (0-31,99),(0-7,99)", "OK" }, made:answer "AT+CSQ=?")
    assert.are.same({ "AT+NEVER=?", "ERROR" }, made:answer "AT+NEVER=?")
    assert.is_nil(made:answer "AT+COPS=?") -- it would search for networks
    assert.are.equal(LONG:sub(1, 2000), made:answer "AT+LONG=?"[2])
    local all = {}
    for _, row in ipairs(made.answers) do all[#all + 1] = table.concat(row, "\n") end
    local text = table.concat(all, "\n")
    for _, secret in ipairs { "866758041234567", "491701234567", "10.64.1.2", "hunter2" } do
      assert.is_nil(text:find(secret, 1, true), text)
    end
    assert.is_truthy(text:find("IMEI: ***", 1, true), text)
    assert.are.same({ "AT+GMR", "+GMR: LE20B04X7600", "OK" }, made:answer "AT+GMR")
  end)
end)

describe("What names a module, its card, its owner or its network", function()
  for line, wanted in pairs {
    ["IMEI: 866758041234567"] = "IMEI: ***", ["+QCCID: 89860025128306012474"] = "+QCCID: ***",
    ['"+4917012345678"'] = '"+***"', ["wifi_mac:7cb94c1dd630"] = "wifi_mac:***", ["7C:B9:4C:1D:D6:30"] = "***",
    ['+CGPADDR: 1,"10.64.1.2"'] = '+CGPADDR: 1,"***"', ["(0-4294967295),(0-2147483647)"] = false,
    ["EC200UCNAAR03A15M08_01.001.01.001"] = false, ["V4.18_P1.4.4-e15d67b"] = false,
    ["+IPR: (),(4800,9600,19200,38400,57600,115200)"] = false, ["a\tb"] = "a?b",
    ["IMEI: 35-209900-176148-1"] = "IMEI: ***", ["8612 3456 7890 123"] = "***", ["+49 170 1234567"] = "+***",
    ['+CNUM: "","1701234567",129'] = '+CNUM: "","***",129', ["01701234567"] = "***", ["10.64.3.2"] = "***",
    ["IP=203.0.113.7,x"] = "IP=***,x", ['"10.64.3.2.255.255.255.0"'] = '"***"', ["fe80::1ff:fe23:4567"] = "***",
    ['"2001:db8:0:1:2:3:4:5"'] = '"***"', ["aabb.ccdd.eeff"] = "***", ["AABBCCDDEEFF"] = "***",
    ["0xA0B1C2D3E4F5"] = "***", ["2.2.0.0(b097cdf)"] = false, ["Nov 27 2026 10:00:00"] = false,
    ["+QCFG: (1000000-4294967295),(0-12)"] = false, ["2026-11-27 10:00:00"] = false,
  } do
    it((wanted and "is taken out of " or "is not in ") .. line:gsub("%c", "\\t"), function()
      assert.are.equal(wanted or line, scrub.line(line))
    end)
  end
end)
