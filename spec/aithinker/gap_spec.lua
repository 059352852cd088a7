-- Connections of an Ai-Thinker module of which the line has lost something: bytes, an answer, or the report of the end.

local failure = require "hayes.failure"
local hayes = require "hayes"
local Module = require "support.wifi_module"
local script = require "support.script"

local OK = "\r\nOK\r\n"

--- More bytes are announced than come: the line has lost some.
local CUT = "\r\n+EVENT:SocketDown,1,9,hello\r\n+EVENT:WIFI_GOT_IP\r\n"

describe("An Ai-Thinker module", function()
  local module, modem

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function open(commands, habits)
    commands = commands or {}
    commands["AT+CSQ"] = OK
    module = Module.new { commands = commands, habits = habits }
    modem = assert(hayes.open_port(module.port, "script"))
  end

  local function connect(options)
    local sock = assert(modem.tcp.open("a.example", 7, options))
    sock:settimeout(10)
    return sock
  end

  it("is not told to begin transparent transmission of a connection that has lost bytes on the line", function()
    open()
    hayes.run(function()
      local sock = connect { mode = "push" }
      module.port:say(CUT)
      hayes.sleep(1)
      local ok, err = sock:transparent()
      assert.is_nil(ok)
      assert.is_true(failure.is_damage(err.name))
      sock:close()
    end)
    assert.are.same(0, module:count("SOCKETTT"))
  end)

  it("is not told to resume it, either", function()
    for _, escape in ipairs { "auto", "manual" } do
      local why
      open()
      hayes.run(function()
        local sock = connect { mode = "transparent", escape = escape }
        if escape == "auto" then
          local asking = hayes.spawn(modem.at, modem, "AT+CSQ")
          repeat hayes.sleep(0.01) until not module.online
          module.port:say(CUT)
          asking:join()
        else
          assert(sock:escape())
          module.port:say(CUT)
          hayes.sleep(1)
          assert.is_nil((sock:resume()))
        end
        hayes.sleep(5)
        sock:send("secret")
        assert.are.same({ nil, "closed" }, { sock:flush() })
        why = sock:lasterror().name
        sock:close()
      end)
      assert.is_true(failure.is_damage(why))
      assert.are.same("", module.through)
      assert.are.same(1, module:count("SOCKETTT"))
      modem:close()
    end
  end)

  --- The connection is not in the module's table any more when its transparent transmission is left, and no event has told
  --- of that. `meanwhile` is called in command mode. What receive("*a") gives, and the error.
  local function end_unheard(escape, meanwhile)
    local got, why
    open { ["^AT%+SOCKETTT"] = function()
      if not module.sockets[1] then return "\r\n+SOCKETTT:105\r\nERROR\r\n" end
      module.online, module.last = true, script.now()
      return ">"
    end }
    hayes.run(function()
      local sock = connect { mode = "transparent", escape = escape }
      module.port:say("begin", 0.1)
      hayes.sleep(1)
      local asking = hayes.spawn(function() return escape == "auto" and modem:at("AT+CSQ") or sock:escape() end)
      repeat hayes.sleep(0.001) until not module.online
      meanwhile()
      asking:join()
      hayes.sleep(5)
      got = table.pack(sock:receive("*a"))
      why = sock:lasterror()
      sock:close()
    end)
    modem:close()
    return { got[1], got[2], got[3], why and why.name }
  end

  it("that lists a connection no more, and has told of no end, may have lost data of it: that is no clean end", function()
    for _, escape in ipairs { "auto", "manual" } do
      assert.are.same({ nil, "closed", "begin", "data_lost" }, end_unheard(escape, function() module.sockets[1] = nil end))
    end
  end)

  it("has told of the end of a connection by deleting it", function()
    for _, escape in ipairs { "auto", "manual" } do
      assert.are.same({ "begin", nil, nil, "closed" }, end_unheard(escape, function()
        module:event("SocketAutoDel,1")
        module.sockets[1] = nil
      end))
    end
  end)

  it("does not end a connection of whose state the line has changed a digit", function()
    for _, escape in ipairs { "auto", "manual" } do
      local got
      open()
      hayes.run(function()
        local sock = connect { mode = "transparent", escape = escape }
        local table_of = module.table
        function module.table(self)
          self.table = table_of
          return (table_of(self):gsub("^1,4,3", "1,4,33"))
        end
        if escape == "manual" then
          assert(sock:escape())
          assert(sock:resume())
        else
          module.port:say("\r\n+EVENT:SocketDisconnect,1\r\n")
          hayes.sleep(10)
        end
        module.port:say("more")
        got = sock:receive(escape == "manual" and 4 or 33)
        sock:close()
      end)
      assert.are.same(escape == "manual" and "more" or "\r\n+EVENT:SocketDisconnect,1\r\nmore", got)
      modem:close()
    end
  end)

  for _, mode in ipairs { "buffer", "push" } do
    it("that refuses to give what it has announced of a connection that has ended has lost it: " .. mode, function()
      local got, why
      open { ["^AT%+SOCKETREAD="] = function() return "\r\n+SOCKETREAD:110\r\nERROR\r\n" end }
      hayes.run(function()
        local sock = connect { mode = mode }
        module.push = false
        module:incoming(1, "hello")
        module:event("SocketDisconnect,1")
        hayes.sleep(5)
        got = table.pack(sock:receive("*a"))
        why = sock:lasterror()
        sock:close()
      end)
      assert.are.same({ nil, "closed", "" }, { got[1], got[2], got[3] })
      assert.are.same("data_lost", why.name)
    end)
  end

  --- What comes from this ConID, and what has been sent to it.
  local function exchange_with(sock, id)
    module:incoming(id, ("from %d"):format(id))
    sock:send(("to %d"):format(id))
    assert(sock:flush())
    return { (sock:receive(6)), module.sockets[id].got }
  end

  it("has a connection that it makes late deleted, also where it tells that in the answer to the next opening", function()
    local openings = 0
    open { ["^AT%+SOCKET="] = function(line)
      openings = openings + 1
      local answer = module:open(line)
      return openings == 1 and "" or openings == 2 and "connect success ConID=1\r\n" .. answer or answer
    end }
    hayes.run(function()
      assert.is_nil((modem.tcp.open("a.example", 7)))
      hayes.sleep(20)
      local sock = connect()
      hayes.sleep(5)
      assert.is_nil(module.sockets[1])
      assert.are.same({ "from 2", "to 2" }, exchange_with(sock, 2))
      sock:close()
    end)
  end)

  it("that tells twice that a connection is made has not made the next one with it", function()
    for _, refuses in ipairs { false, 97 } do
      open { ["^AT%+SOCKET="] = function(line)
        return (module.sockets[1] and "connect success ConID=1\r\n" or "") .. module:open(line)
      end }
      hayes.run(function()
        local first = connect()
        module.refuses = refuses
        local second, err = modem.tcp.open("b.example", 7)
        if refuses then
          assert.are.same("socket_connect_failed", err.name)
        else
          second:settimeout(10)
          assert.are.same({ "from 2", "to 2" }, exchange_with(second, 2))
          second:close()
        end
        assert.are.same({ "from 1", "to 1" }, exchange_with(first, 1))
        first:close()
      end)
      modem:close()
    end
  end)

  --- An answer to AT+SOCKET? that has lost the last row, one of which has lost its beginning, one whose first digit is
  --- another; and a refusal.
  local damages = {
    function(text) return (text:gsub("[^\r\n]+\r\n(\r\nOK\r\n)$", "%1")) end,
    function(text) return (text:gsub("%d+,(%d,[^\r\n]+\r\n\r\nOK\r\n)$", "%1")) end,
    function(text) return (text:gsub("2(,%d,[^\r\n]+\r\n\r\nOK\r\n)$", "1%1")) end,
    function() return "\r\nERROR\r\n" end,
  }

  --- The next answer is damaged.
  local function damage_table(damage)
    local table_of = module.table
    function module.table(self)
      self.table = table_of
      return damage(table_of(self))
    end
  end

  it("that does not tell the ConID of a server gives the server's own, though an answer about it is damaged", function()
    for _, damage in ipairs(damages) do
      open(nil, { no_con_id = true })
      hayes.run(function()
        module:add { type = 3, local_port = 80 } -- of an earlier program
        damage_table(damage)
        local server = assert(modem.tcp.listen(80))
        assert.are.same(3, module:client(2))
        server:settimeout(10)
        local peer = assert(server:accept())
        peer:close()
        server:close()
        assert.is_nil(module.sockets[2])
        assert.is_truthy(module.sockets[1])
      end)
      modem:close()
    end
  end)

  it("loses nothing of a client that it has not announced, though an answer that lists the client is damaged", function()
    for _, damage in ipairs(damages) do
      local got
      open(nil, { seeds_unannounced = true })
      hayes.run(function()
        local server = assert(modem.tcp.listen(80, { mode = "push" }))
        assert.are.same(2, module:client(1))
        damage_table(damage)
        module:incoming(2, "hello, ")
        hayes.sleep(1)
        module:incoming(2, "world")
        server:settimeout(20)
        local peer = assert(server:accept())
        peer:settimeout(10)
        got = peer:receive(12)
        peer:close()
        server:close()
      end)
      assert.are.same("hello, world", got)
      modem:close()
    end
  end)

  it("keeps a connection of another program whose state the line has changed, when it has no room", function()
    local asked = 0
    open()
    hayes.run(function()
      for _ = 1, 5 do module:add { type = 4, host = "a.example", port = 7 } end
      module.sockets[4].status = 127
      damage_table(function(text)
        asked = asked + 1
        return (text:gsub("1,4,3", "1,4,4"))
      end)
      connect():close()
    end)
    assert.are.same(1, asked)
    assert.is_truthy(module.sockets[1])
  end)
end)
