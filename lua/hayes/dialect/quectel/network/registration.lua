--- Signal, registration and attachment to packet data (27.007 7.2, 8.5, 10.1).

local errors = require "hayes.error"
local Steps = require "hayes.steps"
local states = require "hayes.dialect.quectel.network.states"
local wait = require "hayes.wait"

--- Seconds between two polls.
local LOOK_AGAIN = 1

--- How long a network is looked for where the caller does not say, seconds.
local SEARCH = 120

---@class hayes.quectel.registration
---@field modem hayes.modem
local Registration = {}
Registration.__index = Registration

---@param modem hayes.modem
---@return hayes.quectel.registration
function Registration.new(modem)
  return setmetatable({ modem = modem }, Registration)
end

--- Signal strength in dBm; nil when it is not known.
---@return integer?
function Registration:signal()
  local fields = self.modem:query("AT+CSQ")
  local rssi = fields and math.tointeger(fields.rssi)
  if not rssi or rssi > 31 then return nil end
  return -113 + 2 * rssi
end

--- The best of the three registration states, and the fields of its answer.
---@return integer? state, table|hayes.error fields
function Registration:state()
  local best, from, err
  for _, name in ipairs { "+CEREG", "+CGREG", "+CREG" } do
    local fields
    fields, err = self.modem:query("AT" .. name .. "?", { "stat" })
    if fields then
      local state = fields.stat
      if state == 1 or state == 5 then return state, fields end
      if not best or state == 2 or state == 3 and best ~= 2 then best, from = state, fields end
    elseif err.origin == "port" then
      return nil, err
    end
  end
  if best then return best, from end
  return nil, err
end

local function not_registered(state, dbm, seconds)
  local strength = dbm and ("signal %d dBm"):format(dbm) or "no signal"
  if state == 3 then
    return errors.new { name = "registration_denied", origin = "cme",
      message = ("the network refuses this SIM card (%s)"):format(strength),
      hint = "Is the card activated and paid for? Is data (and roaming, if abroad) allowed on it? "
        .. "Does the operator know the module's IMEI?" }
  end
  return errors.new { name = "not_registered", origin = "cme",
    message = ("no network within %g s: %s, %s"):format(seconds,
      states.registration_names[state] or "state unknown", strength),
    hint = "Check the antenna and its plug, and where it is; a first search takes minutes: raise timeout. Does the "
      .. "module do the bands of this network?" }
end

--- Waits for a network.
---@param steps hayes.steps
---@return true?, hayes.error?
function Registration:wait(steps)
  local ends = wait.now() + SEARCH
  local ok, given_up = steps:begin("looking for a network")
  while ok do
    local state, err = self:state()
    if state == 1 or state == 5 then return true end
    if not state then return nil, err end
    steps.why = not_registered(state, self:signal(), steps.seconds or SEARCH)
    if not steps.seconds and wait.now() >= ends then return nil, steps.why end
    steps:wait("+CEREG", LOOK_AGAIN)
    given_up = steps:given_up()
    ok = not given_up
  end
  return nil, given_up
end

--- Attaches to packet data, unless the module is attached.
---@param steps hayes.steps
---@return true?, hayes.error?
function Registration:attach_packet_domain(steps)
  local ok, err = steps:begin("attaching to packet data")
  if not ok then return nil, err end
  local fields
  fields, err = self.modem:query("AT+CGATT?", { "state" })
  if not fields then return nil, err end
  if fields.state == 1 then return true end
  ok, err = steps:begin("attaching to packet data")
  if not ok then return nil, err end
  local response
  response, err = self.modem:call("+CGATT", "write", { 1 }, Steps.request)
  if response then return true end
  return nil, errors.within(err, "attaching to packet data")
end

return Registration
