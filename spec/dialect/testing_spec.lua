-- hayes.testing: a scripted module for people who test a dialect or a program of their own.

local hayes = require "hayes"
local raises = require "support.raises"
local testing = require "hayes.testing"

describe("A scripted module of hayes.testing", function()
  local answers, module, modem

  before_each(function()
    testing.virtual_time()
    answers = { ["ATI"] = "Quectel\r\nEC200U\r\n\r\nOK\r\n", ["AT+CMEE=1"] = "\r\nOK\r\n" }
    module = testing.module(answers)
    modem = assert(module:open { dialect = "quectel" })
  end)

  after_each(function()
    modem:close()
    testing.real_time()
  end)

  it("answers by the line, by the longest pattern, and anything else with ERROR", function()
    answers["AT+X=1"] = "\r\n+X: line\r\n\r\nOK\r\n"
    answers["^AT%+X="] = "\r\n+X: short\r\n\r\nOK\r\n"
    answers["^AT%+X=(%d)(%d)$"] = function(at, a, b)
      assert.are.equal(module, at)
      return ("\r\n+X: %s,%s\r\n\r\nOK\r\n"):format(b, a)
    end
    assert.are.same("+X: line", modem:at("AT+X=1")[1])
    assert.are.same("+X: short", modem:at("AT+X=2")[1])
    assert.are.same("+X: 4,3", modem:at("AT+X=34")[1])
    assert.are.same("ERROR", select(2, modem:at("AT+Y")).result)
    assert.are.same({ "AT+X=34", "AT+Y" }, { table.unpack(module.lines, #module.lines - 1) })
  end)

  it("gives a function the line where its pattern captures nothing", function()
    answers["^AT%+X"] = function(_, line) return ("\r\n+X: %d\r\n\r\nOK\r\n"):format(#line) end
    assert.are.same("+X: 6", modem:at("AT+X=1")[1])
  end)

  it("takes data", function()
    local got
    answers["AT+QISEND=0,4"] = function()
      module:take(4, function(bytes) got = bytes return "\r\nSEND OK\r\n" end)
      return "\r\n> "
    end
    assert(modem:at("AT+QISEND=0,4", { data = "A\r\n\0" }))
    assert.are.same("A\r\n\0", got)
    assert.are.same("AT+QISEND=0,4", module.lines[#module.lines])
  end)

  it("takes data that is written to it in pieces", function()
    local got
    module:take(4, function(bytes) got = bytes end)
    module:write "A\r"
    assert.is_nil(got)
    module:write "\nBAT\r"
    assert.are.same("A\r\nB", got)
    assert.are.same("AT", module.lines[#module.lines])
  end)

  it("says what it is told to, when it is told to, in virtual time", function()
    local before = hayes.now()
    module:say("\r\n+CREG: 5\r\n", 3600)
    local event = assert(modem:wait("+CREG", 7200))
    assert.are.same({ 5, before + 3600 }, { event.fields[1], hayes.now() })
    assert.are.same({ nil, "timeout" }, { modem:wait("+CREG", 86400) })
    assert.are.same(before + 90000, testing.now())
    testing.pass(10)
    assert.are.same(before + 90010, hayes.now())
  end)

  it("answers late, in pieces, or not at all", function()
    answers["AT+X"] = "\r\n+X: 1\r\n\r\nOK\r\n"
    module.delay = 2
    function module.pieces(_, bytes) return bytes:gmatch "." end
    local before = hayes.now()
    assert.are.same("+X: 1", modem:at("AT+X")[1])
    assert.are.same(before + 2, hayes.now())
    module.delay, answers["AT+X"] = 0, ""
    assert.are.same("timeout", select(2, modem:at("AT+X", { timeout = 1 })).name)
  end)

  it("goes away", function()
    module:hang_up()
    assert.are.same("port_gone", select(2, modem:at("AT")).name)
    assert.is_true(module.closed)
  end)

  it("raises where everything waits for what will never come", function()
    local _, err = pcall(modem.wait, modem, "+CREG")
    assert.are.same("everything waits, and nothing is to come", err)
  end)

  it("is checked for wrong use", function()
    assert.is_truthy(raises(function() testing.module(5) end):find("testing.module: the answers is 5", 1, true))
    assert.is_truthy(raises(function() module:say(5) end):find("module:say", 1, true))
  end)

  it("takes command lines that end with CR, and those that end with CR LF", function()
    local wifi = testing.module {}
    local opened <close> = assert(wifi:open { dialect = "aithinker" })
    assert.are.same("OK", opened:at("AT").result)
    assert.are.same("AT\r\n", wifi.log[#wifi.log])
    assert.are.same("OK", modem:at("AT").result)
    assert.are.same("AT\r", module.log[#module.log])
  end)
end)
