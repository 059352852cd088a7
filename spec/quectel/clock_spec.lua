local lab = require "support.lab"
local raises = require "support.raises"
local script = require "support.script"
local hayes = require "hayes"

describe("modem.clock", function()
  it("gives Unix time and zone, whatever the module's local time", function()
    script.virtual_time()
    finally(script.real_time)
    local port = script.port(script.quectel {
      ["AT+CCLK?"] = '\r\n+CCLK: "26/08/07,13:54:02+32"\r\n\r\nOK\r\n', -- EG800K
    })
    local modem <close> = assert(hayes.open_port(port, "script"))
    local time, zone = modem.clock.get()
    assert.are.same(os.time { year = 2026, month = 8, day = 7, hour = 5, min = 54, sec = 2 }
      - os.time(os.date("!*t", 0)), time)
    assert.are.same(8 * 3600, zone)
  end)

  it("is set from the host's when it is unset, and left alone when it is right", function()
    local modem, emulator = lab.modem(nil, { clock = "unset" })
    local unset = assert(modem.clock.get())
    assert.is_true(unset < 400000000)
    assert.are.same({ true, true }, { modem.clock.ensure() })
    assert.is_true(math.abs(assert(modem.clock.get()) - os.time()) <= 2)
    assert.are.same({ true, false }, { modem.clock.ensure() })
    modem:close()
    emulator:close()
  end)

  it("is set when it is wrong by more than a day", function()
    local modem, emulator = lab.modem(nil, { clock = os.time() - 3 * 86400 })
    assert.are.same({ true, true }, { modem.clock.ensure() })
    assert(modem.clock.set(os.time() - 3600))
    assert.are.same({ true, false }, { modem.clock.ensure() })
    assert.is_truthy(raises(function() modem.clock.set("now") end):find("the time is \"now\"", 1, true))
    modem:close()
    emulator:close()
  end)

  it("is set when it cannot be read, and a module without one is left alone", function()
    script.virtual_time()
    finally(script.real_time)
    for _, case in ipairs {
      { '\r\n+CCLK: "26/13/07"\r\n\r\nOK\r\n', "\r\nOK\r\n", { true, true } },
      { '\r\n+CCLK: ""\r\n\r\nOK\r\n', "\r\nOK\r\n", { true, true } },
      { "\r\nOK\r\n", "\r\nOK\r\n", { true, true } },
      { "\r\nERROR\r\n", "\r\nOK\r\n", { true, true } },
      { "\r\nERROR\r\n", "\r\nERROR\r\n", { true, false } },
    } do
      local port = script.port(script.quectel { ["AT+CCLK?"] = case[1], ["^AT%+CCLK="] = case[2] })
      local modem <close> = assert(hayes.open_port(port, "script"))
      assert.are.same(case[3], { modem.clock.ensure() })
    end
  end)

  it("takes no time that it would read as one of another century", function()
    local modem, emulator = lab.modem()
    local last = 3155759999 -- the end of 2069
    assert(modem.clock.set(last))
    assert.is_true(math.abs(assert(modem.clock.get()) - last) <= 2)
    for _, time in ipairs { last + 1, 4102444799, 946684799 } do
      local message = raises(function() modem.clock.set(time) end)
      assert.is_truthy(message:find("clock.set: the time is " .. time, 1, true), message)
    end
    modem:close()
    emulator:close()
  end)

  it("keeps the time that one task sets while another finds it unset", function()
    script.virtual_time()
    finally(script.real_time)
    local set = {}
    local port = script.port(script.quectel {
      ["AT+CCLK?"] = '\r\n+CCLK: "80/01/06,00:00:01+00"\r\n\r\nOK\r\n',
      ["^AT%+CCLK="] = function(line)
        set[#set + 1] = line
        return "\r\nOK\r\n"
      end,
    })
    port.delay = 0.02
    local modem <close> = assert(hayes.open_port(port, "script"))
    hayes.run(function()
      hayes.spawn(modem.clock.ensure)
      hayes.spawn(modem.clock.set, 1700000000)
    end)
    assert.are.same(2, #set)
    assert.are.same('AT+CCLK="23/11/14,22:13:20+00"', set[2])
  end)
end)
