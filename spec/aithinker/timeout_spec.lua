-- One time-out for all of a call: the commands before the one that matters, the wait for the line, the wait for events.

local hayes = require "hayes"
local Module = require "support.wifi_module"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("An Ai-Thinker module that is slow", function()
  local modem

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  local function late(reply, seconds)
    return function(_, port) port:say(reply, seconds) end
  end

  local function open(changes)
    local commands = { ["AT+WMODE?"] = "\r\n+WMODE:1\r\n" .. OK, ["^AT%+WJAP="] = OK,
      ["AT+WJAP?"] = "\r\n+WJAP:2,home,p,14:de:39:06:86:e4,WPA2,7c:b9:4c:1d:c6:39,6,0.0.0.0,0.0.0.0\r\n" .. OK,
      ["AT+WSCAN"] = late(OK, 50) }
    for line, reply in pairs(changes or {}) do commands[line] = reply end
    modem = assert(hayes.open_port(Module.new({ commands = commands }).port, "script"))
  end

  local function times_out(f)
    return hayes.run(function()
      local started = hayes.now()
      local found, err = f()
      assert.is_nil(found)
      assert.is_true(hayes.now() - started < 2.1, ("%g s"):format(hayes.now() - started))
      return err
    end)
  end

  local function join() return modem.wifi.join { ssid = "home", timeout = 2 } end

  local slow = { ["AT+WMODE?"] = late("\r\n+WMODE:1\r\n" .. OK, 5), ["^AT%+WJAP="] = late(OK, 20),
    ["AT+WJAP?"] = late(OK, 5) }
  for line, reply in pairs(slow) do
    it("keeps wifi.join() no longer than its time-out: " .. line, function()
      open { [line] = reply }
      local err = times_out(join)
      assert.is_truthy(err.name == "timeout" or err.name == "no_address", err.name)
      assert.is_truthy(tostring(err):find("joining home", 1, true), tostring(err))
    end)
  end

  it("keeps neither wifi.join() nor dns.resolve() waiting for the line", function()
    for _, f in ipairs { join, function() return modem.dns.resolve("a.example", { timeout = 2 }) end } do
      open()
      local err = times_out(function()
        hayes.spawn(modem.at, modem, "AT+WSCAN", { timeout = 100 })
        return f()
      end)
      assert.are.same("timeout", err.name)
      modem:close()
    end
  end)

  it("and gives no address says in what state it is", function()
    open()
    local _, err = modem.wifi.join { ssid = "home", timeout = 5 }
    assert.are.same("no_address", err.name)
    assert.are.same("joining home: no address within 5 s; the state is no address", tostring(err))
  end)

  it("whose event of the address got lost has joined all the same", function()
    local asked = 0
    open { ["AT+WJAP?"] = function()
      asked = asked + 1
      return ("\r\n+WJAP:%d,home,p,14:de:39:06:86:e4,WPA2,7c:b9:4c:1d:c6:39,6,192.168.3.142,192.168.3.1\r\n"):format(
        asked > 2 and 3 or 2) .. OK
    end }
    assert.are.same("192.168.3.142", assert(modem.wifi.join { ssid = "home" }).ip)
  end)
end)
