-- What modem.network.attach and its relatives are given is used, or refused: credentials, several tasks at once, one
-- time-out over all.

local hayes = require "hayes"
local raises = require "support.raises"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("modem.network", function()
  local modem, port, state

  before_each(function()
    script.virtual_time()
    state = { activations = 0 }
  end)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  --- A module that keeps one context, and shows its password as the firmware does. `took` are seconds by command.
  local function open(took, shown)
    took = took or {}
    local function after(name, reply)
      return function(line, at)
        local said = type(reply) == "function" and reply(line) or reply
        if not took[name] then return said end
        at:say(said, took[name])
      end
    end
    port = script.port(script.quectel {
      ["AT+CPIN?"] = after("CPIN?", "\r\n+CPIN: READY\r\n" .. OK),
      ["AT+CEREG?"] = after("CEREG?", function() return ("\r\n+CEREG: 0,%d\r\n"):format(state.stat or 1) .. OK end),
      ["AT+CGREG?"] = "\r\n+CGREG: 0,2\r\n" .. OK, ["AT+CREG?"] = "\r\n+CREG: 0,2\r\n" .. OK,
      ["AT+CSQ"] = "\r\n+CSQ: 20,99\r\n" .. OK,
      ["AT+CGATT?"] = function() return ("\r\n+CGATT: %d\r\n"):format(state.detached and 0 or 1) .. OK end,
      ["AT+CGATT=1"] = after("CGATT", OK),
      ["AT+QIACT?"] = function() return (state.active and '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' or "") .. OK end,
      ["AT+QICSGP=1"] = function()
        local set = state.set or { "", "", "", "0" }
        return ('\r\n+QICSGP: 1,"%s","%s","%s",%s\r\n'):format(set[1], set[2], shown and shown or set[3], set[4]) .. OK
      end,
      ["^AT%+QICSGP=1,"] = function(line)
        state.set = { line:match('1,1,"(.-)","(.-)","(.-)",(%d)') }
        return OK
      end,
      ["AT+QIACT=1"] = after("QIACT", function()
        state.active, state.activations = true, state.activations + 1
        return OK
      end),
      ["AT+QIDEACT=1"] = after("QIDEACT", function()
        state.active = false
        return OK
      end),
      ["AT+COPS=?"] = function(_, at) at:say(OK, 60) end,
    })
    port.delay = 0.02
    modem = assert(hayes.open_port(port, "script"))
  end

  local user = { apn = "x", user = "me", password = "one", auth = "pap" }
  local function but(changes)
    local options = {}
    for name, value in pairs(user) do options[name] = value end
    for name, value in pairs(changes) do options[name] = value end
    return options
  end

  for _, shown in ipairs { false, "***", "" } do
    it(("activates anew for another password; the firmware shows it as %q"):format(tostring(shown)), function()
      open(nil, shown or nil)
      for _ = 1, 2 do assert(modem.network.attach(user)) end
      assert.are.same(1, state.activations)
      assert(modem.network.attach(but { password = "two" }))
      assert.are.same({ 2, "two" }, { state.activations, state.set[3] })
    end)
  end

  it("activates anew for another authentication, and asks for none where the caller does not", function()
    open()
    assert(modem.network.attach(user))
    assert(modem.network.attach { apn = "x", user = "me", password = "one" })
    assert.are.same(1, state.activations)
    assert(modem.network.attach(but { auth = "chap" }))
    assert.are.same({ 2, "2" }, { state.activations, state.set[4] })
  end)

  it("gives one context to one of two tasks that want different things of it at once", function()
    open { QIACT = 2 }
    hayes.run(function()
      local first = hayes.spawn(function() return modem.network.attach { apn = "x" } end)
      local second = hayes.spawn(function() return modem.network.attach { apn = "y" } end)
      assert(select(2, first:join()))
      local _, active, err = second:join()
      assert.is_nil(active)
      assert.are.same("busy", err.name)
      assert.is_truthy(tostring(err):find("PDP context 1", 1, true), tostring(err))
      assert(modem.network.attach { apn = "y" })
      assert.are.same("y", state.set[1])
    end)
  end)

  it("refuses credentials that would not be used", function()
    open()
    local attach = modem.network.attach
    assert.are.same("network.attach: password is given without user; they are used together",
      raises(function() attach { apn = "x", password = "p" } end))
    assert.are.same('network.attach: auth is "chap" without user; they are used together',
      raises(function() attach { apn = "x", auth = "chap" } end))
    assert.are.same('network.attach: auth is "none", with which user and password are not used',
      raises(function() attach { apn = "x", user = "me", auth = "none" } end))
    assert(attach { apn = "x", auth = "none" })
    assert.are.same("network.dns: the first server is missing",
      raises(function() modem.network.dns(nil, "1.1.1.1") end))
  end)

  --- What f() gave, which must be a time-out after so many seconds.
  local function times_out(seconds, f)
    return hayes.run(function()
      local started = hayes.now()
      local found, err = f()
      assert.is_nil(found)
      assert.is_true(hayes.now() - started < seconds + 0.1, ("%g s"):format(hayes.now() - started))
      return err
    end)
  end

  for name, late in pairs { ["CPIN?"] = 4, ["CEREG?"] = 200, QIACT = 100, CGATT = 100 } do
    it("attach() has one time-out, also when the module is slow with " .. name, function()
      open { [name] = late }
      state.detached = name == "CGATT"
      local err = times_out(2, function() return modem.network.attach { apn = "x", timeout = 2 } end)
      assert.are.same("timeout", err.name)
      assert.is_truthy(tostring(err):find('attaching with APN "x": ', 1, true), tostring(err))
      assert.is_truthy(tostring(err):find("within 2 s", 1, true), tostring(err))
    end)
  end

  it("attach() that waits for a network says so when the time is over", function()
    open()
    state.stat = 2
    local err = times_out(2, function() return modem.network.attach { apn = "x", timeout = 2 } end)
    assert.are.same("not_registered", err.name)
    assert.are.same("no network within 2 s: searching, signal -73 dBm", tostring(err))
  end)

  it("attach(), reattach(), detach() and resolve() wait no longer for the line either", function()
    open()
    local network = modem.network
    for _, f in ipairs {
      function() return network.attach { apn = "x", timeout = 2 } end,
      function() return network.reattach { timeout = 2 } end,
      function() return network.detach { timeout = 2 } end,
      function() return network.resolve("a.example", { timeout = 2 }) end,
    } do
      local err = times_out(2, function()
        hayes.spawn(modem.at, modem, "AT+COPS=?", { timeout = 100 })
        return f()
      end)
      assert.are.same("timeout", err.name)
    end
    assert.are.same(0, state.activations)
  end)

  it("reattach() and detach() have a time-out for a slow module", function()
    open { QIACT = 100, QIDEACT = 30 }
    local err = times_out(2, function() return modem.network.reattach { timeout = 2 } end)
    assert.is_truthy(tostring(err):find("reattaching PDP context 1: activating PDP context 1", 1, true), tostring(err))
    modem:close()
    open { QIDEACT = 30 }
    err = times_out(2, function() return modem.network.detach { timeout = 2 } end)
    assert.are.same("timeout", err.name)
  end)

  it("sends nothing more for an attach() whose caller has gone", function()
    open { ["CEREG?"] = 5 }
    hayes.run(function()
      local attaching = hayes.spawn(function() return modem.network.attach { apn = "x" } end)
      hayes.sleep(1)
      attaching:cancel()
      hayes.sleep(30)
    end)
    assert.are.same({ 0, nil }, { state.activations, state.set })
  end)
end)
