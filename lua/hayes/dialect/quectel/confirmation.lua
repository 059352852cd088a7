--- Reads settings back from the module right before something is opened whose protection depends on them.
---
--- A setting that differs is set again, and then all settings are read again: a module that has lost one setting (it
--- may have restarted unnoticed) has probably lost others. Only a round without any difference counts as confirmation.

local check = require "hayes.check"
local errors = require "hayes.error"

local confirmation = {}

local MOST_ROUNDS = 3

---@class hayes.quectel.confirmable
---@field what string  whose settings: "SSL context 0"
---@field origin string of errors
---@field find fun(): hayes.quectel.difference?, hayes.error?  the first setting that differs; nil: none
---@field repair fun(difference: hayes.quectel.difference): true?, hayes.error?  sets it, and what is lost with it

---@class hayes.quectel.difference
---@field name string
---@field wanted integer|string
---@field said string what the module says

local function not_kept(confirmable, difference)
  return errors.new { name = "setting_not_kept", origin = confirmable.origin,
    message = ("%s: %s was set to %s, and the module says that it is %s; nothing was opened, since the connection "
      .. "would not be protected as asked"):format(confirmable.what, difference.name, check.show(difference.wanted),
      difference.said == "" and "empty" or difference.said),
    hint = "Does another program change the module's settings? Does the line lose bytes (use flow control)? Does the "
      .. "firmware have this setting (AT+QSSLCFG=?)?" }
end

--- Reads a setting. The question is repeated once if its answer was lost, or if the module refused it, since it may
--- have been damaged on the way.
---@param modem hayes.modem
---@param name string
---@param arguments table
---@param hold? hayes.hold
---@param unknown? boolean the module has refused it before, and need not do so twice
---@return hayes.response?, hayes.error?
function confirmation.ask(modem, name, arguments, hold, unknown)
  local response, err = modem:call(name, "write", arguments, { within = hold })
  if response or not (err.result and not unknown or err.name == "timeout") then return response, err end
  return modem:call(name, "write", arguments, { within = hold })
end

--- Reads settings until all are as they should be; nil and why not.
---@param list hayes.quectel.confirmable[]
---@return true?, hayes.error?
function confirmation.run(list)
  for round = 1, MOST_ROUNDS do
    local clean = true
    for _, confirmable in ipairs(list) do
      local difference, err = confirmable.find()
      if err then return nil, err end
      if difference then
        clean = false
        if round == MOST_ROUNDS then return nil, not_kept(confirmable, difference) end
        local ok
        ok, err = confirmable.repair(difference)
        if not ok then return nil, err end
      end
    end
    if clean then return true end
  end
end

return confirmation
