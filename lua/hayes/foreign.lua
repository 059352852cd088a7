--- Notices that another program speaks on the same port: final result codes come that nobody waits for. Ports are
--- opened exclusively, but a relay may be shared, or the other program was there first (ModemManager).

local failure = require "hayes.failure"
local wait = require "hayes.wait"

local foreign = {}

--- The first one may be the late answer to a command that was given up.
local ENOUGH = 2

local WORDS = "another program speaks on this port"
local HINT = "Answers may go to the wrong one. End it (on Linux often ModemManager, or a second program with the same "
  .. "relay), or use another port of the module."

--- The module is out of step, or was: what is late then is nobody else's.
function foreign.forget(modem)
  if modem.stray_finals then modem.stray_finals = 0 end
end

--- A line that belongs to nothing. The second final result code among them is reported, once for each opening of the
--- port: as the event `foreign`, or on standard error when nobody listens for that.
---@param modem hayes.modem
---@param line string
function foreign.note(modem, line)
  if not modem.stray_finals or not modem.counting_from then return end
  local final = failure.final_of(modem, line)
  -- Some firmware says SEND OK after SEND FAIL.
  if not final or final.group then return end
  modem.stray_finals = modem.stray_finals + 1
  if modem.stray_finals < ENOUGH then return end
  modem.stray_finals = false
  if modem.trace then modem.trace:remark(wait.now(), WORDS) end
  local heard = modem.listeners:has("foreign")
  modem.listeners:emit { name = "foreign", line = line, fields = {}, message = WORDS, hint = HINT }
  if not heard then wait.report(modem.address, ("%s (it was answered %s). %s"):format(WORDS, line, HINT)) end
end

return foreign
