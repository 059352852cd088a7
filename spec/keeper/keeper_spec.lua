-- A keeper over a scripted module, in virtual time: what it sends and when, what it tells, and that it leaves nothing
-- behind.

local builtin = require "hayes.loop.builtin"
local errors = require "hayes.error"
local hayes = require "hayes"
local kept = require "support.kept_module"
local script = require "support.script"

describe("A keeper", function()
  local module, modem, keeper, began

  before_each(function() module, modem = kept.open() end)

  after_each(function() kept.close(modem) end)

  --- With pauses of 10, 20, 40 and 60 s.
  local function keep(options)
    options = options or {}
    options.network = options.network or { apn = "internet" }
    options.backoff = options.backoff or { first = 10, most = 60, jitter = 0 }
    keeper = assert(modem:keep(options))
    began = script.now()
    kept.note(module, keeper)
    return keeper
  end

  local function state() return keeper:state().state end

  --- The network takes the context away.
  local function deactivate()
    module.active = false
    module.port:say '\r\n+QIURC: "pdpdeact",1\r\n'
  end

  it("attaches, and tells the address", function()
    keep()
    assert.are.same("attaching", state())
    assert.are.same("10.0.0.2", assert(keeper:ready(60)).ip)
    hayes.sleep(0)
    assert.are.same({ "0 up" }, module.told)
    assert.are.same("attached, connected for 0 s\naddress: 10.0.0.2", tostring(keeper:state()))
  end)

  it("looks at the connection with one command at a time, as often as it was told", function()
    keep { check = 30 }
    assert(keeper:ready(60))
    module.sent = {}
    hayes.sleep(299)
    assert.are.same({ ["AT+QIACT?"] = 9 }, module.sent)
  end)

  it("brings it back at once when the network takes it away, deactivated first as the TCP/IP note wants", function()
    keep()
    assert(keeper:ready(60))
    hayes.sleep(100)
    deactivate()
    hayes.sleep(1)
    assert.are.same({ "0 up", "100 down", "100 up" }, module.told)
    assert.are.equal(1, module.sent["AT+QIDEACT=1"])
  end)

  it("finds at the next look that it is gone without a word", function()
    keep { check = 30 }
    assert(keeper:ready(60))
    hayes.sleep(61)
    module.active = false
    hayes.sleep(30)
    assert.are.same({ "0 up", "90 down", "90 up" }, module.told)
  end)

  it("tries again after longer and longer pauses", function()
    module.activates = false
    keep { restart = false }
    hayes.sleep(199)
    assert.are.same({ "0 waiting", "10 waiting", "30 waiting", "70 waiting", "130 waiting", "190 waiting" }, module.told)
    local now = keeper:state()
    assert.are.same({ "waiting", 6, "apn_refused" }, { now.state, now.attempts, now.error.name })
    assert.are.equal(51, math.floor(now.next - hayes.now() + 0.5))
    assert.are.same("next attempt: in 51 s", tostring(now):match "next[^\n]*")
    module.activates = true
    assert(keeper:ready(60))
    assert.is_nil(keeper:state().error)
  end)

  it("does not bring up at once what is lost again and again", function()
    keep()
    assert(keeper:ready(60))
    for _ = 1, 3 do
      deactivate()
      hayes.sleep(100)
    end
    -- Each loss comes after the connection has stood for long enough.
    assert.are.same({ "0 up", "0 down", "0 up", "100 down", "100 up", "200 down", "200 up" }, module.told)
    module.told = {}
    for _ = 1, 3 do
      deactivate()
      hayes.sleep(40)
    end
    assert.are.same({ "300 down", "300 up", "340 down", "340 up", "380 down", "380 waiting", "400 up" }, module.told)
  end)

  it("restarts the module when the settings are right and activating still fails, as the FTP note says", function()
    module.activates = false
    keep { budget = { restarts = 2, per = 7200, apart = 600 } }
    module.port.delay = 0
    hayes.sleep(3600)
    assert.are.equal(2, module.sent["AT+CFUN=1,1"])
    assert.are.equal(2, keeper:state().restarts)
    local restarts, gave_up = {}, 0
    for _, line in ipairs(module.told) do
      if line:find "restart$" then restarts[#restarts + 1] = tonumber(line:match "^%S+") end
      if line:find "gave_up$" then gave_up = gave_up + 1 end
    end
    assert.are.equal(30, restarts[1])
    assert.is_true(restarts[2] - restarts[1] >= 600)
    assert.are.equal(1, gave_up)
    -- The first has left the time that the budget counts.
    hayes.sleep(4000)
    assert.are.equal(3, module.sent["AT+CFUN=1,1"])
  end)

  for name, swallows in pairs { ["after a restart"] = false, ["after a restart that left no time for OK"] = true } do
    it("is well again as soon as the module has started, " .. name, function()
      module.activates, module.swallows_ok = false, swallows
      keep()
      hayes.sleep(29)
      keeper:on("restart", function() module.activates = true end)
      assert(keeper:ready(60))
      assert.are.equal(1, keeper:state().restarts)
      assert.is_true(keeper:state().since - began < 37)
    end)
  end

  it("restarts the module by the program's own means", function()
    module.activates = false
    local calls = 0
    keep { budget = { attempts = 1 }, restart = function(given)
      calls = calls + 1
      assert.are.equal(modem, given)
      module.activates = true
      module.port:say "\r\nRDY\r\n"
      return true
    end }
    assert(keeper:ready(60))
    assert.are.same({ 1, nil }, { calls, module.sent["AT+CFUN=1,1"] })
  end)

  it("switches the power of a module that does not answer any more, if it was told how", function()
    local calls = 0
    keep { check = 10, restart = function()
      calls, module.silent = calls + 1, false
      return true
    end }
    assert(keeper:ready(60))
    module.silent = true
    hayes.sleep(1200)
    assert.is_true(calls >= 1)
    assert.are.same("attached", state())
  end)

  it("sends no restart to a module that does not answer", function()
    keep { check = 10 }
    assert(keeper:ready(60))
    module.silent = true
    hayes.sleep(3600)
    assert.are.same({ "waiting", "no_answer" }, { state(), keeper:state().error.name })
    assert.is_nil(module.sent["AT+CFUN=1,1"])
  end)

  for name, spoil in pairs {
    sim_missing = function() module.sim = "missing" end,
    sim_pin_required = function() module.sim = "SIM PIN" end,
    sim_puk_required = function() module.sim = "SIM PUK" end,
    registration_denied = function() module.registration = 3 end,
  } do
    it("calls for a person, and restarts nothing, at " .. name, function()
      spoil()
      keep { network = { apn = "internet", timeout = 20 } }
      hayes.sleep(3600)
      assert.are.same({ "failed", name }, { state(), keeper:state().error.name })
      assert.is_nil(module.sent["AT+CFUN=1,1"])
      assert.are.equal("failed", module.told[1]:match "%a+$")
      -- Somebody has come.
      module.sim, module.registration = "READY", 1
      assert(keeper:ready(90))
    end)
  end

  it("tries at once when the card is ready, or a network has been found", function()
    module.sim = "SIM PIN"
    keep { backoff = { first = 10, most = 600, jitter = 0 } }
    hayes.sleep(400)
    module.sim = "READY"
    module.port:say "\r\n+CPIN: READY\r\n"
    hayes.sleep(1)
    assert.are.same("attached", state())
  end)

  it("does not let URCs that come all the time do away with the pauses", function()
    module.activates = false
    keep { restart = false, backoff = { first = 10, most = 600, jitter = 0 } }
    for _ = 1, 100 do
      module.port:say "\r\n+CEREG: 1\r\n"
      hayes.sleep(1)
    end
    assert.is_true(keeper:state().attempts <= 11, keeper:state().attempts)
  end)

  it("attaches again after the module has restarted", function()
    keep()
    assert(keeper:ready(60))
    module.active = false
    module.port:say "\r\nRDY\r\n"
    hayes.sleep(30)
    assert.are.same("attached", state())
    assert.are.same({ "0 up", "0 down" }, { module.told[1], module.told[2] })
    assert.are.equal(3, #module.told)
  end)

  it("opens the port again when it is back", function()
    keep()
    assert(keeper:ready(60))
    hayes.sleep(100)
    module.unplugged = errors.new { name = "no_such_port", origin = "port", message = "there is no port" }
    module.active = false
    modem:shut(errors.new { name = "port_gone", origin = "port", message = "the port went away" })
    hayes.sleep(25)
    assert.are.same({ "gone", "no_such_port" }, { state(), keeper:state().error.name })
    module.unplugged = false
    assert(keeper:ready(60))
    assert.are.same({ "0 up", "100 down", "100 gone" }, table.move(module.told, 1, 3, 1, {}))
  end)

  for name, lasts in pairs { ["goes while it is opened"] = 0.001, ["goes as soon as it is open"] = 0.05,
    ["goes when the connection is back"] = 5 } do
    it("opens a port that " .. name .. " after longer and longer pauses", function()
      local gone = errors.new { name = "port_gone", origin = "port", message = "the port went away" }
      keep()
      assert(keeper:ready(60))
      hayes.sleep(100)
      local opened = 0
      local function make_loose(port)
        local again = port.again
        function port.again()
          opened = opened + 1
          local new = again()
          make_loose(new)
          hayes.spawn(function()
            if opened > 100 then return end
            hayes.sleep(lasts)
            modem:shut(gone)
          end)
          return new
        end
      end
      make_loose(module.port)
      modem:shut(gone)
      hayes.sleep(1000)
      assert.is_true(opened >= 15 and opened <= 25, opened)
    end)
  end

  it("gives up a probe that never returns, and acts on what was told meanwhile", function()
    local calls = 0
    keep { check = 10, probe_every = 10, probe = function()
      calls = calls + 1
      if calls == 2 then hayes.sleep(1e8) end
      return true
    end }
    assert(keeper:ready(60))
    hayes.sleep(15)
    deactivate()
    hayes.sleep(600)
    assert.are.same({ "attached", true, "0 up" }, { state(), module.active, module.told[1] })
    assert.are.equal(3, #module.told)
  end)

  it("gives up a function that never comes back from switching the power", function()
    local calls = 0
    module.activates = false
    keep { budget = { attempts = 1, apart = 0, restarts = 3 }, restart = function()
      calls = calls + 1
      hayes.sleep(1e8)
    end }
    hayes.sleep(3600)
    assert.are.equal(3, calls)
    module.activates = true
    assert(keeper:ready(60))
  end)

  it("says nothing on stderr of a probe that was given up because the program detached", function()
    local said = 0
    local stderr = io.stderr
    io.stderr = { write = function() said = said + 1 end } -- luacheck: ignore
    keep { probe = function() return hayes.sleep(50) end }
    hayes.sleep(1)
    local detached = modem.network.detach()
    hayes.sleep(1)
    io.stderr = stderr -- luacheck: ignore
    assert.are.same({ true, "off", 0 }, { detached, state(), said })
  end)

  it("leaves a connection alone that the program has taken down, until the program brings it up again", function()
    keep { check = 10 }
    assert(keeper:ready(60))
    assert(modem.network.detach())
    hayes.sleep(3600)
    assert.are.same({ "off", false }, { state(), module.active })
    assert(modem.network.attach { apn = "internet" })
    hayes.sleep(1)
    assert.are.same("attached", state())
  end)

  it("gives up an attempt under way when the program detaches", function()
    module.registration = 2
    keep()
    hayes.sleep(5)
    assert.are.same("attaching", state())
    assert(modem.network.detach())
    module.registration = 1
    hayes.sleep(600)
    assert.are.same({ "off", false, nil }, { state(), module.active, module.sent["AT+QIACT=1"] })
  end)

  it("brings back what the program has attached last", function()
    keep()
    assert(keeper:ready(60))
    local activate = 0
    module.port.answer = script.quectel { ["AT+QIACT?"] = function()
      return (module.active and '\r\n+QIACT: 1,1,1,"10.0.0.3"\r\n' or "") .. "\r\nOK\r\n"
    end, ["AT+QIACT=1"] = function() activate, module.active = activate + 1, true return "\r\nOK\r\n" end,
    ["AT+QIDEACT=1"] = function() module.active = false return "\r\nOK\r\n" end,
    ["AT+CPIN?"] = "\r\n+CPIN: READY\r\n\r\nOK\r\n", ["AT+CEREG?"] = "\r\n+CEREG: 0,1\r\n\r\nOK\r\n",
    ["AT+CGATT?"] = "\r\n+CGATT: 1\r\n\r\nOK\r\n", ['AT+QICSGP=1,1,"other","","",0'] = "\r\nOK\r\n" }
    assert(modem.network.attach { apn = "other" })
    deactivate()
    hayes.sleep(1)
    assert.are.same({ "attached", 2 }, { state(), activate }) -- with "internet", AT+QICSGP would be refused
  end)

  it("tells after three probes in a row that no data passes, and takes the connection down and up again", function()
    local passes = true
    keep { check = 10, probe_every = 10, restart = false, probe = function() return passes or nil, "nothing came back" end }
    assert(keeper:ready(60))
    hayes.sleep(100)
    passes = false
    hayes.sleep(31)
    assert.are.same("no_data", keeper:state().error.name)
    assert.are.equal(1, module.sent["AT+QIDEACT=1"])
    assert.are.same("the module has a connection, and no data passes: the function probe says: nothing came back",
      keeper:state().error.message)
    passes = true
    assert(keeper:ready(60))
  end)

  it("asks no more often than it was told whether data passes", function()
    local calls = 0
    keep { check = 10, probe_every = 100, probe = function() calls = calls + 1 return true end }
    assert(keeper:ready(60))
    hayes.sleep(1000)
    assert.is_true(calls >= 10 and calls <= 11, calls)
  end)

  it("reports a handler and a probe that raise, and goes on", function()
    local stderr, said = io.stderr, {}
    io.stderr = { write = function(_, ...) said[#said + 1] = table.concat { ... } end } -- luacheck: ignore
    local ok, err = pcall(function()
      keep { check = 10, probe = function() error "the probe is broken" end }
      keeper:on("waiting", function() error "the handler is broken" end)
      hayes.sleep(15)
    end)
    io.stderr = stderr -- luacheck: ignore
    assert(ok, err)
    local all = table.concat(said)
    assert.is_truthy(all:find("the handler is broken", 1, true))
    assert.is_truthy(all:find("the probe is broken", 1, true))
    assert.are.same("waiting", state())
  end)

  it("sends nothing while a connection in transparent mode has the line", function()
    keep { check = 10 }
    assert(keeper:ready(60))
    modem.online = { keeps_line = function() return true end, idle = function() end, wanted = function() end }
    module.sent = {}
    hayes.sleep(300)
    modem.online = false
    assert.are.same({}, module.sent)
    hayes.sleep(11)
    assert.are.same({ ["AT+QIACT?"] = 1 }, module.sent)
  end)

  it("waits with what it was told until a connection in transparent mode gives the line back", function()
    keep { check = 10 }
    assert(keeper:ready(60))
    modem.online = { keeps_line = function() return true end, idle = function() end, wanted = function() end }
    module.sent = {}
    deactivate()
    hayes.sleep(300)
    modem.online = false
    assert.are.same({}, module.sent)
    hayes.sleep(11)
    assert.are.same({ "attached", 3 }, { state(), #module.told })
  end)

  it("ends with close(), and leaves no timer, task or handler behind", function()
    keep()
    assert(keeper:ready(60))
    assert.is_true(keeper:close())
    hayes.sleep(0)
    assert.are.same({ "closed", "closed" }, { state(), module.told[#module.told]:match "%a+$" })
    assert.is_true(keeper:close())
    module.sent = {}
    deactivate()
    hayes.sleep(3600)
    assert.are.same({}, module.sent)
    assert.is_nil(builtin.timeout())
    local _, err = keeper:ready(1)
    assert.are.same("closed", err.name)
    assert.is_false(modem.keeper)
    for name, list in pairs(modem.listeners.lists) do assert.are.same({}, list, name) end
  end)

  it("ends with its modem, in the middle of an attempt", function()
    module.registration = 2
    keep()
    hayes.sleep(5)
    modem:close()
    assert.are.same("closed", state())
    hayes.sleep(600)
    assert.is_nil(builtin.timeout())
  end)

  it("ends with its modem while the port is gone", function()
    keep()
    assert(keeper:ready(60))
    module.unplugged = errors.new { name = "no_such_port", origin = "port", message = "there is no port" }
    modem:shut(errors.new { name = "port_gone", origin = "port", message = "the port went away" })
    hayes.sleep(100)
    modem:close()
    assert.are.same("closed", state())
    hayes.sleep(600)
    assert.is_nil(builtin.timeout())
  end)

  it("may be closed by its own handlers and functions", function()
    keep { probe = function()
      keeper:close()
      return true
    end }
    hayes.sleep(10)
    assert.are.same("closed", state())
    keep()
    keeper:on("up", function() keeper:close() end)
    hayes.sleep(10)
    assert.are.same("closed", state())
  end)

  it("does not hold up hayes.run", function()
    hayes.run(function()
      keep()
      assert(keeper:ready(60))
    end)
    assert.are.same("attached", state())
  end)

  it("costs nothing more after the connection was lost ten thousand times", function()
    keep { backoff = { first = 0.1, most = 0.1, jitter = 0 } }
    assert(keeper:ready(60))
    module.told = setmetatable({}, { __newindex = function() end })
    local function lose(times)
      for _ = 1, times do
        deactivate()
        hayes.sleep(1)
      end
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    lose(50)
    local before = lose(50)
    module.port.log, module.port.lines = {}, {}
    local after = lose(200)
    assert.is_true(after - before < 200, after - before)
  end)
end)
