--- A lock for tasks: one holds it at a time, the others wait in line.
---
---     local held <close> = lock:take()

local errors = require "hayes.error"
local wait = require "hayes.wait"

---@class hayes.lock
---@field held boolean
local Lock = {}
Lock.__index = Lock

local Place = setmetatable({}, { __index = wait.Waiter })
Place.__index = Place

---@return hayes.lock
function Lock.new()
  return setmetatable({ held = false, line = {} }, Lock)
end

local function leave_line(self)
  local line = self.lock.line
  for i, place in ipairs(line) do
    if place == self then return table.remove(line, i) end
  end
end

--- A caller that gives up waiting leaves the line.
function Place:__close()
  if not self.fired then leave_line(self) end
end

--- The caller of the job that waits here has left (job.lua).
function Place:withdraw()
  if self.fired then return end
  leave_line(self)
  self:fire(nil, "unwanted")
end

local function wait_in_line(self, deadline, job)
  local place <close> = setmetatable({ fired = false, lock = self }, Place) -- Waiter:wait makes room for the rest
  self.line[#self.line + 1] = place
  if not job then return place:wait(deadline) end
  job.waiting = place
  local ok, err = place:wait(deadline)
  job.waiting = false
  return ok, err
end

--- Waits until the lock is free, and takes it; closing the returned value hands it to the next in line. nil, "timeout"
--- if the deadline (of wait.now) passes first.
---@param deadline? number
---@return hayes.lock?, string?
function Lock:take(deadline)
  if self.held then
    local ok, err = wait_in_line(self, deadline)
    if not ok then return nil, err end
  end
  self.held = true
  return self
end

--- The same for work that may be part of a job: nil and an error once nobody waits for that any more.
---@param deadline? number
---@return hayes.lock?, string|hayes.error|nil
function Lock:take_wanted(deadline)
  local job = wait.job()
  if not job then return self:take(deadline) end
  local ok, err = not job.left, "unwanted"
  if ok and self.held then ok, err = wait_in_line(self, deadline, job) end
  if ok then
    self.held = true
    return self
  end
  if err == "timeout" then return nil, err end
  return nil, errors.new { name = "cancelled", message = "it was given up: nobody waits for it any more" }
end

function Lock:__close()
  local next_place = self.line[1]
  if not next_place then
    self.held = false
    return
  end
  table.remove(self.line, 1)
  next_place:fire(true)
end

return Lock
