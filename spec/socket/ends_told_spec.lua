-- What is known is told: send() of a connection that has ended, lasterror() of a call that ran out of time.

local hayes = require "hayes"
local Module = require "support.stream_module"
local script = require "support.script"

for _, mode in ipairs { "buffer", "push", "transparent" } do
  describe("A socket in " .. mode .. " mode", function()
    local module, modem, sock

    before_each(function()
      script.virtual_time()
      module = Module.new()
      modem = assert(hayes.open_port(module.port, "script"))
      module.port.delay = 0.02
      sock = assert(modem.tcp.open("server.example", 7, { mode = mode }))
    end)

    after_each(function()
      modem:close()
      script.real_time()
    end)

    it("refuses to send once the server is known to have closed", function()
      module:hang_up(module.all[1])
      hayes.sleep(5)
      assert.are.same({ nil, "closed", 0 }, { sock:send("into the void") })
      assert.are.same({ "closed", 13 }, { sock:lasterror().name, sock:lasterror().unsent })
      assert.are.same({ nil, "closed" }, { sock:flush() })
      assert.are.same({ nil, "closed", 1 }, { sock:send("more", 2) })
    end)

    it("says after a time-out what was waited for", function()
      sock:settimeout(1.5)
      assert.are.same({ nil, "timeout", "" }, { sock:receive(1) })
      local err = sock:lasterror()
      assert.are.same("timeout", err.name)
      assert.are.same("receive of tcp: server.example:7: that was not over within 1.5 s", tostring(err))
    end)

    it("says after the end why that came, whatever ran out of time before", function()
      sock:settimeout(1)
      assert.are.same({ nil, "timeout", "" }, { sock:receive(1) })
      module:hang_up(module.all[1])
      sock:settimeout(10)
      assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
      assert.are.same("closed", sock:lasterror().name)
    end)
  end)
end

describe("A send under way when the end becomes known", function()
  it("and what was queued after it and refused are lost, all of them counted", function()
    script.virtual_time()
    finally(script.real_time)
    local module = Module.new { refuses = true }
    local modem <close> = assert(hayes.open_port(module.port, "script"))
    local sock = assert(modem.tcp.open("server.example", 7))
    module:hang_up(module.all[1])
    module.port.delay = 1
    sock:send(("x"):rep(1636))
    hayes.sleep(0.1)
    assert.are.same({ nil, "closed", 0 }, { sock:send("more") })
    assert.are.same(180, sock:lasterror().unsent)
    assert.are.same({ nil, "closed" }, { sock:flush() })
    hayes.sleep(3)
    sock:close()
    assert.are.same(1640, sock:lasterror().unsent)
  end)
end)
