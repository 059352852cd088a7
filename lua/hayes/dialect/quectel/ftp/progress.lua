--- Tells a caller how far a transfer is: at most ten times a second, and once at its end.

local wait = require "hayes.wait"

local LEAST_GAP = 0.1

local Progress = {}
Progress.__index = Progress

---@param report? fun(done: integer, total: integer?, rate: number) bytes, bytes, bytes a second since it began
---@param total? integer
function Progress.new(report, total)
  return setmetatable({ report = report, total = total, began = wait.now(), base = nil, last = -math.huge,
    busy = false }, Progress)
end

local function tell(self, done, now)
  self.last = now
  local seconds = math.max(now - self.began, 1e-3)
  self.report(done, self.total, math.max(0, done - self.base) / seconds)
end

--- A function that fails is not called again: the transfer is worth more than its display.
local function tell_safely(self, done, now)
  local ok, err = xpcall(tell, debug.traceback, self, done, now)
  self.busy = false
  if ok then return end
  self.report = nil
  wait.report("the progress function of a transfer has failed, and is not called again", err)
end

--- So many bytes are done. From wherever: it neither waits nor raises.
function Progress:moved(done)
  if not self.report then return end
  self.base = self.base or done
  local now = wait.now()
  if self.busy or now - self.last < LEAST_GAP then return end
  self.busy = true
  wait.spawn_detached(tell_safely, self, done, now)
end

--- All is done: in the caller's own task.
function Progress:finish(done)
  if not self.report then return end
  self.base = self.base or done
  tell_safely(self, done, wait.now())
end

return Progress
