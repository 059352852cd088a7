--- The SIM card: what it waits for, and its PIN (27.007 8.3).
---
--- The third wrong PIN in a row locks the card, and then only its PUK helps, which a gateway on a mast does not have.
--- So a PIN that the card has refused is not sent again, by whatever loop calls attach(); nor is any while the card
--- counts a wrong one that the library knows nothing of, for that may have been the same, given by an earlier run.

local errors = require "hayes.error"
local wait = require "hayes.wait"

--- Wrong PINs in a row that lock a card (3GPP 31.101).
local ATTEMPTS = 3

--- SIM busy: the PIN was not looked at (27.007 9.2).
local BUSY = 14

--- Seconds between two looks at a card that is being read.
local LOOK_AGAIN = 1

---@class hayes.quectel.sim
---@field tried table<string, boolean> PINs that were sent and of which it is not known that they were accepted
---@field refused integer how many were refused since the last one that was accepted
local Sim = {}
Sim.__index = Sim

---@param modem hayes.modem
---@return hayes.quectel.sim
function Sim.new(modem)
  return setmetatable({ modem = modem, tried = {}, refused = 0 }, Sim)
end

local function sim_error(name, message, hint)
  return errors.new { name = name, origin = "cme", message = message, hint = hint }
end

--- What the SIM card waits for: "READY", "SIM PIN", …; nil and an error of a name of its own.
---@return string?, hayes.error?
function Sim:state()
  local fields, err = self.modem:query("AT+CPIN?")
  if fields then return fields.code end
  if err.code == 10 then err.name = "sim_missing" end
  return nil, err
end

--- How many PINs may still be given; nil where the firmware does not tell (AT+QPINC).
---@return integer?
function Sim:attempts_left()
  local response = self.modem:call("+QPINC", "read")
  for _, line in ipairs(response or {}) do
    local fields = self.modem:fields("AT+QPINC?", line)
    if fields.facility == "SC" then return math.tointeger(fields.pin_left) end
  end
end

local function so_many_left(left)
  if not left then return "how many attempts are left the module does not tell" end
  return left == 1 and "one attempt is left" or ("%d attempts are left"):format(left)
end

--- Why the PIN is not sent; nil when it may be.
local function objection(self, pin, left)
  local why
  if self.tried[pin] and left ~= ATTEMPTS then
    why = "the SIM card has refused this PIN before, and it is not sent again"
  elseif left and ATTEMPTS - left > self.refused then
    why = "the SIM card was given a wrong PIN before, by whom is not known, and none is sent"
  else
    return nil
  end
  local err = sim_error("sim_pin_refused", ("%s (%s)"):format(why, so_many_left(left)),
    "Check the PIN. With pin_again = true it is sent all the same; after the last attempt the card is locked and wants "
    .. "its PUK.")
  err.attempts_left = left
  return err
end

--- Gives the card its PIN, once.
local function enter_pin(self, pin, again)
  local left = self:attempts_left()
  local err = not again and objection(self, pin, left)
  if err then return nil, err end
  self.tried[pin] = true
  local response
  response, err = self.modem:call("+CPIN", "write", { pin })
  if response then
    self.tried, self.refused = {}, 0
    return true
  end
  if err.code == BUSY then
    self.tried[pin] = nil
  elseif err.result then
    self.refused = self.refused + 1
  end
  local seen = errors.within(err, "entering the PIN")
  if err.result and err.code ~= BUSY then
    seen.attempts_left = self:attempts_left()
    seen.message = ("%s; %s"):format(seen.message, so_many_left(seen.attempts_left))
  end
  return nil, seen
end

local function no_pin()
  return sim_error("sim_pin_required", "the SIM card wants its PIN",
    "Give it: modem.network.attach { pin = \"…\", apn = \"…\" }. After three wrong ones the card is locked.")
end

--- Waits until the card can be used, and enters the PIN if it wants one.
---@param pin? string
---@param again? boolean also where it was refused before
---@param deadline number of wait.now
---@return true?, hayes.error?
function Sim:make_ready(pin, again, deadline)
  local entered = false
  while true do
    local state, err = self:state()
    if state == "READY" then return true end
    if state == "SIM PIN" and not pin then return nil, no_pin() end
    if state == "SIM PIN" and not entered then
      local ok
      ok, err = enter_pin(self, pin, again)
      if not ok then return nil, err end
      entered = true
    elseif state and state ~= "SIM PIN" then
      return nil, sim_error("sim_puk_required", "the SIM card is locked: it wants " .. state,
        "The PIN was wrong three times. Unlock the card with its PUK in a phone.")
    elseif state and wait.now() >= deadline then
      return nil, sim_error("sim_pin_required", "the SIM card accepted its PIN, and still wants it")
    elseif not state and (err.code ~= BUSY or wait.now() >= deadline) then
      return nil, err
    end
    self.modem:wait("+CPIN", LOOK_AGAIN)
  end
end

return Sim
