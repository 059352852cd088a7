-- Transparent transmission, in virtual time, against a module that takes three plus signs with 20 ms of silence around them
-- for the escape sequence, and against one that takes any three in one burst.

local exchange = require "hayes.exchange"
local hayes = require "hayes"
local Module = require "support.wifi_module"
local raises = require "support.raises"
local script = require "support.script"

describe("In transparent transmission", function()
  local modem, module

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  local function open(options)
    module = Module.new(options)
    modem = assert(hayes.open_port(module.port, "script"))
  end

  local function enter(options)
    local sock = assert(modem.tcp.open("server.example", 7, options))
    sock:settimeout(10)
    assert(sock:transparent())
    return sock
  end

  it("bytes go both ways as they are, whatever they are", function()
    open()
    local sock = enter()
    assert.are.same("transparent", sock.mode)
    local bytes = "AT\r\n\0\26\27>OK\r\n"
    sock:send(bytes)
    assert(sock:flush())
    assert.are.same(bytes, module.through)
    local tricky = "\n \r\nOK\r\n+EVENT:SocketDisconnect,1\r\nx\r\nready\r\n+SOCKET:97\r\n"
    module.port:say(tricky)
    assert.are.same(tricky, sock:receive(#tricky))
  end)

  it("no data is taken for the escape sequence, however it is sent and whatever the firmware takes for it", function()
    for _, strict in ipairs { false, true } do
      for _, pieces in ipairs { { "+++" }, { "+", "+", "+" }, { "++", "+" }, { "a", "+++" }, { "++++++" }, { "a+++b" } } do
        open { habits = { strict_escape = strict } }
        local sock = enter()
        for _, piece in ipairs(pieces) do
          sock:send(piece)
          assert(sock:flush())
          hayes.sleep(0.2)
        end
        assert.is_true(module.online)
        assert.are.same(table.concat(pieces), module.through)
        modem:close()
      end
    end
  end)

  it("commands go after escape(), and the line carries data again after resume()", function()
    open()
    local sock = enter()
    assert(sock:escape())
    assert.is_false(module.online)
    assert.are.same("at version:release/V4.18_P2.19.1", assert(modem:at("AT+GMR"))[1])
    assert(sock:resume())
    sock:send("back")
    assert(sock:flush())
    assert.are.same("back", module.through)
  end)

  it("the module is left alone for a second after the escape sequence", function()
    open()
    local sock = enter()
    local task = hayes.spawn(function() return modem:at("AT+GMR") end)
    hayes.sleep(1)
    local before = hayes.now()
    assert(sock:escape())
    assert(task:join(5))
    assert.is_true(hayes.now() - before >= 1)
  end)

  it('escape = "auto" lets commands through by itself', function()
    open()
    local sock = enter { escape = "auto" }
    assert.is_truthy(modem:at("AT+GMR"))
    sock:send("on")
    assert(sock:flush())
    assert.are.same("on", module.through)
  end)

  it("the connection can be closed, and goes on in another mode", function()
    open()
    local sock = enter()
    assert(sock:switch("push"))
    module:incoming(1, "pushed")
    assert.are.same("pushed", sock:receive(6))
    assert(sock:transparent())
    assert.are.same(1, sock:close())
    assert.is_false(module.online)
    assert.is_nil(module.sockets[1])
  end)

  it("is refused beside other connections, and told what they are", function()
    open()
    local sock = assert(modem.tcp.open("server.example", 7))
    local _other <close> = assert(modem.udp.open("server.example", 8)) -- one that is forgotten is closed
    local ok, err = sock:transparent()
    assert.is_nil(ok)
    assert.are.same("not_alone", err.name)
    assert.is_truthy(tostring(err):find("2 (UDP client)", 1, true))
    assert.are.same(0, module:count("SOCKETTT"))
    assert.are.same("buffer", sock.mode)
  end)

  it("is refused, too, when the row of another connection was damaged by one byte", function()
    open()
    local sock = assert(modem.tcp.open("server.example", 7))
    local _other <close> = assert(modem.udp.open("server.example", 8)) -- one that is forgotten is closed
    local whole = module:table()
    local table_of = module.table
    for at = 1, #whole do
      local damaged = whole:sub(1, at - 1) .. whole:sub(at + 1)
      function module.table(self)
        self.table = table_of
        return damaged
      end
      assert.is_nil((sock:transparent()), damaged)
    end
    assert.are.same(0, module:count("SOCKETTT"))
  end)

  it("is refused while the connection is not made", function()
    open()
    local sock = assert(modem.tcp.open("server.example", 7))
    module.sockets[1].status = 4
    local ok, err = sock:transparent()
    assert.is_nil(ok)
    assert.are.same("not_connected", err.name)
  end)

  it("works for the only seed of the only server", function()
    open()
    local server <close> = assert(modem.tcp.listen(8080))
    module:client(1)
    local client = assert(server:accept(5))
    assert(client:transparent())
    client:send("x")
    assert(client:flush())
    assert.are.same("x", module.through)
    client:close()
  end)

  it("a UDP server sends to the first client or the last, as it is told; nothing else takes that option", function()
    open()
    local sock = assert(modem.udp.listen(5683))
    assert(sock:transparent { target = "last" })
    assert.are.same(1, module:count("^AT%+SOCKETTT=2$"))
    sock:close()
    local other = assert(modem.tcp.open("server.example", 7))
    assert.are.same("socket:transparent: target is for transparent transmission of a UDP server (udp.listen)",
      raises(function() other:transparent { target = "first" } end))
  end)

  it("the end of the connection is told, though old firmware prints it among the data", function()
    open()
    local sock = enter()
    module.port:say("last words", 0.1)
    hayes.sleep(0.2)
    module.online = false
    module.sockets[1] = nil
    module.port:say("\r\n+EVENT:SocketDisconnect,1\r\n")
    assert.are.same("last words", sock:receive("*a"))
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    assert.is_truthy(modem:at("AT+GMR"))
  end)

  it("the report of the end is no data, even if the first question whether it was one is not answered, or refused", function()
    for _, answer in ipairs { "", "\r\nERROR\r\n", "1,4,x\r\n\r\nOK\r\n" } do
      open()
      local sock = enter()
      module.port:say("last words", 0.1)
      hayes.sleep(0.2)
      module.sockets[1].status = 127
      local table_of = module.table
      function module.table(self)
        self.table = table_of
        return answer
      end
      module.port:say("\r\n+EVENT:SocketDisconnect,1\r\n")
      sock:settimeout(120)
      assert.are.same("last words", sock:receive("*a"))
      assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
      modem:close()
    end
  end)

  it("the report of the end is no data, if the connection is known to have ended before that question is answered", function()
    open()
    local sock = enter()
    module.port:say("last words", 0.1)
    hayes.sleep(0.2)
    function module.table(self)
      self.port:say("\r\n+EVENT:SocketAutoDel,1\r\n", 1)
      return ""
    end
    module.port:say("\r\n+EVENT:SocketDisconnect,1\r\n")
    hayes.sleep(600)
    assert.are.same("last words", sock:receive("*a"))
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
  end)

  it("what looks like the report of the end is data, even if the first answer to that question has lost the row", function()
    open()
    local sock = enter()
    local table_of = module.table
    function module.table(self)
      self.table = table_of
      return "\r\nOK\r\n"
    end
    local text = "\r\n+EVENT:SocketDisconnect,1\r\n"
    module.port:say(text)
    sock:settimeout(60)
    assert.are.same(text, sock:receive(#text))
    assert.are.same(table_of, module.table)
    assert.are.same("transparent", sock.mode)
  end)

  it("nothing else can be opened meanwhile, also where commands are let through", function()
    for _, escape in ipairs { "manual", "auto" } do
      open()
      local sock = enter { escape = escape }
      local other, err = modem.tcp.open("server.example", 8)
      assert.is_nil(other)
      assert.are.same("busy", err.name)
      sock:send("still")
      assert(sock:flush())
      assert.are.same("still", module.through)
      modem:close()
    end
  end)

  it("nothing else is opened while it is being entered", function()
    for step = 0, 12 do
      open()
      module.port.delay = 0.01
      local sock = assert(modem.tcp.open("server.example", 7))
      local other, err, ok
      hayes.run(function()
        hayes.spawn(function() ok = sock:transparent() end)
        hayes.sleep(step * 0.005)
        other, err = modem.tcp.open("server.example", 8)
      end)
      assert.are_not.same(ok == true, other ~= nil)
      if ok then
        assert.are.same("busy", err.name)
        sock:send("still")
        assert(sock:flush())
        assert.are.same("still", module.through)
      end
      assert.are.same(ok and 1 or 0, module:count "SOCKETTT") -- no attempt that the module refuses
      modem:close()
    end
  end)

  it("a connection that ends while it waits to enter does not take the line of the one that has its ConID then", function()
    for step = 0, 12 do
      open()
      module.port.delay = 0.01
      local sock = assert(modem.tcp.open("server.example", 7))
      local other, entered
      hayes.run(function()
        hayes.spawn(function() other = assert(modem.tcp.open("server.example", 8, { mode = "push" })) end)
        hayes.sleep(0.001)
        hayes.spawn(function() entered = sock:transparent() end)
        hayes.sleep(step * 0.002)
        module.sockets[1] = nil
        module.port:say "\r\n+EVENT:SocketDisconnect,1\r\n\r\n+EVENT:SocketAutoDel,1\r\n"
      end)
      assert.is_nil(entered)
      assert.are.same(0, module:count "SOCKETTT")
      assert(other:send("to the other") and other:flush())
      modem:close()
    end
  end)

  it("that the module has woken up in is left when the port is opened", function()
    open { online = true, commands = {
      ["AT+SOCKETAUTOTT?"] = "\r\n+SOCKETAUTOTT:4,192.168.31.239,60000\r\n\r\nOK\r\n" } }
    assert.is_false(module.online)
    assert.are.same({ type = "tcp", host = "192.168.31.239", port = 60000 }, modem.tcp.autoconnect())
  end)

  it("that the module enters by itself after a restart is left before any command is sent", function()
    open()
    module.port:say("\r\nready\r\n")
    hayes.sleep(3)
    module.online, module.last = true, script.now()
    module.port:say("\r\n+EVENT:WIFI_GOT_IP\r\nconnect success ConID=1\r\n\r\nOK\r\n>")
    hayes.sleep(0.05)
    assert.is_truthy(modem:at("AT+GMR"))
    assert.is_false(module.online)
    assert.is_nil(module.through:find("GMR", 1, true))
  end)

  it("entered by a command that was not to enter it, it is left before anything else is sent", function()
    open()
    local response, err = exchange.run(modem, "AT+SOCKETTT")
    assert.is_nil(response)
    assert.are.same(">", err.result)
    assert.is_truthy(modem:at("AT+GMR"))
    assert.is_false(module.online)
    assert.are.same("", module.through)
  end)

  it("a connection is not taken for ended whose row got lost on the line when the module was asked", function()
    local asked, got = 0, nil
    open { commands = { ["AT+CSQ"] = "\r\nOK\r\n", ["AT+SOCKET?"] = function()
      asked = asked + 1
      return asked == 3 and "\r\nOK\r\n" or module:table()
    end } }
    local DATA = "about\r\n+EVENT:SocketDisconnect,1\r\n"
    hayes.run(function()
      local sock = assert(modem.tcp.open("a.example", 7, { mode = "transparent", escape = "auto" }))
      hayes.sleep(5)
      local asking = hayes.spawn(modem.at, modem, "AT+CSQ")
      module.port:say(DATA)
      asking:join()
      hayes.sleep(10)
      module.port:say("more")
      sock:settimeout(10)
      got = sock:receive(#DATA + 4)
      sock:close()
    end)
    assert.are.same({ DATA .. "more", 4 }, { got, asked })
  end)
end)
