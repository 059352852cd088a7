--- The time of day, of what people read: traces.

local core = require "hayes.core"

local time_of_day = {}

local SET = 0.05 -- a difference by which the host's time of day has been set, and not merely been read late
local PREEMPTED = 0.001
local offset, simulated = false, false

--- Seconds since 1970, UTC, as far as the host knows, for a time of wait.now that is not long ago. It does not go back
--- unless the host's does.
function time_of_day.of(time)
  if simulated then return time end
  local before, wall = core.now(), core.wall()
  local found = wall - before
  if not offset or core.now() - before < PREEMPTED and math.abs(found - offset) > SET then offset = found end
  return time + offset
end

--- With a simulation's clock the day is that of 1970 on which it begins; nil: the host's clock again.
function time_of_day.set_clock(clock) simulated = clock ~= nil end

return time_of_day
