--- Time-outs and errors of a socket's calls, and what LuaSocket's contract calls them. All functions take the socket.

local failure = require "hayes.failure"
local wait = require "hayes.wait"

local outcome = {}

--- Keeps an error for lasterror(), and returns it.
function outcome.remember(self, err)
  self.last_error = err
  return err
end

--- The error for the last time-out, which lasterror() makes only when it is called.
function outcome.error_of_timeout(self)
  local doing = ("%s of %s"):format(self.late, self)
  local connection = self.connection
  local modem = connection and connection.modem or self.opener and self.opener.modem
  local has_line = modem and connection and connection.data and connection.data == modem.online
  return failure.out_of_time(not has_line and modem or nil, doing, self.late_after)
end

--- Seconds that one call may take; nil: no limit.
function outcome.seconds(self)
  local block, total = self.block_timeout, self.total_timeout
  if block < 0 then return total >= 0 and total or nil end
  return total >= 0 and math.min(block, total) or block
end

--- The time at which a call that begins now must end; nil: no limit.
function outcome.deadline(self)
  if self.block_timeout < 0 and self.total_timeout < 0 then return nil end
  local seconds = outcome.seconds(self)
  return seconds and wait.now() + seconds
end

--- Has its time passed? If so, the loop goes round once in its place, so that a program which polls sees things go on.
function outcome.is_late(deadline)
  if not deadline or deadline > wait.now() then return false end
  wait.go_round()
  return true
end

--- Notes that a call ran out of time. Gives "timeout".
---@param name string of the call
function outcome.late(self, name)
  self.last_error, self.late, self.late_after = "timeout", name, outcome.seconds(self) or 0
  return "timeout"
end

--- Whether a wait without a limit could never end, because only this program could release the line
--- (exchange.deadlock). The call then ends at once.
function outcome.is_deadlock(self, deadline)
  local connection = self.connection
  if deadline or not connection or not connection.deadlock then return false end
  local err = connection:deadlock()
  if err then outcome.remember(self, err) end
  return err ~= nil
end

--- The waiter in this field; a new one if there is none, or it has fired.
function outcome.waiter_in(self, field)
  local waiter = self[field]
  if not waiter or waiter.fired then
    waiter = wait.waiter()
    self[field] = waiter
  end
  return waiter
end

local conditions = {
  refused = "connection refused", timeout = "timeout", ["unknown host"] = "host or service not provided, or not known",
}

--- How the contract calls the error of connect().
function outcome.word_for_connect(err)
  return conditions[err.condition] or outcome.word_for(err)
end

--- How the contract calls an error.
function outcome.word_for(err)
  if err == "timeout" or err.name == "timeout" or err.queued then return "timeout" end
  return err.name == "command_mode" and "command_mode" or "closed"
end

return outcome
