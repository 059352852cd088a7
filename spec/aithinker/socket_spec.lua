-- Sockets of Ai-Thinker modules, in virtual time, over a module with the habits of several firmwares.

local hayes = require "hayes"
local Module = require "support.wifi_module"
local raises = require "support.raises"
local script = require "support.script"

describe("On an Ai-Thinker module", function()
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

  local function connect(options)
    local sock = assert(modem.tcp.open("server.example", 7, options))
    sock:settimeout(30)
    return sock
  end

  describe("a TCP connection", function()
    it("is opened, sends, receives and is deleted in the module when it is closed", function()
      open()
      local sock = connect()
      assert.are.same(5, sock:send("hello"))
      assert(sock:flush())
      assert.are.same("hello", module.sockets[1].got)
      module:incoming(1, "answer\r\n")
      assert.are.same("answer", sock:receive())
      assert.are.same(1, sock:close())
      assert.is_nil(module.sockets[1])
      assert.are.same(1, module:count("^AT%+SOCKETDEL=1$"))
    end)

    it("gives the number of a failed connection, with its sentence and a hint", function()
      open()
      module.refuses = 97
      local sock, err = modem.tcp.open("server.example", 7)
      assert.is_nil(sock)
      assert.are.same({ "socket_connect_failed", 97, "aithinker" }, { err.name, err.code, err.origin })
      assert.is_truthy(tostring(err):find("server.example:7", 1, true))
      assert.is_truthy(err.hint:find("listen", 1, true))
    end)

    it("reads packets until there are none, whichever mark stands after the name", function()
      for _, colon in ipairs { false, true } do
        open { habits = { reads_with_colon = colon } }
        local sock = connect()
        module:incoming(1, "one,")
        module:incoming(1, "\r\nOK\r\n+EVENT:SocketDown,1,9\r\n>\0")
        module:incoming(1, ",three")
        local all = "one,\r\nOK\r\n+EVENT:SocketDown,1,9\r\n>\0,three"
        assert.are.same(all, sock:receive(#all))
        modem:close()
      end
    end)

    it("reads on when data is announced while it finds none", function()
      open()
      local sock = connect()
      local read, announced = module.read, false
      function module:read(line)
        if announced or self.sockets[1].packets[1] then return read(self, line) end
        announced = true
        table.insert(self.sockets[1].packets, "world")
        return "\r\n+EVENT:SocketDown,1,5\r\n" .. "+SOCKETREAD,1,0\r\n\r\nOK\r\n"
      end
      module:incoming(1, "hello")
      sock:settimeout(2)
      assert.are.same("helloworld", sock:receive(10))
    end)

    it("takes pushed data by its length, whatever it holds and however it is cut", function()
      local bytes = "\r\nOK\r\n+EVENT:SocketDisconnect,1\r\nERROR\r\n\r\nready\r\n>,\0\26"
      for cut = 1, #bytes do
        open()
        local sock = connect { mode = "push" }
        assert.is_true(module.push)
        local text = ("\r\n+EVENT:SocketDown,1,%d,%s\r\n"):format(#bytes, bytes)
        module.port:say(text:sub(1, cut))
        module.port:say(text:sub(cut + 1), 0.01)
        assert.are.same(bytes, sock:receive(#bytes))
        assert.are.same(0, module:count("SOCKETREAD"))
        modem:close()
      end
    end)

    it("is opened in its own mode, whatever mode another is switched to meanwhile", function()
      for step = 0, 12 do
        open()
        local socks = { connect(), connect { mode = "push" } }
        module.port.delay = 0.01
        hayes.run(function()
          hayes.spawn(function() socks[3] = connect() end)
          hayes.sleep(step * 0.005)
          assert(socks[1]:switch "push")
        end)
        assert.are.same({ "buffer", "push", "buffer" }, module.opened_in)
        assert.is_true(module.push)
        modem:close()
      end
    end)

    it("is opened in its own mode after a change of mode that was cancelled", function()
      for step = 0, 6 do
        open()
        local first = connect()
        module.port.delay = 0.01
        hayes.run(function()
          local task = hayes.spawn(function() first:switch "push" end)
          hayes.sleep(step * 0.005)
          task:cancel()
        end)
        connect()
        assert.are.same({ "buffer", "buffer" }, module.opened_in)
        modem:close()
      end
    end)

    it("sends in pieces of 1024 bytes", function()
      open()
      local sock = connect()
      local bytes = ("0123456789abcdef"):rep(200)
      assert.are.same(#bytes, sock:send(bytes))
      assert(sock:flush())
      assert.is_true(module.sockets[1].got == bytes)
      assert.are.same(1024, module.largest)
    end)

    it("takes the prompt with or without anything around it", function()
      for _, prompt in ipairs { ">", "\r\n>", "> ", "\r\n> ", "\r\n\r\n>" } do
        open { habits = { prompt = prompt } }
        local sock = connect()
        sock:send("\nx")
        assert(sock:flush())
        assert.are.same("\nx", module.sockets[1].got)
        modem:close()
      end
    end)

    it("ends with what was unread, and is deleted in the module by itself, however the event is spelt", function()
      for _, misspelt in ipairs { false, true } do
        open { habits = { misspelt = misspelt } }
        local sock = connect()
        module:incoming(1, "last ")
        module:incoming(1, "words")
        module:hang_up(1)
        assert.are.same("last words", sock:receive("*a"))
        assert.are.same({ n = 3, nil, "closed", "" }, table.pack(sock:receive("*l")))
        hayes.sleep(1)
        assert.is_nil(module.sockets[1])
        assert.are.same(1, sock:close())
        assert.are.same(1, module:count("SOCKETDEL"))
        modem:close()
      end
    end)

    it("fails a send in the library once it is gone: nothing goes to a module that would say nothing", function()
      open { habits = { silent = true, auto_delete = true } }
      local sock = connect()
      module:hang_up(1)
      hayes.sleep(1)
      sock:send("x")
      assert.is_nil((sock:flush()))
      assert.are.same("closed", sock:lasterror().name)
      assert.are.same(0, module:count("SOCKETSEND"))
    end)

    it("finds out that it has gone without an event when a send is not answered", function()
      open { habits = { silent = true } }
      local sock = connect()
      module.sockets[1] = nil
      sock:send("x")
      assert.are.same({ nil, "closed" }, { sock:flush() })
      assert.are.same("closed", sock:lasterror().name)
      assert.is_truthy(modem:at("AT"))
    end)

    it("says so when the firmware connects anew by itself before all that had come was read", function()
      open()
      local sock = connect()
      for i = 1, 5 do module:incoming(1, ("%d"):format(i):rep(100)) end
      module:event("SocketDisconnect,1")
      module:event("SocketReconnect,1")
      local bytes, err, so_far = sock:receive("*a")
      assert.is_nil(bytes)
      assert.are.same({ "closed", "data_lost" }, { err, sock:lasterror().name })
      assert.are.same(so_far, (("1"):rep(100) .. ("2"):rep(100)):sub(1, #so_far))
    end)

    it("says so when data that was announced is refused, since the module has restarted without being heard", function()
      open()
      local sock = connect { mode = "buffer" }
      module:incoming(1, "unread")
      module:event("SocketDisconnect,1")
      module.sockets[1] = nil
      assert.are.same({ nil, "closed", "" }, { sock:receive("*a") })
      assert.are.same("data_lost", sock:lasterror().name)
    end)

    it("stays ended when the firmware connects anew by itself, and what comes then is not its data", function()
      open()
      local sock = connect()
      module:incoming(1, "old")
      hayes.sleep(1)
      module:event("SocketReconnect,1")
      module:incoming(1, "new stream")
      assert.are.same("old", sock:receive("*a"))
      hayes.sleep(1)
      assert.is_nil(module.sockets[1])
      assert.are.same({ nil, "closed" }, { (sock:receive(1)), (select(2, sock:receive(1))) })
    end)

    it("frees slots of connections that nobody uses when the module has no more", function()
      open()
      for _ = 1, 4 do module:add { type = 5, server = 9, status = 127 } end
      module:add { type = 4, host = "other.example", port = 1 }
      local sock = connect()
      assert.are.same("connected", sock:state())
      assert.is_truthy(module.sockets[5])
    end)

    it("is closed by a restart of the module, and the modem works on", function()
      open()
      local sock = connect()
      module.sockets = {}
      module.port:say("\r\nready\r\n\r\n######\r\n")
      assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
      assert.are.same("reboot", sock:lasterror().name)
      hayes.sleep(2)
      assert.is_truthy(modem.tcp.open("server.example", 7))
    end)

    it("is deleted when a program drops it", function()
      open()
      do connect() end
      collectgarbage()
      collectgarbage()
      hayes.sleep(1)
      assert.is_nil(next(module.sockets))
    end)

    it("keeps what comes in push mode after what is still to be read", function()
      open()
      local first = connect()
      module.sockets[1].packets = { "a", "b" }
      module.port:say("\r\n+EVENT:SocketDown,1,1\r\n\r\n+EVENT:SocketDown,1,1\r\n\r\n+EVENT:SocketDown,1,1,c\r\n")
      assert.are.same("abc", first:receive(3))
    end)

    it("takes no data for lost that was announced in push mode while it was being read", function()
      open()
      local first = connect()
      local _second <close> = connect { mode = "push" }
      local said = { "+SOCKETREAD,1,1,a\r\n\r\nOK\r\n",
        "\r\n+EVENT:SocketDown,1,1\r\n+SOCKETREAD,1,1,b\r\n\r\nOK\r\n" }
      local read = module.read
      function module.read(self, line) return table.remove(said, 1) or read(self, line) end
      module.port:say("\r\n+EVENT:SocketDown,1,1\r\n")
      assert.are.same("ab", first:receive(2))
      first:settimeout(5)
      assert.are.same({ nil, "timeout", "" }, { first:receive(1) })
    end)

    it("keeps what was pushed in front of what is announced later, when the module no longer pushes", function()
      open()
      local first = connect()
      local said = {
        "\r\n+EVENT:SocketDown,1,1,b\r\n+SOCKETREAD,1,0\r\n\r\nOK\r\n",
        "\r\n+EVENT:SocketDown,1,1\r\n+SOCKETREAD,1,1,c\r\n\r\nOK\r\n",
      }
      local read = module.read
      function module.read(self, line)
        return #self.sockets[1].packets == 0 and table.remove(said, 1) or read(self, line)
      end
      module:incoming(1, "a")
      assert.are.same("abc", first:receive(3))
    end)
  end)

  describe("a server", function()
    it("gives its clients as sockets, and their slots back", function()
      open()
      local server <close> = assert(modem.tcp.listen(8080))
      local accepted = hayes.spawn(function() return server:accept() end)
      hayes.sleep(1)
      local id = module:client(1)
      module:incoming(id, "GET /\r\n")
      local _, client = assert(accepted:join(5))
      assert.are.same("GET /", client:receive())
      client:send("200")
      assert.are.same(1, client:close())
      assert.is_nil(module.sockets[id])
      assert.is_truthy(module.sockets[1])
    end)

    it("keeps what clients send before they are accepted, and serves more clients than there are slots", function()
      open { habits = { misspelt = true } }
      local server <close> = assert(modem.tcp.listen(8080))
      for round = 1, 20 do
        local id = module:client(1)
        module:incoming(id, "round " .. round .. "\n")
        module:hang_up(id)
        hayes.sleep(1)
        local client = assert(server:accept(1))
        assert.are.same("round " .. round, client:receive())
        assert.are.same({ nil, "closed", "" }, { client:receive() })
        client:close()
      end
      assert.are.same({ nil, "timeout" }, { server:accept(1) })
    end)

    it("finds its ConID, and clients whose event does not come, in the table", function()
      open { habits = { no_con_id = true, seeds_unannounced = true } }
      local server <close> = assert(modem.tcp.listen(8080))
      local id = module:client(1)
      table.insert(module.sockets[id].packets, "early\n")
      local client = assert(server:accept(20))
      assert.are.same("early", client:receive())
      assert.are.same({ nil, "timeout" }, { server:accept(20) })
    end)

    it("ends a waiting accept, and the clients that nobody took, when it is closed", function()
      open()
      local server = assert(modem.tcp.listen(8080))
      local waiting = hayes.spawn(function() return server:accept() end)
      hayes.sleep(1)
      assert.are.same(1, server:close())
      assert.are.same({ true, nil, "closed" }, { waiting:join(1) })
      assert.is_nil(next(module.sockets))
      assert.are.same(1, server:close())
    end)

    it("has a client closed that connects while it is being closed", function()
      open()
      local server = assert(modem.tcp.listen(8080))
      module.port.delay = 1
      module:client(1) -- its event is on the way
      assert.are.same(1, server:close())
      hayes.sleep(20)
      assert.is_nil(next(module.sockets))
    end)

    it("has SSL clients where it is an SSL server", function()
      open()
      local server <close> = assert(modem.ssl.listen(8443))
      assert.are.same(6, module.sockets[1].type)
      module:client(1)
      local client = assert(server:accept(5))
      assert.are.same("SSL", tostring(client):sub(1, 3))
      assert.is_false(client.verified)
    end)
  end)

  describe("UDP", function()
    it("keeps the borders of datagrams in either mode", function()
      for _, mode in ipairs { "buffer", "push" } do
        open()
        local sock = assert(modem.udp.open("time.example", 123, { mode = mode }))
        sock:settimeout(1)
        assert.are.same(3, sock:send("ask"))
        module:incoming(1, "one")
        module:incoming(1, "two\n")
        assert.are.same("one", sock:receive())
        assert.are.same("two\n", sock:receive())
        assert.are.same({ nil, "timeout" }, { sock:receive() })
        modem:close()
      end
    end)

    it("answers as a server, once somebody has sent something", function()
      open()
      local sock = assert(modem.udp.listen(5683))
      sock:settimeout(1)
      assert.are.same({ nil, "closed", 0 }, { sock:send("nobody there") })
      assert.are.same("no_peer", sock:lasterror().name)
      assert.are.same(0, module:count("SOCKETSEND"))
      module:incoming(1, "question")
      assert.are.same("question", sock:receive())
      assert.are.same(6, sock:send("answer"))
      assert.are.same("answer", module.sockets[1].got)
    end)

    it("refuses a datagram that the module would cut up", function()
      open()
      local sock = assert(modem.udp.open("time.example", 123))
      assert.are.same("socket:send: the datagram is 1025 bytes long; the module takes up to 1024",
        raises(function() sock:send(("x"):rep(1025)) end))
    end)
  end)

  describe("sockets()", function()
    it("lists as the module does, with the states as they are", function()
      open { commands = { ["AT+SOCKET?"] = "1,4,3,192.168.31.239,60000,-1,0\r\n3,3,3,,-1,1883,0\r\n"
        .. "4,5,127,192.168.31.9,50000,-1,3\r\n\r\nOK\r\n" } }
      assert.are.same({
        { id = 1, type = "TCP client", state = "connected", host = "192.168.31.239", port = 60000 },
        { id = 3, type = "TCP server", state = "connected", local_port = 1883 },
        { id = 4, type = "TCP seed", state = "to be deleted", host = "192.168.31.9", port = 50000, server = 3 },
      }, modem.sockets())
    end)
  end)

  it("wrong use raises, and nothing is sent", function()
    open()
    local before = #module.log
    local tcp, udp = modem.tcp, modem.udp
    for message, call in pairs {
      ["tcp.open: the host holds CR at byte 2, which cannot be sent in a command"] = function() tcp.open("a\r", 1) end,
      ['tcp.open: the host is "a,b"; it must hold no comma or space'] = function() tcp.open("a,b", 1) end,
      ["tcp.open: the port is 0; it must be from 1 to 65535"] = function() tcp.open("a", 0) end,
      ["udp.open: the port is 65536; it must be from 1 to 65535"] = function() udp.open("a", 65536) end,
      ['tcp.open: no option is called "mod" (did you mean mode?)'] = function() tcp.open("a", 1, { mod = "push" }) end,
      ["tcp.listen: the port is a table; it must be integer"] = function() tcp.listen({}) end,
      ["AT+SOCKETSENDLINE: the parameter data is missing"] = function()
        modem:call("+SOCKETSENDLINE", "write", { 1, 3 })
      end,
    } do
      assert.are.same(message, raises(call))
    end
    assert.are.same(before, #module.log)
  end)
end)
