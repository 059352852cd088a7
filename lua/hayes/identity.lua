--- What module this is, and what is known of its firmware.

local record = require "hayes.record"

local identity = {}

---@class hayes.identity: hayes.record what a module says that it is
---@field manufacturer string "Quectel"
---@field model string "EC200U"
---@field revision string its firmware
---@field imei? string of a cellular module
---@field framework? string of an Ai-Thinker module: the version of the AT framework
---@field lineage? string of an Ai-Thinker module: which of the families of firmware it is of

--- What module this is.
---
--- Errors: those of modem:at, `bad_answer`.
---@param modem hayes.modem
---@return hayes.identity?, hayes.error?
function identity.of(modem)
  local found, err = modem.dialect.identify(modem)
  return found and record.new(found, { "manufacturer", "model", "revision", "framework", "lineage", "imei" }), err
end

---@class hayes.habits what is known of a firmware, by name: tables { value, source }. It prints as text
local Habits = {}
Habits.__name = "hayes.habits"

--- A line for each, by name.
function Habits:__tostring()
  local lines = {}
  for name, habit in pairs(self) do lines[#lines + 1] = ("%s: %s (%s)"):format(name, habit.value, habit.source) end
  table.sort(lines)
  return table.concat(lines, "\n")
end

--- The firmware does, or has, something that others do not, as it has shown.
---@param modem hayes.modem
---@param name string
---@param value any
---@param source string
function identity.learn(modem, name, value, source)
  local learnt = rawget(modem, "learnt") or {}
  modem.learnt = learnt
  learnt[name] = { value = value, source = source }
end

--- What is known of this firmware: by name { value, source }; it prints as text. Some is known of the revision, which
--- the module is asked for, and some it has shown since hayes.open.
---
--- Errors: those of modem:identify.
---@param modem hayes.modem
---@return hayes.habits?, hayes.error?
function identity.habits(modem)
  local found = {}
  if modem.dialect.habits then
    local is, err = modem.dialect.identify(modem)
    if not is then return nil, err end
    found = modem.dialect.habits(is)
  end
  local profile = rawget(modem, "profile")
  for name, value in pairs(profile and profile.habits or {}) do
    found[name] = { value = value, source = "the profile " .. profile.path }
  end
  for name, habit in pairs(rawget(modem, "learnt") or {}) do found[name] = habit end
  return setmetatable(found, Habits)
end

return identity
