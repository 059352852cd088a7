-- Opening that waits for the line while the module restarts: it goes on after that, and what comes of it is known.

local hayes = require "hayes"
local script = require "support.script"
local StreamModule = require "support.stream_module"

describe("A connection whose opening waited while the module restarted", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  for _, mode in ipairs { "buffer", "push", "transparent" } do
    it("hears of its data, and of its end, in " .. mode .. " mode", function()
      local module = StreamModule.new()
      local answer, restarting = module.port.answer, false
      module.port.answer = function(port, bytes)
        if bytes ~= "AT+SLOW\r" then return answer(port, bytes) end
        restarting = true -- in place of an answer
        module.servers = { tcp = {}, ssl = {} }
        port:say("\r\nRDY\r\n", 1)
        return ""
      end
      local modem <close> = assert(hayes.open_port(module.port, "script"))
      assert(modem.tcp.open("first.example", 7)):close()
      local data, state
      hayes.run(function()
        hayes.spawn(function() modem:at("AT+SLOW") end)
        local sock = assert(modem.tcp.open("server.example", 7, { mode = mode }))
        assert.is_true(restarting)
        sock:settimeout(5)
        local server = module.servers.tcp[sock.connection.id]
        module:send(server, "hello")
        data = sock:receive(5)
        module:hang_up(server)
        state = select(2, sock:receive(1))
        sock:close()
      end)
      assert.are.same({ "hello", "closed" }, { data, state })
      assert.is_nil(next(module.servers.tcp))
    end)
  end

  it("leaves it to the next one to set how data is announced, where it has come right behind that", function()
    local module, log = StreamModule.new(), {}
    local answer, restarts = module.port.answer, 0
    module.port.answer = function(port, bytes)
      log[#log + 1] = bytes:match("^AT%+QICFG=\"dataformat\"")
      if not bytes:find("dataformat", 1, true) or restarts > 0 then return answer(port, bytes) end
      restarts = restarts + 1
      port:say("\r\nOK\r\n\r\nRDY\r\n")
      return ""
    end
    local modem <close> = assert(hayes.open_port(module.port, "script"))
    for _ = 1, 3 do
      local sock = modem.tcp.open("server.example", 7)
      if sock then sock:close() end
    end
    assert.are.same({ 1, 2 }, { restarts, #log })
  end)
end)
