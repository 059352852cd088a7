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

local function tell_as_task(self, done, now)
  local ok, err = xpcall(tell, debug.traceback, self, done, now)
  self.busy = false
  if not ok then wait.report("the progress function of a transfer has failed", err) end
end

--- So many bytes are done. From wherever: it neither waits nor raises.
function Progress:moved(done)
  if not self.report then return end
  self.base = self.base or done
  local now = wait.now()
  if self.busy or now - self.last < LEAST_GAP then return end
  self.busy = true
  wait.spawn_detached(tell_as_task, self, done, now)
end

--- All is done: in the caller's own task.
function Progress:finish(done)
  if not self.report then return end
  self.base = self.base or done
  tell(self, done, wait.now())
end

return Progress
