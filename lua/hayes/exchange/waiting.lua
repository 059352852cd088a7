--- How long a command may wait for the line, and when waiting is useless.

local failure = require "hayes.failure"
local wait = require "hayes.wait"

local waiting = {}

--- Whether a connection keeps the line until the program releases it.
---@param modem hayes.modem
function waiting.is_kept(modem)
  return modem.online and modem.online:keeps_line()
end

--- A connection has taken the line and keeps it: starts the timers of the commands in the queue.
---@param modem hayes.modem
function waiting.keep(modem)
  local now = wait.now()
  for _, ticket in ipairs(modem.exchanges.tickets) do
    if ticket.limit then wait.schedule(ticket, now + ticket.limit) end
  end
end

--- Longest time that a command of run() waits while a connection keeps the line, seconds; false: no limit, or the
--- caller's own applies.
local function limit_of(modem, ticket)
  local request = ticket.request
  if request.timeout or request.patient or ticket.startup then return false end
  local caller, deadline = wait.caller()
  if not caller or deadline then return false end
  return ticket.text ~= "" and modem.dialect.timeout_of(ticket.text) or modem.timeout_s
end

--- The error for a wait that cannot end: a connection keeps the line until the program releases it, and the program, or
--- its only task, would wait for the line without a limit.
---@param modem hayes.modem
---@return hayes.error?
function waiting.deadlock(modem)
  if not waiting.is_kept(modem) then return nil end
  local caller, deadline = wait.caller()
  if not caller or deadline or not wait.is_alone(caller) then return nil end
  return failure.deadlock(modem)
end

--- Prepares a ticket for the queue. Returns an error if waiting is useless.
---@param ticket hayes.ticket
---@param waits boolean a task waits for it (run)
---@return hayes.error?
function waiting.prepare(ticket, waits)
  local modem = ticket.modem
  if ticket.startup then return nil end
  if modem.lost then return modem.lost end
  if not waits then return nil end
  local request = ticket.request
  local job = request.withdraw and wait.job()
  if job and job.left then return ticket:not_sent("cancelled", ": nobody waits for it any more") end
  local err = wait.is_caller(modem.feeder) and failure.feeding(modem)
    or not (request.timeout and request.patient) and waiting.deadlock(modem)
  if err then
    err.command = ticket:title()
    return err
  end
  ticket.limit = limit_of(modem, ticket)
  if job then job.waiting, ticket.job = ticket, job end
end

return waiting
