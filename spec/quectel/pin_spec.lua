-- Three wrong PINs lock a SIM card for good, for whoever has not got its PUK: a refused PIN is sent once.

local hayes = require "hayes"
local lab = require "support.lab"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("A PIN that the SIM card has refused", function()
  local modem, emulator

  after_each(function()
    if modem then modem:close() end
    if emulator then emulator:close() end
    modem, emulator = nil, nil
    script.real_time()
  end)

  local function attach(pin, again) return modem.network.attach { apn = "internet", pin = pin, pin_again = again } end

  it("is not sent again, however often attach() is called: the card is not locked", function()
    modem, emulator = lab.modem(nil, { sim = "pin:1234" })
    local _, err = attach "9876"
    assert.are.same("incorrect_password", err.name)
    for _ = 1, 5 do
      _, err = attach "9876"
      assert.are.same("sim_pin_refused", err.name)
      assert.are.same(2, err.attempts_left)
      assert.is_truthy(tostring(err):find("refused this PIN before", 1, true), tostring(err))
      assert.is_truthy(err.hint:find("pin_again = true", 1, true))
    end
    assert(attach "1234")
  end)

  it("is not sent by the next run of the program either, which the card's counter tells", function()
    modem, emulator = lab.modem(nil, { sim = "pin:1234" })
    local _, err = attach "9876"
    assert.are.same("incorrect_password", err.name)
    for _ = 1, 4 do
      modem.emulator = nil -- stays
      modem:close()
      modem = assert(hayes.open(emulator.address))
      _, err = attach "9876"
      assert.are.same("sim_pin_refused", err.name)
      assert.is_truthy(tostring(err):find("that this run of the program did not send", 1, true), tostring(err))
    end
    assert(attach("1234", true))
  end)

  it("is sent again with pin_again = true, and the error counts down to the lock", function()
    modem, emulator = lab.modem(nil, { sim = "pin:1234" })
    for left = 2, 0, -1 do
      local _, err = attach("9876", true)
      assert.are.same("incorrect_password", err.name)
      assert.are.same(left, err.attempts_left)
    end
    local _, err = attach("1234", true)
    assert.are.same("sim_puk_required", err.name)
  end)

  --- A module without AT+QPINC, with a card that refuses, is busy, says nothing, or accepts.
  local function scripted(answers)
    local sent = {}
    local state = "SIM PIN"
    script.virtual_time()
    local port = script.port(script.quectel {
      ["AT+CPIN?"] = function() return "\r\n+CPIN: " .. state .. "\r\n" .. OK end,
      ["^AT%+CPIN="] = function(line)
        sent[#sent + 1] = line
        local answer = answers[#sent] or answers[#answers]
        if answer == "accepted" then
          state = "READY"
          return OK
        end
        return answer
      end,
      ["AT+CEREG?"] = "\r\n+CEREG: 0,1\r\n" .. OK, ["AT+CGATT?"] = "\r\n+CGATT: 1\r\n" .. OK,
      ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
      ["AT+QICSGP=1"] = '\r\n+QICSGP: 1,"internet","","",0\r\n' .. OK,
    })
    modem = assert(hayes.open_port(port, "script"))
    return sent
  end

  it("is not sent again where the module does not tell the counter", function()
    local sent = scripted { "\r\n+CME ERROR: 16\r\n" }
    for _ = 1, 5 do attach "9876" end
    assert.are.same({ 'AT+CPIN="9876"' }, sent)
    local _, err = attach "9876"
    assert.is_truthy(tostring(err):find("the module does not say", 1, true), tostring(err))
  end)

  it("or to which the answer was lost, is not sent again", function()
    local sent = scripted { "" }
    for _ = 1, 5 do attach "1234" end
    assert.are.same({ 'AT+CPIN="1234"' }, sent)
  end)

  it("is another matter than a PIN that the card was too busy to look at", function()
    local sent = scripted { "\r\n+CME ERROR: 14\r\n", "accepted" }
    local _, err = attach "1234"
    assert.are.same(14, err.code)
    assert(attach "1234")
    assert.are.same({ 'AT+CPIN="1234"', 'AT+CPIN="1234"' }, sent)
  end)

  it("is another matter than one that was accepted, of which the card says so a little later", function()
    local sent = {}
    script.virtual_time()
    local accepted_at
    local port = script.port(script.quectel {
      ["AT+CPIN?"] = function()
        local ready = accepted_at and script.now() - accepted_at > 3
        return "\r\n+CPIN: " .. (ready and "READY" or "SIM PIN") .. "\r\n" .. OK
      end,
      ["^AT%+CPIN="] = function(line)
        sent[#sent + 1], accepted_at = line, script.now()
        return OK
      end,
      ["AT+CEREG?"] = "\r\n+CEREG: 0,1\r\n" .. OK, ["AT+CGATT?"] = "\r\n+CGATT: 1\r\n" .. OK,
      ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
      ["AT+QICSGP=1"] = '\r\n+QICSGP: 1,"internet","","",0\r\n' .. OK,
    })
    modem = assert(hayes.open_port(port, "script"))
    assert(attach "1234")
    assert.are.same({ 'AT+CPIN="1234"' }, sent)
  end)
end)

describe("The SIM card", function()
  local modem

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  --- A module whose card is in this state, or in those that a function gives.
  local function open(state, commands)
    local all = {
      ["AT+CPIN?"] = function() return "\r\n+CPIN: " .. (type(state) == "function" and state() or state) .. "\r\n" .. OK end,
      ["AT+CEREG?"] = "\r\n+CEREG: 0,1\r\n" .. OK, ["AT+CGATT?"] = "\r\n+CGATT: 1\r\n" .. OK,
      ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
      ["AT+QICSGP=1"] = '\r\n+QICSGP: 1,"internet","","",0\r\n' .. OK,
    }
    for line, reply in pairs(commands or {}) do all[line] = reply end
    local port = script.port(script.quectel(all))
    port.delay = 0.02
    modem = assert(hayes.open_port(port, "script"))
  end

  --- attach() by so many tasks at once: what each got.
  local function attach_together(pins)
    return hayes.run(function()
      local tasks, got = {}, {}
      for i, pin in ipairs(pins) do
        tasks[i] = hayes.spawn(function() return modem.network.attach { apn = "internet", pin = pin } end)
      end
      for i, task in ipairs(tasks) do
        local _, active, err = assert(task:join())
        got[i] = active and "attached" or err.name
      end
      return got
    end)
  end

  for _, tells in ipairs { true, false } do
    it("is given a wrong PIN once by tasks that have the same one" .. (tells and "" or ", without AT+QPINC"), function()
      local sent, left = 0, 3
      open("SIM PIN", {
        ["AT+QPINC?"] = tells and function()
          return ('\r\n+QPINC: "SC",%d,10\r\n+QPINC: "P2",3,10\r\n'):format(left) .. OK
        end or nil,
        ["^AT%+CPIN="] = function()
          sent, left = sent + 1, left - 1
          return "\r\n+CME ERROR: 16\r\n"
        end,
      })
      assert.are.same({ "incorrect_password", "sim_pin_refused", "sim_pin_refused" },
        attach_together { "9876", "9876", "9876" })
      assert.are.same(1, sent)
    end)
  end

  it("is given the right PIN once by tasks that have it", function()
    local sent = 0
    open(function() return sent > 0 and "READY" or "SIM PIN" end, { ["^AT%+CPIN="] = function()
      sent = sent + 1
      return OK
    end })
    assert.are.same({ "attached", "attached", "attached" }, attach_together { "1234", "1234", "1234" })
    assert.are.same(1, sent)
  end)

  it("is given its PIN by another task when the one that was about to is cancelled", function()
    local sent = {}
    open(function() return sent[2] and "READY" or "SIM PIN" end, { ["^AT%+CPIN="] = function()
      sent[#sent + 1] = true
      return sent[2] and OK or "" -- the first is never answered
    end })
    hayes.run(function()
      local first = hayes.spawn(function() modem.network.attach { apn = "internet", pin = "1234" } end)
      local second = hayes.spawn(function() return modem.network.attach { apn = "internet", pin = "5678" } end)
      hayes.sleep(1)
      first:cancel()
      assert(select(2, second:join()))
    end)
    assert.are.same(2, #sent)
  end)

  it("that is locked after three wrong PINs, and nothing else, is sim_puk_required", function()
    open "SIM PUK"
    local _, err = modem.network.attach { apn = "internet" }
    assert.are.same("sim_puk_required", err.name)
    assert.are.same("the SIM card is locked and asks for its PUK", tostring(err))
    assert.are.same("The PIN was wrong three times. Unlock the card with its PUK in a phone.", err.hint)
  end)

  local others = {
    ["PH-NET PIN"] = { "ph_net_pin_required", "operator lock" }, ["PH-NET PUK"] = { "ph_net_puk_required", "operator lock" },
    ["PH-NETSUB PIN"] = { "ph_netsub_pin_required", "operator lock" },
    ["PH-SIM PIN"] = { "ph_sim_pin_required", "phone lock" }, ["PH-FSIM PUK"] = { "ph_fsim_puk_required", "phone lock" },
    ["PH-SP PIN"] = { "ph_sp_pin_required", "provider lock" }, ["PH-CORP PIN"] = { "ph_corp_pin_required", "corporate lock" },
    ["PH-XYZ PIN"] = { "ph_xyz_pin_required", "locked" },
  }
  for state, expected in pairs(others) do
    it("or a module that asks for " .. state .. " has an error of its own, which says what that is", function()
      open(state)
      for _, pin in ipairs { false, "1234" } do
        local _, err = modem.network.attach { apn = "internet", pin = pin or nil }
        assert.are.same(expected[1], err.name)
        assert.is_truthy(tostring(err):find(expected[2], 1, true), tostring(err))
        assert.is_truthy(tostring(err):find("asks for " .. state, 1, true), tostring(err))
        assert.is_truthy(err.hint)
      end
    end)
  end

  for _, state in ipairs { "SIM PIN2", "SIM PUK2" } do
    it("that asks for " .. state:match "P%a+2" .. ", which no data connection needs, can be used", function()
      open(state)
      assert(modem.network.attach { apn = "internet" })
    end)
  end

  it("of which only the number of an error tells what it asks for is no other case", function()
    for number, name in pairs { [11] = "sim_pin_required", [12] = "sim_puk_required", [40] = "ph_net_pin_required" } do
      open("", { ["AT+CPIN?"] = ("\r\n+CME ERROR: %d\r\n"):format(number) })
      local _, err = modem.network.attach { apn = "internet" }
      assert.are.same(name, err.name)
      modem:close()
    end
  end)

  local starting = {
    ["CME ERROR: 10"] = "\r\n+CME ERROR: 10\r\n", ["CME ERROR: 13"] = "\r\n+CME ERROR: 13\r\n",
    ["CME ERROR: 14"] = "\r\n+CME ERROR: 14\r\n", ["NOT INSERTED"] = "\r\n+CPIN: NOT INSERTED\r\n" .. OK,
    ["NOT READY"] = "\r\n+CPIN: NOT READY\r\n" .. OK,
  }
  local for_good = { ["CME ERROR: 10"] = "sim_missing", ["CME ERROR: 13"] = "sim_failure", ["CME ERROR: 14"] = "sim_busy",
    ["NOT INSERTED"] = "sim_missing", ["NOT READY"] = "sim_not_ready" }
  for words, said in pairs(starting) do
    it("of which a module that boots says " .. words .. " is waited for, and not for ever", function()
      local ready_at
      open("", { ["AT+CPIN?"] = function()
        ready_at = ready_at or script.now() + 6
        return script.now() < ready_at and said or "\r\n+CPIN: READY\r\n" .. OK
      end })
      assert(modem.network.attach { apn = "internet" })
      modem:close()
      open("", { ["AT+CPIN?"] = said })
      local started = hayes.now()
      local _, err = modem.network.attach { apn = "internet" }
      assert.are.same(for_good[words], err.name)
      assert.is_true(hayes.now() - started < 25)
    end)
  end

  it("of which the module says a word that is no lock is looked at again", function()
    local asked = 0
    open(function()
      asked = asked + 1
      return asked > 5 and "READY" or "NOT READY"
    end)
    assert(modem.network.attach { apn = "internet" })
    modem:close()
    open "RE\1DY"
    local _, err = modem.network.attach { apn = "internet" }
    assert.are.same("bad_answer", err.name)
  end)
end)
