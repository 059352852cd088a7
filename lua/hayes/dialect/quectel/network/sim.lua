--- The SIM card: its state, and its PIN (27.007 8.3).
---
--- The third wrong PIN in a row locks the card, and unlocking it takes the PUK, which nobody can enter on a mast. So a
--- PIN that the card has refused is not sent again, however often attach() is called. Nor is any PIN sent while the
--- card counts a failed attempt that the library did not make: an earlier run may have sent the same PIN. One task at a
--- time checks the card and sends a PIN, so of several tasks with the same wrong PIN only one sends it.

local errors = require "hayes.error"
local failure = require "hayes.failure"
local Lock = require "hayes.lock"
local Steps = require "hayes.steps"
local wait = require "hayes.wait"

--- Wrong PINs in a row that lock a card (3GPP 31.101).
local ATTEMPTS = 3

--- Errors of 27.007 9.2: SIM not inserted, SIM failure, SIM busy (a PIN was not checked).
local MISSING, FAILURE, BUSY = 10, 13, 14

--- A card that is still being read is waited for, seconds.
local STARTING = 20

--- While it boots, a module says of a card that there is none, or that it does not work, before it has found it.
local patience = { [MISSING] = 10, [FAILURE] = 10, [BUSY] = STARTING }

--- Errors that tell what AT+CPIN? else does in words.
local words_of = {
  [5] = "PH-SIM PIN", [6] = "PH-FSIM PIN", [7] = "PH-FSIM PUK", [11] = "SIM PIN", [12] = "SIM PUK", [17] = "SIM PIN2",
  [18] = "SIM PUK2", [40] = "PH-NET PIN", [41] = "PH-NET PUK", [42] = "PH-NETSUB PIN", [43] = "PH-NETSUB PUK",
  [44] = "PH-SP PIN", [45] = "PH-SP PUK", [46] = "PH-CORP PIN", [47] = "PH-CORP PUK",
}

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
  local state = fields and fields.code or words_of[err.code]
  if state == "NOT INSERTED" then state, err = nil, failure.coded(self.modem, MISSING, "AT+CPIN?") end
  if state then return state end
  if err.code == MISSING then err.name = "sim_missing" end
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
    why = "the SIM card has counted a wrong PIN that this run of the program did not send, so none is sent"
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
  response, err = self.modem:call("+CPIN", "write", { pin }, Steps.request)
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

local unlock = ", or ask who sold the module for the code that ends this (AT+CPIN=\"code\" gives it)."

--- Locks beside the card's own, by the word before PIN or PUK (27.007 8.3): which cards the module takes, and the name
--- of the lock.
local locks = {
  ["PH-SIM"] = { "one SIM card", "phone lock" },
  ["PH-FSIM"] = { "the SIM card that was in it first", "phone lock" },
  ["PH-NET"] = { "cards of one operator", "operator lock" },
  ["PH-NETSUB"] = { "some cards of one operator", "operator lock" },
  ["PH-SP"] = { "cards of one service provider", "provider lock" },
  ["PH-CORP"] = { "cards of one company", "corporate lock" },
}

--- States that a data connection does not depend on: PIN2 and PUK2 guard a few things on the card, such as fixed
--- dialling numbers (27.007 8.3).
local usable = { READY = true, ["SIM PIN2"] = true, ["SIM PUK2"] = true }

--- Can a data connection be made with a card in this state?
---@param state? string of AT+CPIN?
---@return boolean
function Sim.is_usable(state)
  return usable[state] or false
end

--- The error for what the card asks for when that is neither nothing nor its PIN; nil where it is no such thing. Each
--- has a name of its own: sim_puk_required, ph_net_pin_required, …
---@param state string of AT+CPIN?
---@return hayes.error?
function Sim.locked(state)
  if state == "SIM PUK" then
    return sim_error("sim_puk_required", "the SIM card is locked and asks for its PUK",
      "The PIN was wrong three times. Unlock the card with its PUK in a phone.")
  end
  local word = state:match("^(.*) P[IU][NK]$")
  if not word or state == "SIM PIN" then return nil end
  local name, lock = errors.token(state) .. "_required", locks[word]
  if not lock then
    return sim_error(name, "the SIM card or the module is locked and asks for " .. state,
      "Try the card in a phone, and another card in the module.")
  end
  return sim_error(name, ("the module takes %s only, and this is another (%s): it asks for %s"):format(lock[1], lock[2],
    state), "Use a card that it takes" .. unlock)
end

--- Why the card cannot be used yet, and for how long that is waited for, seconds: 0 where it stays so.
---@param state? string of AT+CPIN?, the PIN having been entered where it wanted one
---@param err? hayes.error of AT+CPIN?
---@return hayes.error, number
local function trouble(state, err)
  if not state then return err, patience[err.code] or 0 end
  if state == "SIM PIN" then
    return sim_error("sim_pin_required", "the SIM card accepted its PIN, and still asks for it"), STARTING
  end
  if state == "NOT READY" then
    return sim_error("sim_not_ready", "the module is still reading the SIM card", "Try again in a while."), STARTING
  end
  local locked = Sim.locked(state)
  if locked then return locked, 0 end
  return sim_error("bad_answer", "the module says of the SIM card: " .. state), STARTING
end

--- Waits until the card can be used, and enters the PIN if it wants one.
---@param pin? string
---@param again? boolean also where it was refused before
---@param steps hayes.steps
---@return true?, hayes.error?
function Sim:make_ready(pin, again, steps)
  local _entering <close>, busy = steps:take(self.entering, "the SIM card")
  if not _entering then return nil, busy end
  local entered, began = false, wait.now()
  local begun, given_up = steps:begin("looking at the SIM card")
  while begun do
    local state, err = self:state()
    if usable[state] then return true end
    if state == "SIM PIN" and not entered then
      if not pin then return nil, no_pin() end
      begun, given_up = steps:begin("entering the PIN")
      if not begun then return nil, given_up end
      entered, err = enter_pin(self, pin, again)
      if not entered then return nil, err end
      began = wait.now()
    end
    local seconds
    err, seconds = trouble(state, err)
    if wait.now() >= began + seconds then return nil, err end
    steps.why = err
    steps:wait("+CPIN", LOOK_AGAIN)
    given_up = steps:given_up()
    begun = not given_up
  end
  return nil, given_up
end

return Sim
