-- An Ai-Thinker module that restarts while a connection is opened.

local hayes = require "hayes"
local script = require "support.script"
local WifiModule = require "support.wifi_module"

local OK = "\r\nOK\r\n"

describe("A restart of an Ai-Thinker module right behind its answer to", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  it("the setting of push mode undoes it: the opening fails, and the next one sets it again", function()
    local restarts = 0
    local module
    module = WifiModule.new { commands = { ["^AT%+SOCKETRECVCFG="] = function(line)
      module.push = line:sub(-1) == "1"
      if restarts > 0 then return OK end
      restarts, module.push = 1, false
      return OK .. "\r\nready\r\n"
    end } }
    local modem <close> = assert(hayes.open_port(module.port, "script"))
    hayes.run(function()
      local sock, err = modem.tcp.open("h", 80, { mode = "push" })
      assert.is_nil(sock)
      assert.are.same("reboot", err.name)
      sock = assert(modem.tcp.open("h", 80, { mode = "push" }))
      assert.is_true(module.push)
      module:incoming(1, "hello")
      sock:settimeout(10)
      assert.are.same("hello", sock:receive(5))
      sock:close()
    end)
  end)

  it("another command leaves what was lost before to the connections before: one that is opened next has lost nothing", function()
    local module = WifiModule.new { commands = { ["AT+CSQ"] = function(_, port)
      port:say("\r\n+EVENT:SocketDown,3", 1)
      port:say("\r\nready\r\n", 3)
      return ""
    end } }
    local modem <close> = assert(hayes.open_port(module.port, "script"))
    hayes.run(function()
      modem.tcp.open("h", 80, { mode = "push" }):close()
      local busy = hayes.spawn(modem.at, modem, "AT+CSQ")
      local sock = assert(modem.tcp.open("h", 80, { mode = "push" }))
      module:incoming(1, "hello")
      sock:settimeout(10)
      assert.are.same("hello", sock:receive(5))
      sock:close()
      busy:join()
    end)
  end)
end)
