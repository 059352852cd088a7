--- How long a keeper waits before it tries again, and whether it may restart the module: arithmetic alone, with the
--- time as an argument.

---@class hayes.keeper.patience
---@field failures integer   attempts that have failed since the connection last stood for a while
---@field tried integer      those of them since the module was last restarted
---@field restarts number[]  when the module was restarted, within the last `per` seconds
local Patience = {}
Patience.__index = Patience

---@param options { backoff: table, budget: table } of modem:keep
---@param random fun(): number from 0 to 1
---@return hayes.keeper.patience
function Patience.new(options, random)
  return setmetatable({ backoff = options.backoff, budget = options.budget, random = random, failures = 0, tried = 0,
    restarts = {} }, Patience)
end

--- An attempt has failed, or what it brought did not last.
function Patience:failed()
  self.failures, self.tried = self.failures + 1, self.tried + 1
end

--- What an attempt has brought was looked at again, and is still of no use: no other attempt, but a longer pause.
function Patience:missed()
  self.failures = self.failures + 1
end

--- The connection stands: what was before no longer counts.
function Patience:steady()
  self.failures, self.tried = 0, 0
end

--- Seconds until the next attempt.
---@return number
function Patience:pause()
  local backoff = self.backoff
  -- 2^60 times the shortest pause is more than the longest: the power stays finite.
  local whole = math.min(backoff.most, backoff.first * 2.0 ^ math.min(math.max(self.failures, 1) - 1, 60))
  return whole * (1 - backoff.jitter * self.random())
end

local function forget_old(self, now)
  while self.restarts[1] and self.restarts[1] <= now - self.budget.per do table.remove(self.restarts, 1) end
end

--- How many restarts there were within the last `per` seconds.
---@param now number
---@return integer
function Patience:restarted(now)
  forget_old(self, now)
  return #self.restarts
end

--- Whether so many attempts have failed that a restart is due.
---@return boolean
function Patience:is_restart_due()
  return self.tried >= self.budget.attempts
end

--- When the budget allows the next restart, of the clock that `now` is of; nil: never.
---@param now number
---@return number?
function Patience:restart_from(now)
  forget_old(self, now)
  local budget, restarts = self.budget, self.restarts
  if budget.restarts == 0 then return nil end
  local last = restarts[#restarts]
  local from = last and last + budget.apart or now
  -- As many as are allowed have been made: the oldest has to be forgotten first.
  local oldest = restarts[#restarts - budget.restarts + 1]
  return math.max(from, oldest and oldest + budget.per or now)
end

--- The module is restarted now.
---@param now number
function Patience:restart(now)
  forget_old(self, now)
  self.restarts[#self.restarts + 1] = now
  self.tried = 0
end

return Patience
