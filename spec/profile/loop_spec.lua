-- A module that is probed and the module that plays the profile cannot be told apart: with every habit of firmware that
-- the emulator knows, the profile of the one is that of the other, and a dialogue with the one that with the other.

local hayes = require "hayes"
local lab = require "support.lab"
local profile_lab = require "support.profile_lab"

--- The module on line, whatever it takes to get there.
local function connect(emulator)
  local modem <close> = assert(hayes.open(emulator.address))
  if modem.wifi then
    assert(modem.wifi.join { ssid = "hayes" })
  else
    assert(modem.network.attach { apn = "internet" })
  end
end

for _, module in ipairs { "EC200U", "Ai-WB2" } do
  describe("The profile of an " .. module, function()
    local port, server

    setup(function() port, server = profile_lab.echo() end)
    teardown(function() server:close() end)

    --- The profile and a dialogue of an emulator with these options.
    local function observe(options)
      options.resolve = { [lab.HOST] = "127.0.0.1:" .. port }
      local emulator <close> = assert(hayes.emulator(options))
      connect(emulator)
      local text = profile_lab.probe(emulator.address, { yes = true, echo = { host = lab.HOST, port = 7 } })
      return text, profile_lab.dialogue(emulator.address)
    end

    local names = profile_lab.quirks(module)
    table.insert(names, 1, "")
    for _, quirks in ipairs(names) do
      it("is played as it was taken, with the habit " .. (quirks ~= "" and quirks or "of none"), function()
        local text, dialogue = observe { module = module, quirks = quirks ~= "" and quirks or nil }
        local path = profile_lab.file(text)
        local played, other = observe { profile = path }
        assert.are.same(text, played)
        assert.are.same(dialogue, other)
      end)
    end
  end)
end
