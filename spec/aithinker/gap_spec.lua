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
      assert.are.same("unknown_conid", why.name)
    end)
  end
end)
