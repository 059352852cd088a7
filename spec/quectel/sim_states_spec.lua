-- What a SIM card may be in besides ready, as the emulator plays it: the module is asked with AT+CPIN?, and what it says
-- of a card that it is still reading is waited for.

local hayes = require "hayes"
local lab = require "support.lab"

describe("The emulated SIM card", function()
  local modem, emulator

  after_each(function()
    if modem then modem:close() end
    if emulator then emulator:close() end
    modem, emulator = nil, nil
  end)

  local states = { ["ph-sim"] = "ph_sim_pin_required", ["ph-net"] = "ph_net_pin_required", busy = "sim_busy",
    ["not-ready"] = "sim_not_ready", failed = "sim_failure", puk = "sim_puk_required" }
  for state, name in pairs(states) do
    it(state .. " is " .. name, function()
      modem, emulator = lab.modem(nil, { sim = state })
      local _, err = modem.network.attach { apn = "internet", timeout = 1 }
      assert.are.same(name, err.name)
      assert.is_false(modem.network.diagnose().ok)
    end)
  end

  for _, state in ipairs { "pin2", "puk2" } do
    it(state .. " gets a data connection", function()
      modem, emulator = lab.modem(nil, { sim = state })
      assert(modem.network.attach { apn = "internet" })
      assert.is_true(modem.network.diagnose()[1].ok)
    end)
  end

  for _, state in ipairs { "busy", "not-ready" } do
    it(state .. " is diagnosed as one that is still being read, not as a bad one", function()
      modem, emulator = lab.modem(nil, { sim = state })
      assert.are.same("The module is still reading the card: ask again in a few seconds.",
        modem.network.diagnose()[1].hint)
    end)
  end

  it("that the module is still reading is waited for", function()
    modem, emulator = lab.modem(nil, { sim = "busy" })
    hayes.run(function()
      local attaching = hayes.spawn(function() return assert(modem.network.attach { apn = "internet" }) end)
      assert.are.same("sim_busy", modem.network.status().sim)
      emulator:control "set sim ready"
      assert(attaching:join())
    end)
  end)
end)
