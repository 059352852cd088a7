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
end)
