-- What the checks of a call cost when it is right, as most are: nothing that the collector has to clear away.

local exchange = require "hayes.exchange"
local script = require "support.script"

local TIMES = 50
local LEAST = 16 -- bytes of anything that the collector clears away

describe("The checks of", function()
  local port, modem

  before_each(function()
    script.virtual_time()
    port = script.port(script.quectel { ["AT+CSQ"] = "\r\n+CSQ: 24,99\r\n\r\nOK\r\n" })
    modem = assert(port:open())
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- Bytes that the calls take, together with what the scripted module takes for each.
  local function bytes_of(call)
    local function calls()
      for _ = 1, TIMES do
        port.log, port.lines = {}, {}
        assert(call())
      end
    end
    calls()
    collectgarbage()
    collectgarbage "stop"
    local before = collectgarbage "count"
    calls()
    local after = collectgarbage "count"
    collectgarbage "restart"
    return (after - before) * 1024
  end

  it("modem:at make no garbage", function()
    local bare = bytes_of(function() return exchange.run(modem, "AT+CSQ") end)
    local checked = bytes_of(function() return modem:at("AT+CSQ") end)
    assert.is_true(checked - bare < TIMES * LEAST, ("%.0f bytes a call"):format((checked - bare) / TIMES))
  end)
end)
