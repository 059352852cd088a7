-- The cases of spec/engine/failure_modes_spec.lua that show above the engine: handlers, errors, arguments, start-up.

local hayes = require "hayes"
local script = require "support.script"

describe("A modem:", function()
  local modem, port

  local function open(commands, options)
    port = script.port(script.quectel(commands))
    modem = assert(hayes.open_port(port, "script", options))
  end

  before_each(function() script.virtual_time() end)

  after_each(function()
    if modem then modem:close() end
    script.real_time()
  end)

  local function written()
    return table.concat(port.log)
  end

  it("20. keeps a gap between commands when it is told to", function()
    open({ ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }, { gap = 0.02 })
    local started = script.now()
    for _ = 1, 10 do assert(modem:at("AT+CSQ")) end
    assert.is_true(script.now() - started >= 9 * 0.02)
    assert.is_true(script.now() - started < 12 * 0.02)
  end)

  it("21. lets a URC handler send commands on the same modem", function()
    open { ["AT+CSQ"] = "\r\n+CREG: 1\r\n\r\n+CSQ: 22,99\r\n\r\nOK\r\n", ["AT+COPS?"] = "\r\n+COPS: 0\r\n\r\nOK\r\n" }
    local seen
    modem:on("+CREG", function() seen = modem:at("AT+COPS?")[1] end)
    assert(modem:at("AT+CSQ"))
    hayes.sleep(0.1)
    assert.are.same("+COPS: 0", seen)
  end)

  it("21. lets a handler cancel its own subscription and others while they are called", function()
    open()
    local calls = {}
    local first, second
    first = modem:on("+CREG", function()
      calls[#calls + 1] = "first"
      first:cancel()
    end)
    second = modem:listen("+CREG", function()
      calls[#calls + 1] = "second"
      second:cancel()
    end)
    modem:on("+CREG", function() calls[#calls + 1] = "third" end)
    port:say("\r\n+CREG: 1\r\n\r\n+CREG: 5\r\n")
    hayes.sleep(0.1)
    table.sort(calls)
    assert.are.same({ "first", "second", "third", "third" }, calls)
  end)

  it("21. goes on when a handler raises, and reports it", function()
    open { ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
    local reports = {}
    local wait = require "hayes.wait"
    local report = wait.report
    wait.report = function(what, err) reports[#reports + 1] = what .. ": " .. tostring(err) end
    modem:on("+CREG", function() error("a mistake in the handler") end)
    port:say("\r\n+CREG: 1\r\n")
    hayes.sleep(0.1)
    wait.report = report
    assert.are.same(1, #reports)
    assert.is_truthy(reports[1]:find("a mistake in the handler", 1, true))
    assert.is_truthy(modem:at("AT+CSQ"))
  end)

  it("23. finds the number after an error that comes as text", function()
    open { ["AT+CPIN?"] = "\r\n+CME ERROR: SIM not inserted\r\n" }
    local response, err = modem:at("AT+CPIN?")
    assert.is_nil(response)
    assert.are.same(10, err.code)
    assert.are.same("sim_not_inserted", err.name)
  end)

  it("23. takes error 0 for a failure", function()
    open { ["AT+CFUN=1"] = "\r\n+CME ERROR: 0\r\n" }
    local response, err = modem:at("AT+CFUN=1")
    assert.is_nil(response)
    assert.are.same(0, err.code)
  end)

  it("23. keeps the words of an error that no table lists", function()
    open { ["AT+CFUN=1"] = "\r\n+CME ERROR: flux capacitor missing\r\n" }
    local _, err = modem:at("AT+CFUN=1")
    assert.are.same("flux_capacitor_missing", err.name)
    assert.is_truthy(tostring(err):find("flux capacitor missing", 1, true))
  end)

  it("24. sends nothing of a command that holds a byte which would end it", function()
    open()
    local before = written()
    for name, byte in pairs { CR = "\r", LF = "\n", NUL = "\0", ["Ctrl-Z"] = "\26", ESC = "\27" } do
      local ok, message = pcall(function() modem:at("AT+COPS=4,2,\"" .. byte .. "AT+CFUN=0\"") end)
      assert.is_false(ok)
      assert.is_truthy(message:find(name .. " at byte 14", 1, true), message)
      assert.is_truthy(message:find("failure_modes_spec.lua", 1, true), message)
    end
    assert.are.same(before, written())
  end)

  it("24. sends nothing when a host, APN, user, password, PIN or file name holds such a byte or a quote", function()
    open()
    local before = written()
    local calls = {
      function(bad) modem.network.attach { apn = bad } end,
      function(bad) modem.network.attach { apn = "internet", user = bad } end,
      function(bad) modem.network.attach { apn = "internet", password = bad } end,
      function(bad) modem.network.attach { apn = "internet", pin = bad } end,
      function(bad) modem.network.resolve(bad) end,
      function(bad) modem.network.dns(bad) end,
      function(bad) modem.ssl.open(bad, 443, { verify = "none" }) end,
      function(bad) modem.ssl.open("h", 443, { ca = "UFS:" .. bad }) end,
      function(bad) assert(modem.ssl.factory { verify = "none" } ():connect(bad, 443)) end,
      function(bad) modem.file.upload({ data = "x" }, bad) end,
      function(bad) modem.file.delete(bad) end,
      function(bad) modem.file.list(bad) end,
      function(bad) modem:call("+QFDEL", "write", { bad }) end,
    }
    for index, call in ipairs(calls) do
      for _, byte in ipairs { "\r", "\n", "\0", "\26", "\27", '"' } do
        local ok, message = pcall(call, "a" .. byte .. "b")
        assert.is_false(ok, "call " .. index)
        assert.is_truthy(tostring(message):find(" at byte ", 1, true), message)
      end
    end
    assert.are.same(before, written())
  end)

  it("36. runs its start-up again after a restart, in front of the next command", function()
    open { ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
    local rebooted
    modem:on("reboot", function(event) rebooted = event.line end)
    port.log = {}
    port:say("\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n")
    hayes.sleep(0.01)
    assert.are.same("RDY", rebooted)
    assert.are.same("+CSQ: 22,99", assert(modem:at("AT+CSQ"))[1])
    local dialogue = written()
    local echo_off, errors, signal = dialogue:find("ATE0\r", 1, true), dialogue:find("AT+CMEE=1\r", 1, true),
      dialogue:find("AT+CSQ\r", 1, true)
    assert.is_truthy(echo_off and errors and signal, dialogue)
    assert.is_true(echo_off < errors and errors < signal)
  end)

  it("36. fails a command that the restart has cut off, and says so", function()
    open { ["AT+QIACT=1"] = "" }
    local err
    local task = hayes.spawn(function()
      err = select(2, modem:at("AT+QIACT=1"))
    end)
    hayes.sleep(0.5)
    port:say("\r\nRDY\r\n")
    assert(task:join(1))
    assert.are.same("reboot", err.name)
    assert.are.same("AT+QIACT=1", err.command)
  end)

  it("36. starts again when the module restarts during its start-up", function()
    local restarts = 0
    local commands = {
      ["AT+CMEE=1"] = function(_, at)
        restarts = restarts + 1
        if restarts > 2 then return "\r\nOK\r\n" end
        at:say("\r\nRDY\r\n")
      end,
    }
    port = script.port(script.quectel(commands))
    local err
    modem, err = hayes.open_port(port, "script")
    assert.is_nil(err)
    assert.are.same(3, restarts)
  end)
end)
