-- An argument that a function does not take is refused: it would not be used.

local hayes = require "hayes"
local Module = require "support.wifi_module"
local raises = require "support.raises"
local script = require "support.script"

describe("The size of a trace", function()
  it("is refused where there is no file to be bounded", function()
    for _, case in ipairs { { nil, "trace_size bounds the file of the option trace, which is missing" },
      { print, "trace_size bounds a file; the trace is a function" } } do
      local options = { trace = case[1], trace_size = 10000 }
      assert.are.same("hayes.open: " .. case[2], raises(function() hayes.open("/dev/null", options) end))
      assert.are.same("hayes.open_port: " .. case[2], raises(function() hayes.open_port({}, "script", options) end))
    end
  end)
end)

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
    assert.are.same("network.attach: call it with a dot: modem.network.attach(…), not modem.network:attach(…)",
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

describe("A call with a dot in place of a colon", function()
  local modem

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("is told what to write, for every method of a modem", function()
    modem = assert(hayes.open_port(script.port(script.quectel()), "script"))
    for _, name in ipairs(require("hayes.explain.help").methods) do
      assert.are.same(("modem:%s: call it with a colon: modem:%s(…), not modem.%s(…)"):format(name, name, name),
        raises(function() modem[name]("AT", print) end))
    end
  end)
end)

describe("The name of an event", function()
  local modem

  before_each(function()
    script.virtual_time()
    modem = assert(hayes.open_port(script.port(script.quectel()), "script"))
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("that cannot come is refused, with what to write", function()
    local wrong = {
      CREG = 'the event is "CREG"; the URC is written "+CREG"',
      ["+creg"] = 'the event is "+creg"; the URC is written "+CREG"',
      ["+CREG:"] = 'the event is "+CREG:"; the URC is written "+CREG"',
      ["+FOO: "] = 'the event is "+FOO: "; it is the name of a URC, without the colon that follows it: "+FOO"',
      ring = 'the event is "ring"; the URC is written "RING"',
      rebot = 'the event is "rebot"; it must be one of "urc", "reboot", "closed", "desync", "resync", "foreign"',
      [""] = "the event is empty",
    }
    for name, message in pairs(wrong) do
      assert.are.same("modem:on: " .. message, raises(function() modem:on(name, print) end))
      assert.are.same("modem:wait: " .. message, raises(function() modem:wait(name, 0) end))
    end
  end)

  it("that is declared nowhere may come; the subscription says which one is like it", function()
    assert.are.same("hayes.subscription: +CREGG (no URC of this name is declared; +CREG is)",
      tostring(modem:on("+CREGG", print)))
    assert.are.same("hayes.subscription: +IPD", tostring(modem:on("+IPD", print)))
  end)
end)
