-- The connection that a module has made by itself after a start (AT+SOCKETAUTOTT) becomes a socket of the program.

local hayes = require "hayes"
local Module = require "support.wifi_module"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("The connection that an Ai-Thinker module has made by itself", function()
  local modem, module, setting

  before_each(function()
    script.virtual_time()
    setting = "4,192.168.31.239,60000"
    module = Module.new { commands = { ["AT+SOCKETAUTOTT?"] = function()
      return "\r\n+SOCKETAUTOTT:" .. setting .. "\r\n" .. OK
    end } }
    modem = assert(hayes.open_port(module.port, "script"))
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("is taken over as a socket, with what had come before", function()
    module:add { type = 4, host = "192.168.31.239", port = 1, status = 3 }
    local id = module:add { type = 4, host = "192.168.31.239", port = 60000, status = 3 }
    table.insert(module.sockets[id].packets, "early")
    local sock <close> = assert(modem.tcp.autoconnected())
    assert.are.same("early", sock:receive(5))
    assert(sock:send "answer")
    assert(sock:flush())
    assert.are.same("answer", module.sockets[id].got)
    local again, err = modem.tcp.autoconnected()
    assert.is_nil(again)
    assert.are.same("not_connected", err.name)
    assert(sock:close())
    assert.is_nil(module.sockets[id])
  end)

  it("of UDP is a socket for datagrams", function()
    setting = "2,192.168.31.239,60000"
    module:add { type = 2, host = "192.168.31.239", port = 60000, status = 3 }
    local sock <close> = assert(modem.tcp.autoconnected())
    assert.is_truthy(tostring(sock):find("^udp"))
  end)

  it("is the error not_connected where there is none, or none is set up", function()
    for _, set in ipairs { setting, "0" } do
      setting = set
      local sock, err = modem.tcp.autoconnected()
      assert.is_nil(sock)
      assert.are.same("not_connected", err.name)
      assert.is_truthy(err.hint)
    end
  end)
end)
