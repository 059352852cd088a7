-- AT+QPING of the emulated Quectel modules (TCP/IP note, QPING): OK, a line for each answer, and a summary.

local lab = require "support.lab"

describe("AT+QPING on the emulator", function()
  local modem, emulator

  local function start(module) modem, emulator = lab.online(9, { module = module }) end

  after_each(function()
    modem:close()
    emulator:close()
  end)

  local function ping(parameters)
    return modem:at("AT+QPING=" .. parameters, { expect = "+QPING" })
  end

  for _, module in ipairs { "EC200U", "EC200A" } do
    it("reports each answer and a summary on " .. module, function()
      start(module)
      local lines = assert(ping(('1,"%s",4,2'):format(lab.HOST)))
      assert.are.same(3, #lines)
      for i = 1, 2 do assert.is_truthy(lines[i]:find('^%+QPING: 0,"127%.0%.0%.1",32,%d+,255$')) end
      assert.is_truthy(lines[3]:find("^%+QPING: 0,2,2,0,%d+,%d+,%d+$"))
    end)
  end

  it("sends four pings by default", function()
    start "EC200U"
    local lines = assert(ping(('1,"%s"'):format(lab.HOST)))
    assert.is_truthy(lines[#lines]:find "^%+QPING: 0,4,4,0,")
  end)

  it("answers ERROR while the PDP context is down", function()
    start "EC200U"
    assert.is_nil((ping(('2,"%s"'):format(lab.HOST))))
    assert.are.same(561, modem:query("AT+QIGETERROR").err)
  end)

  it("answers ERROR to parameters out of range", function()
    start "EC200U"
    assert.is_nil((ping(('1,"%s",4,11'):format(lab.HOST))))
    assert.are.same(552, modem:query("AT+QIGETERROR").err)
  end)
end)
