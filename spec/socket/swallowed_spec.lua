-- A block of data that has fewer bytes than announced swallows what comes behind it. Where that is pushed data of another
-- connection, or of one that is being opened, it is missing there, and nothing else tells.

local hayes = require "hayes"
local script = require "support.script"
local swallowed = require "hayes.damage.swallowed"
local WifiModule = require "support.wifi_module"

local OK = "\r\nOK\r\n"

describe("Pushed data that a damaged block has swallowed", function()
  local modem

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  local function is_ended_by_damage(sock)
    sock:settimeout(100)
    local data, err = sock:receive("*a")
    assert.are.same({ nil, "closed" }, { data, err })
    assert.is_truthy(sock:lasterror().name:find("_read$"), sock:lasterror().name)
  end

  local function open_quectel(commands)
    local all = {
      ["AT+QISTATE"] = OK, ["AT+QSSLSTATE"] = OK, ["^AT%+QICFG="] = OK, ["^AT%+QICLOSE="] = OK,
      ["^AT%+QIOPEN="] = function(line, at)
        at:say(OK)
        at:say(("\r\n+QIOPEN: %s,0\r\n"):format(line:match "=1,(%d+)"), 0.1)
      end,
    }
    for line, answer in pairs(commands or {}) do all[line] = answer end
    local port = script.port(script.quectel(all))
    modem = assert(hayes.open_port(port, "script"))
    return port
  end

  -- What follows the damaged block, of which so many bytes count as its end.
  for what, count in pairs { ["whole"] = 30, ["in part"] = 25, ["but for a part of its announcement"] = 12 } do
    it(("ends its connection on a Quectel module: %s"):format(what), function()
      local port = open_quectel()
      local first = assert(modem.tcp.open("h", 80, { mode = "push" }))
      local second = assert(modem.tcp.open("h", 81, { mode = "push" }))
      local behind = '\r\n+QIURC: "recv",1,5\r\nabcde\r\n'
      port:say(('\r\n+QIURC: "recv",0,%d\r\nxy'):format(2 + count) .. behind, 1)
      port:say('\r\n+QIURC: "recv",1,4\r\nmore\r\n', 20)
      is_ended_by_damage(second)
      is_ended_by_damage(first)
    end)
  end

  it("ends its connection where an answer to a read has swallowed it", function()
    open_quectel { ["AT+QIRD=0,1500"] = '\r\n+QIRD: 30\r\nxy\r\n+QIURC: "recv",1,3\r\nabc\r\n\r\nOK\r\n' .. OK }
    local first = assert(modem.tcp.open("h", 80))
    local second = assert(modem.tcp.open("h", 81, { mode = "push" }))
    first:settimeout(10)
    first:receive(1)
    is_ended_by_damage(second)
  end)

  local function open_wifi(commands)
    local module = WifiModule.new { commands = commands }
    modem = assert(hayes.open_port(module.port, "script"))
    return module
  end

  local function short(behind) return ("\r\n+EVENT:SocketDown,1,%d,xy"):format(#behind - 1) .. behind end

  it("ends its connection on an Ai-Thinker module", function()
    local module = open_wifi()
    local first = assert(modem.tcp.open("h", 80, { mode = "push" }))
    local second = assert(modem.tcp.open("h", 81, { mode = "push" }))
    module.port:say(short "\r\n+EVENT:SocketDown,2,3,abc\r\n" .. "\r\n+EVENT:SocketDown,2,4,more\r\n", 1)
    is_ended_by_damage(second)
    is_ended_by_damage(first)
  end)

  it("ends a connection that is being opened, with the ConID swallowed, too", function()
    local module
    module = open_wifi { ["AT+SOCKET=4,late,81"] = function()
      module:add { type = 4, host = "late", port = 81 }
      return short "\r\nconnect success ConID=2\r\n\r\n+EVENT:SocketDown,2,3,abc\r\n" .. OK
        .. "\r\n+EVENT:SocketDown,2,4,more\r\n"
    end }
    local first = assert(modem.tcp.open("h", 80, { mode = "push" }))
    local second = assert(modem.tcp.open("late", 81, { mode = "push" }))
    is_ended_by_damage(second)
    is_ended_by_damage(first)
  end)

  it("is looked for by its announcements, and by the beginning of one at the end", function()
    local function of(bytes) return swallowed.announcements({ data = bytes }, "+IPD,") end
    assert.are.same({}, of "no +IPD,1,5 at the beginning of a line")
    assert.are.same({ "1,5:hello" }, of "x\r\n+IPD,1,5:hello\r\n")
    assert.are.same({ "", "" }, { of("x\r\n+IPD,1")[1], of("x\r\n+I")[1] })
    assert.are.same({}, of "x\r\n")
    assert.are.same({}, swallowed.announcements({}, "+IPD,"))
  end)
end)
