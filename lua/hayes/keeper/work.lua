--- What a keeper does that may take long: each piece is a task of its own, so that it can be given up.

local errors = require "hayes.error"
local wait = require "hayes.wait"

local work = {}

local CANCELLED = errors.new { name = "cancelled", message = "the attempt was given up" }

local NO_REASON = errors.new { name = "function_failed", message = "it has failed, and no reason was given" }

local UnderWay = { __close = function(under_way)
  under_way.keeper.work = false
  under_way.task:cancel()
end }

--- Does f(...) as a task of its own, which is cancelled when it is not wanted any more. nil and the error `timeout`
--- when it takes longer than these seconds.
local function run_for(self, seconds, f, ...)
  local task = wait.spawn_detached(f, ...)
  self.work = task
  local _under_way <close> = setmetatable({ keeper = self, task = task }, UnderWay)
  local ended, result, err = task:join(seconds)
  if self.over then error(CANCELLED, 0) end -- it has closed the keeper
  if ended then return result, err or not result and NO_REASON or nil end
  if task.cancelled then return nil, CANCELLED end
  if not task.ended then return nil, result end
  wait.report("the keeper has failed", result)
  return nil, errors.internal(result)
end

--- The same for what has a time-out of its own.
function work.run(self, f, ...)
  return run_for(self, nil, f, ...)
end

--- Does what the program gave, within so many seconds; it can break nothing.
function work.run_programs(self, what, seconds, f)
  local ok, err = run_for(self, seconds, function()
    local returned = table.pack(xpcall(f, debug.traceback, self.modem))
    if returned[1] then return returned[2], returned[3] end
    if wait.running().cancelled then error(CANCELLED, 0) end
    if not self.over then wait.report(("the function %s of modem:keep has failed"):format(what), returned[2]) end
    return nil, errors.new { name = "function_failed",
      message = ("the function %s has raised an error"):format(what) }
  end)
  if ok then return true end
  if err == "timeout" then
    return nil, errors.timeout(("the function %s has not returned within %d s"):format(what, seconds))
  end
  if errors.is(err) then return nil, err end
  return nil, errors.new { name = "function_failed",
    message = ("the function %s says: %s"):format(what, tostring(err)) }
end

--- Waits until something has been told, or the deadline passes.
function work.wait_for_news(self, deadline)
  self.news = wait.waiter()
  self.news:wait(deadline)
end

return work
