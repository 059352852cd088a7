--- A command from the call to its end: its state, its outcome, and the errors about it.

local check = require "hayes.check"
local mask = require "hayes.display.mask"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local Response = require "hayes.response"
local wait = require "hayes.wait"

---@class hayes.ticket: hayes.waiter
---@field modem hayes.modem
---@field is_ticket true         unlike data mode, which may have the line in place of a command
---@field text string
---@field request hayes.request
---@field response hayes.response
---@field id integer|false     of the engine, once it has been sent
---@field damage string|false  the block in its answer was damaged on the line
---@field startup boolean      part of the start-up: goes in front of all others, which wait for that
---@field hold hayes.hold|false it is no command: the line is reserved when its turn comes
---@field number integer       in the order in which they got into the queue
---@field tries integer        how often it was sent and not taken
---@field pausing boolean     it is sent again in a moment, and keeps its turn
---@field limit number|false   seconds that it may wait while a connection keeps the line
---@field job table|false      the job that withdraws it when its caller leaves (job.lua)
-- The methods of Waiter are copied: every command calls them, and inheriting them would take a second look-up.
local Ticket = { fire = wait.Waiter.fire, wait = wait.Waiter.wait, is_ticket = true }
Ticket.__index = Ticket

--- The request of a ticket that is over.
local OVER <const> = {}

--- A ticket for a command: a used one if there is one to spare, otherwise a new one.
---@param modem hayes.modem
---@param text string
---@param request hayes.request
---@return hayes.ticket
function Ticket.take(modem, text, request)
  local queue = modem.exchanges
  local ticket = queue.spare or setmetatable({ modem = modem, timer = false, hold = false }, Ticket)
  queue.spare = false
  ticket.response = request.into or setmetatable({ result = nil, data = nil }, Response)
  ticket.text, ticket.request, ticket.fired, ticket.id, ticket.damage = text, request, false, false, false
  ticket.limit, ticket.tries, ticket.pausing, ticket.since = false, 0, false, false
  ticket.job = false
  -- Every command of the task that starts the module up is part of the start-up.
  ticket.startup = modem.starting and modem.starter == wait.running()
  return ticket
end

--- A ticket that waits until the line can be reserved.
---@param modem hayes.modem
---@param hold hayes.hold
---@param timeout? number
---@return hayes.ticket
function Ticket.for_hold(modem, hold, timeout)
  return setmetatable({ modem = modem, timer = false, hold = hold, text = "", fired = false, id = false,
    damage = false, limit = false, startup = false, request = { timeout = timeout } }, Ticket)
end

-- Ends

local function failed(modem, ticket, result, line, unsent)
  local response, request = ticket.response, ticket.request
  local data = request.data
  local length = request.length or type(data) == "string" and #data
  local err
  if result == "ok" then
    err = failure.data_not_taken(modem, ticket.text, response.result, unsent, length)
  else
    local seconds = response.result and request.deferred or request.timeout
    -- A copy: all that fails because the port is closed has the same error.
    err = errors.copy(failure.of_command(modem, ticket.text, result, line, seconds, response))
  end
  if length then err.sent = length - (unsent or 0) end
  err.reason, ticket.reason = ticket.reason, nil
  if request.block or request.partial or ticket.damage or response.data then err.response = response end -- what came
  return err
end

--- The result for the caller: the response, or nil and the error. The ticket may be reused afterwards.
function Ticket:conclude(result, line, unsent)
  local modem, response = self.modem, self.response
  if self.job then self.job.waiting = false end -- else it would withdraw whoever has the ticket next
  local err
  if result == "unsent" then
    err = line
  elseif result ~= "ok" or unsent then
    err = failed(modem, self, result, line, unsent)
  end
  self.response, self.request, self.text = false, OVER, "" -- a ticket to spare keeps nothing of its last caller alive
  modem.exchanges.spare = self
  if err then return nil, err end
  return response
end

--- Ends the command. result: "ok" or another result of the engine's, with the final result code as `line`; or "unsent",
--- with the error as `line`.
function Ticket:finish(result, line, unsent)
  if self.damage and result == "ok" then result = self.damage end
  wait.unschedule(self)
  local request = self.request
  if request.ended and result == "ok" then request.ended(self.response) end
  local finished = request.finished
  if not finished then return self:fire(result, line, unsent) end
  self.fired = true
  finished(self:conclude(result, line, unsent))
end

--- When the caller leaves early: a command in flight is cancelled, one in the queue is removed.
function Ticket:__close()
  if self.fired then return end
  self.modem.exchanges:give_up(self)
end

--- Called by the loop's timer: the command has waited too long, or is to be sent again.
function Ticket:due()
  self.modem.exchanges:on_due(self)
end

--- Removes it from the queue because the caller of its job has left (job.lua).
function Ticket:withdraw()
  if self.fired or self.id then return end
  self.modem.exchanges:end_unsent(self, self:not_sent("cancelled", ": nobody waits for it any more"))
end

--- The port has accepted the bytes passed last.
function Ticket:on_data_written()
  if self.request.given then self.request.given() end
end

--- Whether it has been sent.
function Ticket:is_sent()
  return self.id ~= false
end

-- Errors

--- Why the engine refuses a command. A mistake of the caller's raises, with the position of the caller.
function Ticket.refuse(modem, text, refusal)
  local shown = mask.command(modem.dialect, text)
  if refusal == "byte" then check.command("modem:at", text) end
  if refusal == "long" then
    check.fail("modem:at", ("the command is %d bytes long, which is more than the module takes"):format(#text))
  end
  if refusal == "no data" then check.fail("modem:at", shown .. " waits for data; give { data = … }") end
  if refusal == "name" then check.fail("modem:at", shown .. ": names and prefixes have 32 bytes at most") end
  if refusal == "key" then check.fail("modem:at", shown .. ": what its result repeats has 15 bytes at most") end
  local why = refusal == "deferred" and "too many results are outstanding" or "the module is busy"
  return errors.new { name = "busy", command = shown, message = ("%s was not sent: %s"):format(shown, why) }
end

--- The command as it appears in messages, with secrets masked; nil for a reservation.
function Ticket:title()
  return self.text ~= "" and mask.command(self.modem.dialect, self.text) or nil
end

function Ticket:not_sent(name, why, hint)
  local shown = self:title()
  return errors.new { name = name, command = shown, queued = true, hint = hint,
    message = ("%s was not sent%s"):format(shown or "a command", why) }
end

function Ticket:not_sent_in_time()
  local words, hint = failure.line_taken(self.modem)
  return self:not_sent("timeout", (" within %g s: %s"):format(self.request.timeout or self.limit, words), hint)
end

return Ticket
