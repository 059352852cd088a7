-- A module that is probed and the module that plays the profile cannot be told apart: with every habit of firmware that
-- the emulator knows, the profile of the one is that of the other, and a dialogue with the one that with the other.

local hayes = require "hayes"
local habits = require "hayes.profile.habits"
local lab = require "support.lab"
local profile_lab = require "support.profile_lab"
local profiles = require "hayes.profile"

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

    --- What each habit that can be seen is called in a profile, with its value.
    local seen = {
      EC200U = { ["no-space-after-colon"] = { "space_after_colon", false },
        ["info-without-blank-line"] = { "blank_line_before_result", false },
        ["cme-text-mixed"] = { "mixed_error_texts", true },
        ["qfupl-exists-text"] = { "existing_file_as_text", true },
        ["ftp-stat-before-ok"] = { "ftp_status_before_ok", true },
        ["formatcfg-prompt"] = { "line_end_after_prompt", true },
        ["late-urc-before-recv"] = { "notification_before_read", true },
        ["recv-announces-more"] = { "read_announces_more", true },
        ["ec200u-push-crlf"] = { "line_end_after_pushed_data", true } },
      ["Ai-WB2"] = { ["no-space-after-colon"] = { "space_after_colon", nil },
        ["plus-error"] = { "error_word", "+ERROR" }, ["bare-error"] = { "number_before_error", false },
        ["unknown-is-error"] = { "unknown_command_is_error", true },
        ["prompt-line"] = { "line_end_before_prompt", true }, ["prompt-space"] = { "space_after_prompt", true },
        ["state-table"] = { "connected_state", 1 }, ["server-minus-one"] = { "no_server", -1 },
        ["read-colon"] = { "colon_after_read", true }, ["read-crlf"] = { "line_end_before_read", true },
        ["autodel-after-del"] = { "event_after_delete", true },
        ["wdomain-cr"] = { "lone_cr_before_address", true } },
    }

    local names = profile_lab.quirks(module)
    table.insert(names, 1, "")
    for _, quirks in ipairs(names) do
      it("is played as it was taken, " .. (quirks ~= "" and "with the habit " .. quirks or "without any habit"), function()
        local text, dialogue = observe { module = module, quirks = quirks ~= "" and quirks or nil }
        local name, value = table.unpack(seen[module][quirks] or {}, 1, 2)
        if name then
          assert.are.same(value, profiles.parse(text).habits[name])
          assert.is_truthy(habits[name])
        end
        local path = profile_lab.file(text)
        local played, other = observe { profile = path }
        assert.are.same(text, played)
        assert.are.same(dialogue, other)
      end)
    end
  end)
end

describe("The profile of a module whose URCs go to another port", function()
  it("says so, is played so, and leaves that port as it was", function()
    local texts = {}
    for i = 1, 3 do -- as it is, once more, and played
      local path = texts[1] and profile_lab.file(texts[1])
      local emulator <close> = assert(hayes.emulator(i == 3 and { profile = path } or { quirks = "urcport-elsewhere" }))
      for _ = 1, i == 2 and 2 or 1 do texts[i] = profile_lab.probe(emulator.address) end
    end
    assert.are.equal("usbat", profiles.parse(texts[1]).habits.urc_port)
    assert.are.same({ texts[1], texts[1] }, { texts[2], texts[3] })
  end)
end)
