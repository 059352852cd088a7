-- From the SIM card to a data connection, and what each thing that can be wrong with them is called.

local hayes = require "hayes"
local lab = require "support.lab"
local raises = require "support.raises"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("modem.network", function()
  local modem, emulator

  local function start(options)
    modem, emulator = lab.modem(nil, options)
  end

  after_each(function()
    if modem then modem:close() end
    if emulator then emulator:close() end
    modem, emulator = nil, nil
  end)

  it("attach() gives the address, and changes nothing the second time", function()
    start()
    local connection = assert(modem.network.attach { apn = "internet" })
    assert.are.same(1, connection.context)
    assert.is_truthy(connection.ip:find("^%d+%.%d+%.%d+%.%d+$"))
    local sent = {}
    modem.trace = { sent = function(_, _, text) sent[#sent + 1] = text end, seen = function() end, remark = function() end,
      close = function() end }
    modem.engine:observe(true)
    assert.are.same(connection, assert(modem.network.attach { apn = "internet" }))
    assert.are.same(("context: 1\nip: %s"):format(connection.ip), tostring(connection))
    for _, text in ipairs(sent) do assert.is_nil(text:find("QICSGP=1,", 1, true) or text:find("QIACT=", 1, true)) end
  end)

  it("attach() with another APN sets the connection up anew", function()
    start { apn = "right" }
    local _, err = modem.network.attach { apn = "wrong" }
    assert.are.same("apn_refused", err.name)
    local connection = assert(modem.network.attach { apn = "right", user = "me", password = "secret", auth = "chap" })
    assert.is_truthy(connection.ip)
    local fields = assert(modem:query("AT+QICSGP=1"))
    assert.are.same({ "right", "me", 2 }, { fields.APN, fields.username, fields.authentication })
  end)

  it("a SIM card that is missing is sim_missing", function()
    start { sim = "absent" }
    local _, err = modem.network.attach { apn = "internet", timeout = 1 }
    assert.are.same("sim_missing", err.name)
    assert.are.same(10, err.code)
    assert.is_truthy(tostring(err):find("SIM not inserted", 1, true))
    assert.is_truthy(err.hint:find("SIM card", 1, true))
  end)

  it("a SIM card that wants its PIN is sim_pin_required, and the PIN does it", function()
    start { sim = "pin:1234" }
    local _, err = modem.network.attach { apn = "internet" }
    assert.are.same("sim_pin_required", err.name)
    assert.is_truthy(err.hint:find("pin =", 1, true))
    assert(modem.network.attach { apn = "internet", pin = "1234" })
  end)

  it("a wrong PIN is incorrect_password, entered once, and not shown", function()
    start { sim = "pin:1234" }
    local _, err = modem.network.attach { apn = "internet", pin = "9876" }
    assert.are.same("incorrect_password", err.name)
    assert.are.same('AT+CPIN="***"', err.command)
    assert.is_nil((tostring(err) .. err.hint):find("9876", 1, true))
    assert.is_truthy(tostring(err):find("2 attempts are left", 1, true), tostring(err))
    assert.are.same(2, err.attempts_left)
    assert(modem.network.attach { apn = "internet", pin = "1234" })
  end)

  it("a SIM card that is locked is sim_puk_required", function()
    start { sim = "puk" }
    local _, err = modem.network.attach { apn = "internet", pin = "1234" }
    assert.are.same("sim_puk_required", err.name)
  end)

  it("no network is not_registered, with state and signal", function()
    start { registration = "searching" }
    local _, err = modem.network.attach { apn = "internet", timeout = 1 }
    assert.are.same("not_registered", err.name)
    assert.is_truthy(tostring(err):find("^no network within 1 s: searching, signal %-%d+ dBm$"), tostring(err))
    assert.is_truthy(err.hint)
  end)

  it("a network that refuses the card is registration_denied", function()
    start { registration = "denied" }
    local _, err = modem.network.attach { apn = "internet", timeout = 1 }
    assert.are.same("registration_denied", err.name)
  end)

  it("waits for a network that is found later", function()
    start { registration = "searching" }
    hayes.run(function()
      local attaching = hayes.spawn(function() return assert(modem.network.attach { apn = "internet", timeout = 30 }) end)
      modem:wait("+CEREG", 0.1)
      emulator:control("set registration roaming")
      assert.is_true(attaching:join())
    end)
  end)

  it("an APN that the network refuses is apn_refused, with the module's reason", function()
    start { apn = "right" }
    local _, err = modem.network.attach { apn = "wrong" }
    assert.are.same("apn_refused", err.name)
    assert.are.same(561, err.code)
    assert.is_truthy(tostring(err):find('APN "wrong"', 1, true))
    assert.is_truthy(err.hint:find("^Check the APN"), err.hint)
  end)

  it("without attach, opening a connection says that attach comes first", function()
    start {}
    local _, err = modem.tcp.open("127.0.0.1", 9)
    assert.are.same(561, err.code)
    assert.is_truthy(err.hint:find("modem.network.attach { apn = … } makes one", 1, true), err.hint)
  end)

  it("detach() takes the connection down", function()
    start()
    assert(modem.network.attach { apn = "internet" })
    assert.are.same(1, #assert(modem.network.status()).contexts)
    assert.is_true(modem.network.detach())
    assert.are.same({}, assert(modem.network.status()).contexts)
  end)

  it("status() tells how things stand", function()
    start { registration = "roaming" }
    assert(modem.network.attach { apn = "internet" })
    local status = assert(modem.network.status())
    assert.are.same("READY", status.sim)
    assert.is_true(status.signal < -50 and status.signal >= -113)
    assert.are.same("registered, roaming", status.registration)
    assert.are.same("LTE", status.technology)
    assert.is_string(status.operator)
    assert.is_true(status.attached)
  end)

  it("status() tells of a SIM card that is missing instead of failing", function()
    start { sim = "absent", registration = "none" }
    local status = assert(modem.network.status())
    assert.are.same("sim_missing", status.sim)
  end)

  it("dns() gives the servers, and sets them", function()
    start()
    assert(modem.network.attach { apn = "internet" })
    assert.are.same(2, #assert(modem.network.dns()))
    assert.are.same({ "8.8.8.8", "1.1.1.1" }, assert(modem.network.dns("8.8.8.8", "1.1.1.1")))
  end)

  it("dns() without a connection says what is missing", function()
    start()
    local servers, err = modem.network.dns()
    assert.is_nil(servers)
    assert.is_truthy(tostring(err):find("data connection", 1, true))
  end)

  it("resolve() gives addresses, or the module's error with a hint", function()
    start { resolve = { ["known.example"] = "127.0.0.2" } }
    assert(modem.network.attach { apn = "internet" })
    assert.are.same({ "127.0.0.2" }, assert(modem.network.resolve("known.example")))
    local _, err = modem.network.resolve("unknown.invalid")
    assert.are.same("dns_parse_failed", err.name)
    assert.are.same(565, err.code)
    assert.is_truthy(err.hint:find("DNS", 1, true))
  end)

  it("diagnose() goes up the ladder and stops where it breaks", function()
    start { resolve = { ["known.example"] = "127.0.0.1:9" } }
    local report = modem.network.diagnose()
    assert.is_false(report.ok)
    local text = tostring(report)
    assert.is_truthy(text:find("ok   sim: READY", 1, true), text)
    assert.is_truthy(text:find("FAIL data connection: no active PDP context\n     modem.network.attach", 1, true), text)

    assert(modem.network.attach { apn = "internet" })
    report = modem.network.diagnose("known.example", 9)
    assert.are.same("TCP", report[#report].check)
    assert.is_false(report[#report].ok)
    assert.is_truthy(tostring(report):find("ok   name: known.example is 127.0.0.1", 1, true), tostring(report))
    assert.is_truthy(tostring(report):find("known.example:9 cannot be reached", 1, true), tostring(report))
  end)

  it("wrong use raises and names the option", function()
    start()
    local network = modem.network
    assert.are.same("network.attach: the option apn is missing", raises(function() network.attach {} end))
    assert.are.same('network.attach: no option is called "APN" (did you mean apn?)',
      raises(function() network.attach { APN = "x" } end))
    assert.are.same('network.attach: auth is "md5"; it must be one of "none", "pap", "chap", "pap or chap"',
      raises(function() network.attach { apn = "x", auth = "md5" } end))
    assert.are.same("network.attach: the option apn is missing", raises(function() network.attach() end))
  end)
end)

describe("modem.network for several tasks at once", function()
  local modem

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  local function open(commands)
    local all = {
      ["AT+CPIN?"] = "\r\n+CPIN: READY\r\n" .. OK, ["AT+CEREG?"] = "\r\n+CEREG: 0,1\r\n" .. OK,
      ["AT+CGATT?"] = "\r\n+CGATT: 1\r\n" .. OK,
    }
    for line, reply in pairs(commands) do all[line] = reply end
    local port = script.port(script.quectel(all))
    port.delay = 0.02
    modem = assert(hayes.open_port(port, "script"))
    return port
  end

  --- What f(i) gave to each of so many tasks.
  local function together(count, f)
    return hayes.run(function()
      local tasks, got = {}, {}
      for i = 1, count do tasks[i] = hayes.spawn(f, i) end
      for i = 1, count do got[i] = select(2, assert(tasks[i]:join())) end
      return got
    end)
  end

  --- A module that refuses to activate what is active.
  local function with_context(state)
    return {
      ["AT+QIACT?"] = function() return (state.active and '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' or "") .. OK end,
      ["AT+QICSGP=1"] = function()
        return state.apn and ('\r\n+QICSGP: 1,"%s","","",0\r\n'):format(state.apn) .. OK or "\r\nERROR\r\n"
      end,
      ["^AT%+QICSGP=1,"] = function(line)
        state.apn = line:match('1,1,"([^"]*)"')
        return OK
      end,
      ["AT+QIACT=1"] = function(_, port)
        state.activations = (state.activations or 0) + 1
        if state.active then return "\r\nERROR\r\n" end
        state.active = true
        port:say(OK, 2)
      end,
      ["AT+QIDEACT=1"] = function()
        state.active = false
        return OK
      end,
    }
  end

  it("attach() activates the connection once, and gives it to all of them", function()
    local state = {}
    open(with_context(state))
    local got = together(3, function() return modem.network.attach { apn = "internet" } end)
    for i = 1, 3 do assert.are.same("10.0.0.2", got[i] and got[i].ip) end
    assert.are.same(1, state.activations)
  end)

  it("reattach() does so, too, of what was attached and of what was not", function()
    local state = {}
    open(with_context(state))
    for activations = 1, 2 do
      assert.are.same(3, #together(3, function() return modem.network.reattach() end))
      assert.are.same(activations, state.activations)
      state.active = false
      if activations == 1 then
        assert(modem.network.attach { apn = "internet" })
        state.active, state.activations = false, 1
      end
    end
  end)

  it("attach() gives up in time after one that takes longer", function()
    local commands = with_context {}
    commands["AT+QIACT=1"] = function(_, port) port:say(OK, 100) end
    open(commands)
    hayes.run(function()
      local started = hayes.now()
      local first = hayes.spawn(function() return modem.network.attach { apn = "internet" } end)
      local second = hayes.spawn(function() return modem.network.attach { apn = "internet", timeout = 5 } end)
      local _, active, err = assert(second:join())
      assert.is_nil(active)
      assert.are.same("timeout", err.name)
      assert.is_true(hayes.now() - started < 10)
      first:cancel()
    end)
  end)

  --- A module that takes so long for each name, and says nothing of which name its addresses are.
  local function resolving(seconds, addresses)
    return open { ["^AT%+QIDNSGIP="] = function(line, port)
      local address = addresses[line:match('1,"([^"]*)"')]
      port:say(OK)
      port:say(('\r\n+QIURC: "dnsgip",0,1,399\r\n\r\n+QIURC: "dnsgip","%s"\r\n'):format(address), seconds)
    end }
  end

  local names, addresses = { "a", "b", "c" }, { a = "10.0.0.1", b = "10.0.0.2", c = "10.0.0.3" }

  it("resolve() gives each the addresses of its own name", function()
    resolving(2, addresses)
    local got = together(3, function(i) return modem.network.resolve(names[i]) end)
    assert.are.same({ { "10.0.0.1" }, { "10.0.0.2" }, { "10.0.0.3" } }, got)
  end)

  it("resolve() waits for the answer to a task that has been cancelled before it asks", function()
    resolving(5, addresses)
    hayes.run(function()
      local first = hayes.spawn(modem.network.resolve, "a")
      hayes.sleep(1)
      first:cancel()
      assert.are.same({ "10.0.0.2" }, modem.network.resolve("b"))
    end)
  end)

  it("resolve() does not ask for a task that was cancelled before its turn, and 60 s count in line, too", function()
    local asked = 0
    open { ["^AT%+QIDNSGIP="] = function()
      asked = asked + 1
      return OK
    end }
    hayes.run(function()
      local started = hayes.now()
      local first = hayes.spawn(modem.network.resolve, "a")
      local second = hayes.spawn(modem.network.resolve, "b")
      hayes.sleep(1)
      second:cancel()
      local found, err = modem.network.resolve("c")
      assert.is_nil(found)
      assert.are.same("timeout", err.name)
      assert.are.same("timeout", select(3, first:join()).name)
      assert.is_true(hayes.now() - started < 62)
    end)
    assert.are.same(2, asked)
  end)

  it("resolve() does not ask for a task that was cancelled while the question waited for the line", function()
    local asked = 0
    open { ["^AT%+QIDNSGIP="] = function()
      asked = asked + 1
      return OK
    end, ["AT+COPS=?"] = function(_, port) port:say(OK, 5) end }
    hayes.run(function()
      hayes.spawn(modem.at, modem, "AT+COPS=?")
      hayes.sleep(0.5)
      local first = hayes.spawn(modem.network.resolve, "a")
      hayes.sleep(1)
      first:cancel()
      hayes.sleep(10)
    end)
    assert.are.same(0, asked)
  end)

  it("resolve() ends when the module restarts", function()
    local port
    port = open { ["^AT%+QIDNSGIP="] = function()
      port:say("\r\nRDY\r\n", 1)
      return OK
    end }
    local found, err = modem.network.resolve("a")
    assert.is_nil(found)
    assert.are.same("reboot", err.name)
  end)
end)

describe("modem.network.resolve", function()
  it("gives an error, and no empty list, for a name of which the module says that it has no address", function()
    local modem, emulator = lab.online()
    assert(emulator:control [[answer AT+QIDNSGIP \r\nOK\r\n\r\n+QIURC: "dnsgip",0,0,600\r\n]])
    local addresses, err = modem.network.resolve("server.example", { timeout = 20 })
    assert.is_nil(addresses)
    assert.are.same("dns_parse_failed", err.name)
    modem:close()
    emulator:close()
  end)
end)
