-- Results that come after the final result code: which lines end one, and what is said of one that never comes.

local hayes = require "hayes"
local script = require "support.script"

describe("A deferred result", function()
  local modem

  setup(script.virtual_time)
  teardown(script.real_time)
  after_each(function() modem:close() end)

  local function open(commands) modem = assert(hayes.open_port(script.port(script.quectel(commands)), "script")) end

  local function says(lines)
    return function(_, port)
      port:say("\r\nOK\r\n")
      for i, line in ipairs(lines) do port:say(("\r\n%s\r\n"):format(line), i) end
    end
  end

  it("of a ping goes on after a lost one, up to its summary", function()
    local lines = { '+QPING: 0,"192.0.2.1",32,55,255', "+QPING: 569", '+QPING: 0,"192.0.2.1",32,57,255',
      "+QPING: 0,3,2,1,55,57,56" }
    open { ['AT+QPING=1,"h",1,3'] = says(lines) }
    local response = assert(modem:at 'AT+QPING=1,"h",1,3')
    assert.are.same(lines, { table.unpack(response, 1, #response) })
    assert.are.same(1, modem:fields("AT+QPING=1", response[4]).lost)
  end)

  it("of pings that are all lost ends with a summary of four numbers", function()
    open { ['AT+QPING=1,"h",1,2'] = says { "+QPING: 569", "+QPING: 569", "+QPING: 569,2,0,2" } }
    local response = assert(modem:at 'AT+QPING=1,"h",1,2')
    assert.are.same(3, #response)
    assert.are.same({ 2, 0, 2 }, { response[3] and modem:fields("AT+QPING=1", response[3]).sent,
      modem:fields("AT+QPING=1", response[3]).rcvd, modem:fields("AT+QPING=1", response[3]).lost })
  end)

  it("of a ping that cannot be sent ends at once", function()
    open { ['AT+QPING=1,"h"'] = says { "+QPING: 565" } }
    local from = script.now()
    assert.are.same(1, #assert(modem:at 'AT+QPING=1,"h"'))
    assert.is_true(script.now() - from < 2)
  end)

  for text, seconds in pairs { ['AT+QNTP=1,"ntp.example"'] = 125, ['AT+QPING=1,"h"'] = 160 } do
    it(("that never comes names the limit that was waited, %d s: %s"):format(seconds, text), function()
      open { [text] = "\r\nOK\r\n" }
      local from = script.now()
      local response, err = modem:at(text)
      assert.is_nil(response)
      assert.are.same("timeout", err.name)
      assert.is_truthy(tostring(err):find(("did not come within %d s"):format(seconds), 1, true), tostring(err))
      assert.is_true(math.abs(script.now() - from - seconds) < 1)
    end)
  end

  it("that never comes names the caller's limit where there is one", function()
    open { ["AT+QXYZ"] = "\r\nOK\r\n" }
    local _, err = modem:at("AT+QXYZ", { expect = "+QXYZ", timeout = 7 })
    assert.is_truthy(tostring(err):find("within 7 s", 1, true), tostring(err))
  end)
end)
