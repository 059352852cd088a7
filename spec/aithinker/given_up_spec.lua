-- Connections of an Ai-Thinker module that the library has given up, or the module has, and commands about them that are
-- still to come.

local exchange = require "hayes.exchange"
local hayes = require "hayes"
local Module = require "support.wifi_module"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("An Ai-Thinker module", function()
  local module, modem

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function open(commands, habits)
    module = Module.new { commands = commands, habits = habits }
    modem = assert(hayes.open_port(module.port, "script"))
  end

  it("gets no command about a connection whose ConID another one has since", function()
    open()
    hayes.run(function()
      local first = assert(modem.tcp.open("a.example", 7))
      local hold = assert(exchange.hold(modem))
      first:send("hello")
      hayes.sleep(1)
      module.sockets[1] = nil
      module:event("SocketDisconnect,1")
      module:event("SocketAutoDel,1")
      hayes.sleep(1)
      module:add { type = 4, host = "b.example", port = 7 }
      hold:__close()
      hayes.sleep(1)
      first:close()
    end)
    assert.are.same({ 0, 0 }, { module:count("SOCKETSEND"), module:count("SOCKETDEL") })
  end)

  it("has a connection deleted that it makes after the library has given it up", function()
    local late = true
    open { ["^AT%+SOCKET="] = function(line, port)
      if not late then return module:open(line) end
      late = false
      port:say(module:open(line), 40)
      return ""
    end }
    hayes.run(function()
      local sock, err = modem.tcp.open("a.example", 7)
      assert.is_true(sock == nil)
      assert.are.same("timeout", err.name)
      hayes.sleep(20)
    end)
    assert.are.same({}, module.sockets)
  end)

  it("has a connection deleted whose ConID it has told, and that it confirms after the library has given it up", function()
    local late = true
    open { ["^AT%+SOCKET="] = function(line, port)
      if not late then return module:open(line) end
      late = false
      module:open(line)
      port:say("connect success ConID=1\r\n", 1)
      port:say("\r\nOK\r\n", 60)
      return ""
    end }
    hayes.run(function()
      local sock, err = modem.tcp.open("a.example", 7)
      assert.is_true(sock == nil)
      assert.are.same("timeout", err.name)
      hayes.sleep(60)
    end)
    assert.are.same({}, module.sockets)
  end)

  it("gets no command about a connection that it was making when it restarted", function()
    open { ["^AT%+SOCKET="] = function(_, port)
      port:say("connect success ConID=1\r\n", 1)
      port:say("\r\nready\r\n", 2)
      return ""
    end }
    hayes.run(function()
      local sock, err = modem.tcp.open("a.example", 7)
      assert.is_true(sock == nil)
      assert.are.same("reboot", err.name)
      hayes.sleep(60)
    end)
    assert.are.same(0, module:count("SOCKETDEL"))
  end)

  it("is told again to delete a connection where it has not answered", function()
    local deaf = true
    open { ["^AT%+SOCKETDEL="] = function(line)
      if not deaf then return module:delete(line) end
      deaf = false
      return ""
    end }
    hayes.run(function()
      local sock = assert(modem.tcp.open("a.example", 7))
      assert.is_nil((sock:close()))
      hayes.sleep(20)
    end)
    assert.are.same({}, module.sockets)
  end)

  it("gives nothing of a stream after a lost packet", function()
    local lost = true
    open { ["^AT%+SOCKETREAD="] = function(line)
      if not lost then return module:read(line) end
      lost = false
      module:read(line)
      return ""
    end }
    local bytes, err
    hayes.run(function()
      local sock = assert(modem.tcp.open("a.example", 7))
      module:incoming(1, "one")
      hayes.sleep(15)
      module:incoming(1, "two")
      hayes.sleep(5)
      sock:settimeout(1)
      bytes, err = sock:receive(3)
      sock:close()
    end)
    assert.are.same({ nil, "closed" }, { bytes, err })
  end)

  it("gives all data of a connection that it refuses to resume, or of which it tells the end when it is asked", function()
    for _, escape in ipairs { "auto", "manual" } do
      local ended = false
      open { ["AT+CSQ"] = OK, ["^AT%+SOCKETTT"] = function()
        if ended then return "\r\n+SOCKETTT:105\r\nERROR\r\n" end
        module.online, module.last = true, script.now()
        return ">"
      end }
      local got
      hayes.run(function()
        local sock = assert(modem.tcp.open("a.example", 7, { mode = "transparent", escape = escape }))
        hayes.sleep(5)
        ended = true
        module.sockets[1].status = 127
        module.sockets[1].packets = { "the ", "rest" }
        if escape == "auto" then assert(modem:at("AT+CSQ")) else assert(sock:escape()) end
        sock:settimeout(10)
        got = sock:receive("*a")
        sock:close()
      end)
      assert.are.same("the rest", got)
      modem:close()
    end
  end)

  it("that refuses to resume a connection which it lists as connected has not ended it: an error says what failed", function()
    local refuses = false
    open { ["AT+CSQ"] = OK, ["^AT%+SOCKETTT"] = function()
      if refuses then return "\r\nERROR\r\n" end
      module.online, module.last = true, script.now()
      return ">"
    end }
    local got, why
    hayes.run(function()
      local sock = assert(modem.tcp.open("a.example", 7, { mode = "transparent", escape = "auto" }))
      hayes.sleep(5)
      refuses = true
      assert(modem:at("AT+CSQ"))
      sock:settimeout(10)
      got = table.pack(sock:receive("*a"))
      why = sock:lasterror().name
      sock:close()
    end)
    assert.are.same({ nil, "closed", "" }, { got[1], got[2], got[3] })
    assert.are.same("error", why)
    assert.are.same({}, module.sockets)
  end)

  it("that closes a connection while transparent transmission is left says nothing of that in its data", function()
    open({ ["AT+CSQ"] = OK })
    local got
    hayes.run(function()
      local sock = assert(modem.tcp.open("a.example", 7, { mode = "transparent", escape = "auto" }))
      hayes.sleep(5)
      local asking = hayes.spawn(modem.at, modem, "AT+CSQ")
      module.port:say("hello")
      module.sockets[1].status = 127
      module:event("SocketDisconnect,1", 0.3)
      asking:join()
      hayes.sleep(10)
      sock:settimeout(1)
      got = table.pack(sock:receive("*a"))
      sock:close()
    end)
    assert.are.same("hello", got[1])
  end)

  --- What has become of a connection: how much was sent for it, the end, and why.
  local function send_and_receive(sock)
    sock:settimeout(5)
    sock:send("secret")
    hayes.sleep(5)
    local bytes, err = sock:receive("*a")
    local why = sock:lasterror()
    sock:close()
    return { module:count("SOCKETSEND"), bytes, err, why and why.name }
  end

  it("gets no data for a connection whose ConID an answer that comes late gives to another one", function()
    local late, seen = false, nil
    open { ["^AT%+SOCKET="] = function(line, port)
      if not late then return module:open(line) end
      module.sockets[1] = nil -- it has restarted, and that was not heard
      port:say(module:open(line), 40)
      return ""
    end }
    hayes.run(function()
      local sock = assert(modem.tcp.open("a.example", 7))
      late = true
      local _, err = modem.tcp.open("b.example", 7)
      assert.are.same("timeout", err.name)
      hayes.sleep(20)
      seen = send_and_receive(sock)
    end)
    assert.are.same({ 0, nil, "closed", "data_lost" }, seen)
  end)

  it("gets no data for a connection that it did not list when it was asked for the state", function()
    local seen
    open()
    hayes.run(function()
      local sock = assert(modem.tcp.open("a.example", 7))
      module.sockets[1] = nil
      assert.are.same("closed", sock:state())
      module:add { type = 4, host = "b.example", port = 7 }
      seen = send_and_receive(sock)
    end)
    assert.are.same({ 0, nil, "closed", "data_lost" }, seen)
  end)

  --- A server's client gets the ConID of a connection whose end was not reported.
  local function check_client(unannounced)
    local seen, peer
    open(nil, { seeds_unannounced = unannounced })
    hayes.run(function()
      local sock = assert(modem.tcp.open("a.example", 7))
      local server = assert(modem.tcp.listen(80))
      module.sockets[1] = nil
      assert.are.same(1, module:client(2))
      server:settimeout(10)
      peer = server:accept()
      seen = send_and_receive(sock)
      server:close()
    end)
    assert.is_truthy(peer)
    assert.are.same({ 0, nil, "closed", "data_lost" }, seen)
  end

  it("gets no data for a connection whose ConID a client of a server has", function() check_client(false) end)

  it("gets none for it where that client was not announced, either", function() check_client(true) end)

  it("is told again to delete a server where it has not answered", function()
    local deaf = true
    open { ["^AT%+SOCKETDEL="] = function(line)
      if not deaf then return module:delete(line) end
      deaf = false
      return ""
    end }
    local server = assert(modem.tcp.listen(80))
    assert.is_nil((server:close()))
    hayes.sleep(30)
    assert.are.same({}, module.sockets)
    assert.are.same({}, modem.sockets.listeners)
  end)

  it("is not told to delete a server after it has restarted, when another one may have its ConID", function()
    local seen
    open()
    hayes.run(function()
      local server = assert(modem.tcp.listen(80))
      local hold = assert(exchange.hold(modem))
      local task = hayes.spawn(function() return server:close() end)
      hayes.sleep(1)
      module.sockets = {}
      module.port:say("\r\nready\r\n")
      hayes.sleep(20)
      hold:__close()
      seen = { task:join(60) }
    end)
    assert.are.same(0, module:count("SOCKETDEL"))
    assert.are.same({ true, 1 }, seen)
  end)

  it("gets no more data of a connection once a read of it was not answered", function()
    local deaf = false
    open { ["^AT%+SOCKETREAD="] = function(line) return deaf and "" or module:read(line) end }
    local sock = assert(modem.tcp.open("a.example", 7))
    deaf = true
    module:event("SocketDown,1")
    sock:settimeout(60)
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    assert.are.same({ nil, "closed", 0 }, { sock:send("x") })
    assert.are.same("timeout", sock:lasterror().name)
    assert.are.same(0, module:count("SOCKETSEND"))
  end)

  it("gets no data that waited in the queue while bytes of its connection were lost on the line", function()
    local sent
    open()
    hayes.run(function()
      local sock = assert(modem.tcp.open("a.example", 7, { mode = "push" }))
      local hold = assert(exchange.hold(modem))
      sock:send("secret")
      hayes.sleep(1)
      module.port:say("\r\n+EVENT:SocketDown,1,9,hello\r\n+EVENT:WIFI_GOT_IP\r\n")
      hayes.sleep(1)
      hold:__close()
      hayes.sleep(5)
      sent = module:count("SOCKETSEND")
      assert.are.same({ nil, "closed" }, { sock:flush() })
      sock:close()
    end)
    assert.are.same(0, sent)
  end)

  it("loses no data of a connection that ends while it is about to enter transparent transmission", function()
    local got
    open { ["^AT%+SOCKETTT"] = function(_, port)
      module.sockets[1].packets = { "the ", "rest" }
      module.sockets[1].status = 127
      module:event("SocketDown,1,4", 0.1)
      module:event("SocketDown,1,4", 0.2)
      module:event("SocketDisconnect,1", 0.3)
      module.online, module.last = true, script.now()
      port:say(">", 1)
      return ""
    end }
    hayes.run(function()
      local sock = assert(modem.tcp.open("a.example", 7))
      sock:settimeout(10)
      local ok, err = sock:transparent()
      assert.is_nil(ok)
      assert.are.same("closed", err.name)
      got = sock:receive("*a")
      sock:close()
    end)
    assert.are.same("the rest", got)
  end)
end)
