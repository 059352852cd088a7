-- An argument that a function does not take is refused: it would not be used.

local hayes = require "hayes"
local Module = require "support.wifi_module"
local raises = require "support.raises"
local script = require "support.script"

describe("A surplus argument", function()
  local modem

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("is refused by the services of Quectel modules, before anything is sent", function()
    local port = script.port(script.quectel())
    modem = assert(hayes.open_port(port, "script"))
    local sent = #port.log
    assert.are.same("network.attach: it is given 2 arguments, and takes 1 at most",
      raises(function() modem.network.attach({ apn = "x" }, 5) end))
    assert.are.same("network.status: it is given an argument, and takes none",
      raises(function() modem.network.status(1) end))
    assert.are.same("network.attach: it is called with a dot: modem.network.attach(…), not modem.network:attach(…)",
      raises(function() modem.network:attach { apn = "x" } end))
    assert.are.same("ssl.open: it is given 4 arguments, and takes 3 at most",
      raises(function() modem.ssl.open("h", 443, { verify = "none" }, 5) end))
    assert.are.same("ftp.get: it is given 4 arguments, and takes 3 at most",
      raises(function() modem.ftp.get("ftp://h/a", nil, nil, 5) end))
    assert.are.same("file.delete: it is given 2 arguments, and takes 1 at most",
      raises(function() modem.file.delete("a", "b") end))
    assert.are.same(sent, #port.log)
  end)

  it("is refused by the services of Ai-Thinker modules", function()
    modem = assert(hayes.open_port(Module.new().port, "script"))
    assert.are.same("tcp.open: it is given 4 arguments, and takes 3 at most",
      raises(function() modem.tcp.open("h", 80, {}, 5) end))
    assert.are.same("wifi.leave: it is given an argument, and takes none", raises(function() modem.wifi.leave(true) end))
  end)

  it("that is nil is none", function()
    modem = assert(hayes.open_port(script.port(script.quectel { ["AT+QIDEACT=1"] = "\r\nOK\r\n" }), "script"))
    assert(modem.network.detach(1, nil, nil))
  end)
end)
