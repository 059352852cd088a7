-- Pushed data that comes before the module has said that the connection is there: it comes but once.

local hayes = require "hayes"
local Module = require "support.wifi_module"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("What an Ai-Thinker module pushes of a connection before the result of its opening", function()
  local module, modem

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- `said`: the lines in front of the result of opening the connection with ConID 1 to h:80.
  local function open(said)
    module = Module.new { commands = { ["AT+SOCKET=4,h,80"] = function()
      module:add { type = 4, host = "h", port = 80 }
      return said .. OK
    end } }
    modem = assert(hayes.open_port(module.port, "script"))
  end

  local function connect()
    local sock = assert(modem.tcp.open("h", 80, { mode = "push" }))
    sock:settimeout(10)
    return sock
  end

  it("is received, behind its ConID and in front of it", function()
    for _, said in ipairs { "connect success ConID=1\r\n\r\n+EVENT:SocketDown,1,7,220 hi\n\r\n",
      "\r\n+EVENT:SocketDown,1,7,220 hi\n\r\nconnect success ConID=1\r\n" } do
      open(said)
      hayes.run(function()
        local sock = connect()
        module:incoming(1, "250 ok\n")
        assert.are.same("220 hi", sock:receive())
        assert.are.same("250 ok", sock:receive())
        sock:close()
      end)
      modem:close()
    end
  end)

  it("ends the connection if the line has damaged it", function()
    open "connect success ConID=1\r\n\r\n+EVENT:SocketDown,1,x,220 hi\r\n"
    hayes.run(function()
      local sock = connect()
      module:incoming(1, "250 ok\n")
      assert.are.same({ nil, "closed", "" }, { sock:receive "*a" })
      assert.are.same("short_read", sock:lasterror().name)
      sock:close()
    end)
  end)

  it("is not mixed with what was pushed of another program's connection that had its ConID before", function()
    for _, kind in ipairs { "opened", "client" } do
      open "connect success ConID=2\r\n"
      hayes.run(function()
        local server = assert(modem.tcp.listen(81, { mode = "push" }))
        module:add { type = 4, host = "other", port = 9 }
        module:incoming(2, "other")
        hayes.sleep(1)
        module.sockets[2] = nil
        if kind == "client" then module:client(1) end
        local sock = kind == "client" and assert(server:accept()) or connect()
        module:incoming(2, "own")
        sock:settimeout(10)
        assert.are.same("own", sock:receive(3))
        sock:close()
        server:close()
      end)
      modem:close()
    end
  end)
end)
