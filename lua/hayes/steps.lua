--- Work of several steps with one time-out for all of them: the commands, the waits for the line and for locks, the
--- pauses. The step under way when the time is over goes on to its end (job.lua), and no other one begins.

local errors = require "hayes.error"
local failure = require "hayes.failure"
local job = require "hayes.job"
local wait = require "hayes.wait"

---@class hayes.steps
---@field modem hayes.modem
---@field doing string     what it is all for: "attaching with APN \"internet\""
---@field seconds? number  over all; nil: each step takes as long as it may
---@field deadline? number of wait.now
---@field step string|false what is being done now, for the error
---@field why hayes.error|false what this step waits for, as the error that it is when the time is over
local Steps = {}
Steps.__index = Steps

--- What is sent for the sake of this work: not sent any more once nobody waits for that.
Steps.request = { withdraw = true }

local function new(modem, seconds, doing)
  return setmetatable({ modem = modem, doing = doing, seconds = seconds, deadline = seconds and wait.now() + seconds,
    step = false, why = false }, Steps)
end

--- Does f(steps, ...), and gives what it gives; nil and the error when the time is over first.
---@param modem hayes.modem
---@param seconds? number
---@param doing string
---@param f fun(steps: hayes.steps, ...): any, hayes.error?
function Steps.run(modem, seconds, doing, f, ...)
  local self = new(modem, seconds, doing)
  local result, err = job.run(self.deadline, nil, f, self, ...)
  if result or err ~= "timeout" then return result, err end
  return nil, self:too_late()
end

function Steps:too_late()
  if self.why then return self.why end
  local doing = self.step and ("%s: %s"):format(self.doing, self.step) or self.doing
  return failure.out_of_time(self.modem, doing, self.seconds)
end

--- Nobody waits for the rest any more: the error for that; nil: somebody does.
---@return hayes.error?
function Steps:given_up()
  if self.modem.closed_with then return self.modem.closed_with end
  if self.deadline and wait.now() >= self.deadline then return self:too_late() end
  local work = wait.job()
  if not work or not work.left then return nil end
  return errors.new { name = "cancelled", message = self.doing .. " was given up: nobody waits for it any more" }
end

--- The next step begins; nil and the error when nobody waits for it any more.
---@param words string
---@return true?, hayes.error?
function Steps:begin(words)
  local err = self:given_up()
  if err then return nil, err end
  self.step, self.why = words, false
  return true
end

--- Waits for an event, for so many seconds and no longer than there is time.
function Steps:wait(name, seconds)
  local left = self.deadline and self.deadline - wait.now() or seconds
  self.modem:wait(name, math.max(0, math.min(seconds, left)))
end

--- Takes a lock; nil and the error when the time is over first.
---@param lock hayes.lock
---@param used string "PDP context 1"
function Steps:take(lock, used)
  self.step, self.why = false, errors.timeout(("%s: another task was still using %s%s"):format(self.doing, used,
    self.seconds and (" after %g s"):format(self.seconds) or ""))
  local held = lock:take(self.deadline)
  if not held then return nil, self.why end
  self.why = false
  return held
end

return Steps
