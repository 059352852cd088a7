--- URCs that a module sends only once they are switched on (`switch_on` of their declaration): who subscribes to one
--- switches it on, and it is switched on again after a restart of the module.

local exchange = require "hayes.exchange"
local wait = require "hayes.wait"

---@class hayes.switch_on how a URC is switched on
---@field query string   the command that asks for the setting: `AT+CREG?`
---@field field string   the field of its answer that is 0 while the URC is off
---@field command string switches it on; not sent where it is on already, perhaps in a longer form

local notifications = {}

--- Switches it on, if it is off.
local function switch_on(modem, how)
  local fields = modem:query(how.query)
  if fields and fields[how.field] ~= 0 then return true end
  return exchange.run(modem, how.command)
end

--- The program wants the URC of this name. Does not wait.
---@param modem hayes.modem
---@param name string
function notifications.want(modem, name)
  local urc = modem.dialect.urc_by_name and modem.dialect.urc_by_name[name]
  local how = urc and urc.switch_on
  if not how or modem.notifications[name] then return end
  modem.notifications[name] = how
  wait.spawn_detached(switch_on, modem, how)
end

--- The module has restarted: those that are wanted are switched on again. Part of the start-up.
---@param modem hayes.modem
function notifications.restore(modem)
  for _, how in pairs(modem.notifications) do
    if modem.closed_with or modem.rebooted then return end
    switch_on(modem, how)
  end
end

return notifications
