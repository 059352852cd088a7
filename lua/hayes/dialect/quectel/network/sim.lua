--- The SIM card: its state, and its PIN (27.007 8.3).
---
--- The third wrong PIN in a row locks the card, and unlocking it takes the PUK, which nobody can enter on a mast. So a
--- PIN that the card has refused is not sent again, however often attach() is called. Nor is any PIN sent while the
--- card counts a failed attempt that the library did not make: an earlier run may have sent the same PIN. One task at a
--- time checks the card and sends a PIN, so of several tasks with the same wrong PIN only one sends it.

local errors = require "hayes.error"
local Lock = require "hayes.lock"
local wait = require "hayes.wait"

--- Wrong PINs in a row that lock a card (3GPP 31.101).
local ATTEMPTS = 3

--- SIM busy: the PIN was not checked (27.007 9.2).
local BUSY = 14

--- Seconds between two polls of a card that is being read.
local LOOK_AGAIN = 1

---@class hayes.quectel.sim
---@field tried table<string, boolean> PINs that were sent and of which it is not known that they were accepted
---@field refused integer how many were refused since the last one that was accepted
---@field entering hayes.lock  held from the look at the card to the outcome of its PIN
local Sim = {}
Sim.__index = Sim

---@param modem hayes.modem
---@return hayes.quectel.sim
function Sim.new(modem)
  return setmetatable({ modem = modem, tried = {}, refused = 0, entering = Lock.new() }, Sim)
end

local function sim_error(name, message, hint)
  return errors.new { name = name, origin = "cme", message = message, hint = hint }
end

--- The state of the SIM card: "READY", or what it asks for ("SIM PIN", …); nil and the error.
---@return string?, hayes.error?
function Sim:state()
  local fields, err = self.modem:query("AT+CPIN?", { "code" })
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
  if not left then return "the module does not say how many attempts are left" end
  return left == 1 and "one attempt is left" or ("%d attempts are left"):format(left)
end

--- Why the PIN is not sent; nil when it may be.
local function objection(self, pin, left)
  local why
  if self.tried[pin] and left ~= ATTEMPTS then
    why = "the SIM card has refused this PIN before, and it is not sent again"
  elseif left and ATTEMPTS - left > self.refused then
    why = "the SIM card has counted a wrong PIN that the library did not send, so none is sent"
  else
    return nil
  end
  local err = sim_error("sim_pin_refused", ("%s (%s)"):format(why, so_many_left(left)),
    "Check the PIN. With pin_again = true it is sent anyway; after the last attempt the card is locked and asks for "
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
  return sim_error("sim_pin_required", "the SIM card asks for its PIN",
    "Give it: modem.network.attach { pin = \"…\", apn = \"…\" }. After three wrong ones the card is locked.")
end

local pin2 = "PIN2 guards a few things on the card, such as fixed dialling numbers; a data connection needs it where "
  .. "the card allows these numbers only. Enter it, or switch fixed dialling off, in a phone."
local unlock = ", or ask who sold the module for the code that ends this (AT+CPIN=\"code\" gives it)."

--- What to do about other locks, by the word before PIN or PUK (27.007 8.3).
local locks = {
  ["PH-SIM"] = "The module works with one SIM card only (phone lock): use that card" .. unlock,
  ["PH-FSIM"] = "The module works with the SIM card only that was in it first (phone lock): use that card" .. unlock,
  ["PH-NET"] = "The module works with cards of one operator only (operator lock): use such a card" .. unlock,
  ["PH-NETSUB"] = "The module works with some cards of one operator only (operator lock): use such a card" .. unlock,
  ["PH-SP"] = "The module works with cards of one service provider only (provider lock): use such a card" .. unlock,
  ["PH-CORP"] = "The module works with cards of one company only (corporate lock): use such a card" .. unlock,
}

--- The error for what the card asks for when that is neither nothing nor its PIN; nil where it is no such thing.
---@param state string of AT+CPIN?
---@return hayes.error?
function Sim.locked(state)
  if state == "SIM PUK" then
    return sim_error("sim_puk_required", "the SIM card is locked and asks for its PUK",
      "The PIN was wrong three times. Unlock the card with its PUK in a phone.")
  end
  local lock, digit = state:match("^(.*) P[IU][NK](2?)$")
  if not lock or state == "SIM PIN" then return nil end
  return sim_error("sim_locked", "the SIM card or the module is locked and asks for " .. state,
    digit == "2" and pin2 or locks[lock] or "Try the card in a phone, and another card in the module.")
end

--- Why the card cannot be used yet, and whether it stays so.
---@param state? string of AT+CPIN?, the PIN having been entered where it wanted one
---@param err? hayes.error of AT+CPIN?
---@return hayes.error, boolean
local function trouble(state, err)
  if not state then return err, err.code ~= BUSY end
  if state == "SIM PIN" then
    return sim_error("sim_pin_required", "the SIM card accepted its PIN, and still asks for it"), false
  end
  local locked = Sim.locked(state)
  if locked then return locked, true end
  return sim_error("bad_answer", "the module says of the SIM card: " .. state), false
end

--- Waits until the card can be used, and enters the PIN if it wants one.
---@param pin? string
---@param again? boolean also where it was refused before
---@param deadline number of wait.now
---@return true?, hayes.error?
function Sim:make_ready(pin, again, deadline)
  local _entering <close> = self.entering:take(deadline)
  if not _entering then
    return nil, errors.timeout("another task was still waiting for the SIM card")
  end
  local entered = false
  while true do
    local state, err = self:state()
    if state == "READY" then return true end
    if state == "SIM PIN" and not entered then
      if not pin then return nil, no_pin() end
      entered, err = enter_pin(self, pin, again)
      if not entered then return nil, err end
    end
    local for_good
    err, for_good = trouble(state, err)
    if for_good or wait.now() >= deadline then return nil, err end
    self.modem:wait("+CPIN", LOOK_AGAIN)
  end
end

return Sim
