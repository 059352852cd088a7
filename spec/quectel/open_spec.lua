-- Opening a module in whatever state it is, and what is said when it does not come about.

local hayes = require "hayes"
local script = require "support.script"

describe("hayes.open", function()
  local emulator

  after_each(function()
    if emulator then emulator:close() end
    emulator = nil
    script.real_time()
  end)

  it("starts an emulator of its own for the address `emulator`, and ends it with the modem", function()
    local modem = assert(hayes.open("emulator"))
    assert.are.same("EC200U", assert(modem:identify()).model)
    local address = modem.emulator.address
    modem:close()
    assert.are.same("no_such_port", select(2, hayes.open(address)).name)
    modem = assert(hayes.open("emulator:EC200A"))
    assert.are.same("EC200A", assert(modem:identify()).model)
    modem:close()
  end)

  it("turns the echo off, and asks for numbers in errors", function()
    emulator = assert(hayes.emulator { echo = true, sim = "absent" })
    local modem <close> = assert(hayes.open(emulator.address))
    assert.are.same(10, select(2, modem:at("AT+CPIN?")).code)
    local seen = {}
    modem.trace = { sent = function() end, seen = function(_, _, text) seen[#seen + 1] = text end, remark = function() end,
      close = function() end }
    modem.engine:observe(true)
    assert(modem:at("AT+CSQ"))
    assert.are.same(2, #seen) -- and no echo
  end)

  it("directs URCs to its port when they go to another one", function()
    emulator = assert(hayes.emulator { quirks = "urcport-elsewhere", resolve = { h = "127.0.0.1:9" } })
    local modem <close> = assert(hayes.open(emulator.address))
    assert(modem.network.attach { apn = "internet" })
    assert.are.same({ "127.0.0.1" }, assert(modem.network.resolve("h")))
  end)

  it("copes with a module that loses the first command", function()
    emulator = assert(hayes.emulator { quirks = "first-command-lost" })
    local modem <close> = assert(hayes.open(emulator.address))
    assert.is_truthy(modem:at("AT+CSQ"))
  end)

  it("finds a dialect given by name, without asking", function()
    emulator = assert(hayes.emulator())
    local lines = {}
    local modem <close> = assert(hayes.open(emulator.address, { dialect = "quectel",
      trace = function(line) lines[#lines + 1] = line end }))
    assert.is_nil(table.concat(lines, "\n"):find("ATI", 1, true))
    assert.are.same("quectel", modem.dialect.name)
  end)

  -- What an earlier program may have left behind. The engine is in step when two probes have been answered once each.

  local function left_behind(leave)
    emulator = assert(hayes.emulator())
    local core = require "hayes.core"
    local port = assert(core.open_port(emulator.address, 115200, "none"))
    for _, text in ipairs(leave) do
      assert.are.same(#text, port:write(text))
      local seen = ""
      while not seen:find(leave.until_[text]) do seen = seen .. assert(port:read()) end
    end
    port:close()
    return assert(hayes.open(emulator.address))
  end

  it("leaves a prompt that an earlier program has left", function()
    local modem <close> = left_behind { 'AT+QFUPL="x",500,60\r', until_ = { ['AT+QFUPL="x",500,60\r'] = "CONNECT" } }
    assert.is_truthy(modem:at("AT+CSQ"))
  end)

  it("leaves half a command line that an earlier program has left", function()
    local modem <close> = left_behind { "AT+CS", until_ = { ["AT+CS"] = "" } }
    assert.is_truthy(modem:at("AT+CSQ"))
  end)

  it("leaves numbers for result codes", function()
    local modem <close> = left_behind { "ATE0V0\r", until_ = { ["ATE0V0\r"] = "0" } }
    assert.is_truthy(modem:at("AT+CSQ"))
  end)

  -- Failures, on scripted ports in virtual time.

  local function open_scripted(answer)
    script.virtual_time()
    return hayes.open_port(script.port(answer), "/dev/ttyX", { timeout = 5 })
  end

  it("a port on which nothing answers is no_answer, within the time given", function()
    local started = script.now()
    local modem, err = open_scripted(function() return "" end)
    assert.is_nil(modem)
    assert.are.same("no_answer", err.name)
    assert.are.same("nothing answers AT on /dev/ttyX within 5 s", tostring(err))
    assert.is_truthy(err.hint)
    assert.is_true(script.now() - started < 6)
  end)

  it("garbage in place of an answer is wrong_speed, with the speed", function()
    local modem, err = open_scripted(function(port, bytes)
      port:say(("\xfe\x80\x1c\xe0\xfc\r"):rep(#bytes))
      return ""
    end)
    assert.is_nil(modem)
    assert.are.same("wrong_speed", err.name)
    assert.is_truthy(tostring(err):find("115200 baud", 1, true))
    assert.is_truthy(err.hint:find("baud =", 1, true))
  end)

  it("NULs and framing errors in place of an answer are wrong_speed", function()
    local _, err = open_scripted(function(port, bytes)
      port:say(("\0\2\6"):rep(#bytes))
      return ""
    end)
    assert.are.same("wrong_speed", err.name)
  end)

  it("something else on the port is told as that", function()
    local _, err = open_scripted(function(port)
      port:say("$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n")
      return ""
    end)
    assert.are.same("no_answer", err.name)
    assert.is_truthy(tostring(err):find("something is on /dev/ttyX", 1, true))
  end)

  it("a module of an unknown kind is told what it says of itself", function()
    local _, err = open_scripted(script.commands { AT = "\r\nOK\r\n", ATE0 = "\r\nOK\r\n", ATV1 = "\r\nOK\r\n",
      ATI = "\r\nAcme\r\nModel T\r\n\r\nOK\r\n" })
    assert.are.same("unknown_module", err.name)
    assert.is_truthy(tostring(err):find("Acme Model T", 1, true))
    assert.is_truthy(err.hint:find("dialect", 1, true))
  end)
end)
