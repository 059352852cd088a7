-- Another program speaks on the same port (ModemManager, a second client of a relay): its answers are nobody's.

local hayes = require "hayes"
local script = require "support.script"
local wait = require "hayes.wait"

describe("Another program on the port", function()
  local modem, port, reports

  before_each(function()
    script.virtual_time()
    reports = {}
    stub(wait, "report", function(what, err) reports[#reports + 1] = what .. ": " .. tostring(err) end)
  end)

  after_each(function()
    modem:close()
    wait.report:revert()
    script.real_time()
  end)

  local function open(commands)
    port = script.port(script.quectel(commands))
    modem = assert(hayes.open_port(port, "script"))
  end

  --- What it is answered.
  local function say(...)
    for _, bytes in ipairs { ... } do
      port:say(bytes)
      hayes.sleep(1)
    end
  end

  it("is reported once", function()
    open()
    local events = {}
    modem:on("foreign", function(event) events[#events + 1] = event.line .. "|" .. event.message end)
    say("\r\n+CSQ: 22,99\r\n\r\nOK\r\n", "\r\nERROR\r\n", "\r\nOK\r\n", "\r\n+CME ERROR: 3\r\n", "\r\nOK\r\n")
    assert.are.same({ "OK|another program speaks on this port" }, events)
    assert.are.same({}, reports)
  end)

  it("is told of where nobody listens", function()
    open()
    say("\r\nOK\r\n", "\r\nOK\r\n", "\r\nOK\r\n", "\r\nOK\r\n")
    assert.are.same(1, #reports)
    assert.is_truthy(reports[1]:find("another program speaks on this port", 1, true))
  end)

  it("is not suspected for a single result, nor for one that is late", function()
    open { ["AT+SLOW"] = function(_, at) at:say("\r\nOK\r\n", 20) end }
    say("\r\nOK\r\n")
    assert.is_nil((modem:at("AT+SLOW", { timeout = 3 })))
    hayes.sleep(30)
    assert(modem:at("AT"))
    assert.are.same({}, reports)
  end)

  it("is not suspected where the firmware says SEND OK after SEND FAIL", function()
    open()
    say("\r\nSEND OK\r\n", "\r\nSEND OK\r\n", "\r\nNO CARRIER\r\n", "\r\nNO CARRIER\r\n")
    assert.are.same({}, reports)
  end)

  it("is not suspected where several come at once", function()
    open()
    say(("\r\nERROR\r\n"):rep(20))
    assert.are.same({}, reports)
  end)

  it("is not suspected while the module starts", function()
    open()
    say("\r\nRDY\r\n\r\nOK\r\n\r\nOK\r\n")
    assert(modem:at("AT"))
    assert.are.same({}, reports)
  end)
end)
