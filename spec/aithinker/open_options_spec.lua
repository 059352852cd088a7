-- Options of AT+SOCKET that not all firmware has: they are sent where they are asked for, and only then.

local hayes = require "hayes"
local Module = require "support.wifi_module"
local raises = require "support.raises"
local script = require "support.script"

describe("Opening on an Ai-Thinker module", function()
  local modem, opened, given, deleted

  before_each(function()
    script.virtual_time()
    opened, deleted = {}, {}
    modem = assert(hayes.open_port(Module.new({ commands = {
      ["^AT%+SOCKET="] = function(line)
        opened[#opened + 1] = line
        return ("connect success ConID=%d\r\n\r\nOK\r\n"):format(given or 1)
      end,
      ["^AT%+SOCKETDEL="] = function(line)
        deleted[#deleted + 1] = line
        return "\r\nOK\r\n"
      end,
    } }).port, "script"))
  end)

  after_each(function()
    modem:close()
    given = nil
    script.real_time()
  end)

  it("sends keep_alive and con_id where they are given", function()
    given = 7
    assert(assert(modem.tcp.open("h", 80)):close())
    assert(assert(modem.tcp.open("h", 80, { keep_alive = 60 })):close())
    assert(assert(modem.tcp.open("h", 80, { con_id = 7 })):close())
    assert(assert(modem.tcp.listen(80, { keep_alive = 60, con_id = 7 })):close())
    assert(assert(modem.udp.listen(80, { con_id = 7 })):close())
    assert.are.same({ "AT+SOCKET=4,h,80", "AT+SOCKET=4,h,80,60", "AT+SOCKET=4,h,80,0,7", "AT+SOCKET=3,80,60,7",
      "AT+SOCKET=1,80,0,7" }, opened)
  end)

  it("says that the firmware gave another ConID than was wanted, and keeps nothing open", function()
    given = 1
    hayes.run(function()
      local sock, err = modem.tcp.open("h", 80, { con_id = 7 })
      assert.is_nil(sock)
      assert.are.same("con_id_not_given", err.name)
      hayes.sleep(1)
    end)
    assert.are.same({ "AT+SOCKETDEL=1" }, deleted)
  end)

  it("refuses what the page does not have", function()
    assert.are.same("tcp.open: keep_alive is 7201; it must be from 0 to 7200",
      raises(function() modem.tcp.open("h", 80, { keep_alive = 7201 }) end))
  end)
end)
