-- Firmware that deletes a connection by itself once it has ended (SocketAutoDel): what it had announced and nobody has read
-- is gone, and the stream does not end as if it was complete.

local hayes = require "hayes"
local Module = require "support.wifi_module"
local script = require "support.script"

describe("A connection that the module deletes by itself", function()
  local module, modem

  before_each(function()
    script.virtual_time()
    module = Module.new { habits = { auto_delete = true } }
    modem = assert(hayes.open_port(module.port, "script"))
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("before its announced data could be read ends with an error", function()
    local sock = assert(modem.tcp.open("server", 7))
    module:incoming(1, "first ")
    assert.are.same("first ", sock:receive(6))
    module:incoming(1, "lost")
    module:hang_up(1)
    assert.are.same({ nil, "closed", "" }, { sock:receive "*a" })
    assert.are.same("data_lost", sock:lasterror().name)
  end)

  it("does not give what it has pushed since its mode was changed, behind such a gap", function()
    local sock = assert(modem.tcp.open("server", 7))
    module.port.delay = 0.3
    hayes.run(function()
      local switching = hayes.spawn(function() return sock:switch "push" end)
      hayes.spawn(function() modem:at "AT+SOCKET?" end) -- goes before the read
      hayes.sleep(0.1)
      module.push = false -- as long as AT+SOCKETRECVCFG has not been answered
      module:incoming(1, "lost")
      hayes.sleep(0.3)
      module.push = true
      module:incoming(1, "pushed")
      module:hang_up(1)
      switching:join()
    end)
    module.port.delay = 0
    assert.are.same({ nil, "closed", "" }, { sock:receive "*a" })
    assert.are.same("data_lost", sock:lasterror().name)
  end)

  it("right behind the last packet is complete", function()
    local sock = assert(modem.tcp.open("server", 7))
    local read = module.read
    module.read = function(self, line)
      local answer = read(self, line)
      self.sockets[1] = nil
      return answer .. "\r\n+EVENT:SocketDisconnect,1\r\n\r\n+EVENT:SocketAutoDel,1\r\n"
    end
    module:incoming(1, "all of it")
    assert.are.same("all of it", sock:receive "*a")
    assert.are.same("closed", sock:lasterror().name)
  end)
end)
