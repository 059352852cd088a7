--- Work that belongs to a thing (a connection, a context, the line) and not to the task that wants it done: once begun
--- it goes on to its end, when that task is cancelled, raises, or has waited for long enough.

local errors = require "hayes.error"
local failure = require "hayes.failure"
local wait = require "hayes.wait"

local job = {}

local Job = {}
Job.__index = Job

--- Whatever way the caller leaves: nobody waits for it any more. A command that is to go only for the caller's sake
--- (hayes.request, `withdraw`) and waits for its turn leaves the line's queue.
function Job:__close()
  self.left = true
  if self.waiting then self.waiting:withdraw() end
end

local function traceback(err)
  return type(err) == "string" and debug.traceback(err, 2) or err
end

local function work(self, f, ...)
  if self.left then return end
  local results = table.pack(xpcall(f, traceback, ...))
  if not self.left then return self.done:fire(results) end
  if not results[1] then error(results[2], 0) end
  if self.unwanted then self.unwanted(table.unpack(results, 2, results.n)) end
end

--- Does f(...) as a task of its own and gives what it gives, or raises what it raises; nil, "timeout" when the deadline
--- (of wait.now) passes first. A caller that leaves before it has begun takes it back.
---@param deadline number?
---@param unwanted fun(...)? is called with what f gave when the caller has left before
---@param f function
function job.run(deadline, unwanted, f, ...)
  local self <close> = setmetatable({ done = wait.waiter(), unwanted = unwanted, left = false, waiting = false }, Job)
  wait.spawn_job(self, deadline, work, self, f, ...)
  local results, err = self.done:wait(deadline)
  if not results then return nil, err end
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

local function abandon(opened)
  if opened then opened:abandon() end
end

--- The same for what is opened: a connection that nobody waits for any more is closed again.
---@param deadline number?
---@param open fun(...): table?, hayes.error?
function job.open(deadline, open, ...)
  return job.run(deadline, abandon, open, ...)
end

--- The same within so many seconds, nil: however long it takes; the error for too late says what was `doing`.
---@param modem hayes.modem
---@param seconds number?
---@param doing string
---@param open fun(...): table?, hayes.error?
function job.open_within(modem, seconds, doing, open, ...)
  local opened, err = job.open(seconds and wait.now() + seconds, open, ...)
  if opened or errors.is(err) then return opened, err end
  return nil, err == "timeout" and failure.out_of_time(modem, doing, seconds) or err
end

return job
