--- A lock for tasks: one holds it at a time, the others wait in line.
---
---     local held <close> = lock:take()

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

--- A caller that gives up waiting leaves the line.
function Place:__close()
  if self.fired then return end
  local line = self.lock.line
  for i, place in ipairs(line) do
    if place == self then return table.remove(line, i) end
  end
end

local function wait_in_line(self, deadline)
  local place <close> = setmetatable({ fired = false, lock = self }, Place) -- Waiter:wait makes room for the rest
  self.line[#self.line + 1] = place
  return place:wait(deadline)
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
