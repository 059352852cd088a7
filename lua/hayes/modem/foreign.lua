--- Notices that another program speaks on the same port: final result codes come that nobody waits for. Ports are
--- opened exclusively, but a relay may be shared, or the other program was there first (ModemManager).

local failure = require "hayes.failure"
local mask = require "hayes.display.mask"
local wait = require "hayes.wait"

local foreign = {}

--- Seconds between two of them. A single one may be the late answer to a command that was given up, and several at once
--- those of a module that has taken data for command lines.
local APART = 2

local WORDS = "another program speaks on this port"
local HINT = "Answers may go to the wrong one. End it (on Linux often ModemManager, or a second program with the same "
  .. "relay), or use another port of the module."

--- The module is out of step, or was: what is late then is nobody else's.
function foreign.forget(modem)
  modem.stray_final_at = modem.stray_final_at and 0
end

--- A line that belongs to nothing. Final result codes among them are reported, once for each opening of the port: as
--- the event `foreign`, or on standard error when nobody listens for that.
---@param modem hayes.modem
---@param line string
function foreign.note(modem, line)
  if not modem.stray_final_at or not modem.counting_from then return end
  local final = failure.final_of(modem, line)
  -- Some firmware says SEND OK after SEND FAIL.
  if not final or final.group then return end
  local now = wait.now()
  if modem.stray_final_at == 0 then modem.stray_final_at = now end
  if now - modem.stray_final_at < APART then return end
  modem.stray_final_at = false
  if modem.trace then modem.trace:remark(now, WORDS) end
  local heard = modem.listeners:has("foreign")
  modem.listeners:emit { name = "foreign", line = line, fields = {}, message = WORDS, hint = HINT }
  if heard then return end
  local shown = mask.line(modem.dialect, line)
  wait.report(modem.address, ("%s (it was answered %s). %s"):format(WORDS, shown, HINT))
end

return foreign
