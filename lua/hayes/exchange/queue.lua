--- Who has the line, and who has it next.

local retry = require "hayes.exchange.retry"
local Ticket = require "hayes.exchange.ticket"
local wait = require "hayes.wait"
local waiting = require "hayes.exchange.waiting"

---@class hayes.queue
local Queue = {}
Queue.__index = Queue

---@param modem hayes.modem
function Queue.new(modem)
  return setmetatable({
    modem = modem,
    tickets = {},  -- tickets that wait for their turn
    holder = nil,  -- whose turn it is: a ticket, from there to its final result code, or data mode
    hold = nil,    -- the reservation of the line, if there is one
    spare = false, -- a ticket that is free to be used again
    deferred = {}, -- by response: tickets that wait for a deferred result after that
    free = true,   -- nobody's turn and nobody in line: a command may be sent at once, if the engine takes it
    enqueued = 0,  -- how many have been in the queue so far
    batch = 0,     -- number of the last one that may go before data mode has its turn
  }, Queue)
end

-- Who is next

--- May it be sent now?
local function may_go(self, ticket)
  local request = ticket.request
  if ticket.startup then return true end
  if self.modem.starting then return false end
  return self.hold == nil or request.within == self.hold
end

--- Is it data mode's turn before this one's? It has waited while all went that were in line when it was left, and no
--- result is still to come, which would not be told in data mode.
local function data_goes_first(self, ticket)
  local online = self.modem.online
  return online and not self.hold and not ticket.startup and not ticket.request.next and ticket.number > self.batch
    and not next(self.deferred) and online:may_return()
end

--- The first in line that may go, from this place on; nil: none, or data mode has its turn. Its place.
local function take_next(self, from)
  local tickets = self.tickets
  for i = from, #tickets do
    local ticket = tickets[i]
    if may_go(self, ticket) then
      if data_goes_first(self, ticket) then return self.modem.online:idle() end
      return table.remove(tickets, i), i
    end
  end
end

--- Takes it out, if it is in line.
function Queue:remove(ticket)
  for i, candidate in ipairs(self.tickets) do
    if candidate == ticket then return table.remove(self.tickets, i) end
  end
end

--- Gives the command to the engine, and the turn to its ticket. True; or nil and why not.
function Queue:submit(ticket, now)
  local modem, request = self.modem, ticket.request
  local online = request.online
  if online then modem.engine:set_hangups(online.hangup or modem.dialect.manners.hangup) end
  local id, refusal = modem.engine:submit(ticket.response, ticket.text, now, request.data, request.expect,
    request.timeout, request.deferred, online, request.block, request.sink, request.length, request.progress)
  if not id then return nil, refusal end
  if request.ends_hold then
    self.hold = nil
    request.within.open = false
  end
  self.free = false
  self.holder = ticket
  ticket.id = id
  if request.begun then request:begun() end
  return true
end

--- Gives the turn to the next in line, if the module is in step and nobody has it.
function Queue:next_turn()
  local modem = self.modem
  if self.holder then return end
  if not self.tickets[1] then
    self.free = not modem.starting and not self.hold
    -- Results that are still to come would not be told in data mode.
    if self.free and modem.online and not next(self.deferred) then modem.online:idle() end
    return
  end
  self.free = false
  if modem.closed_with or not modem.engine:ready() then return end
  local ticket, place = take_next(self, 1)
  local now, ok, refusal = wait.now(), nil, nil
  while ticket and not ticket.hold do
    ok, refusal = self:submit(ticket, now)
    if refusal ~= "pending" then break end
    -- It waits for a result that could not be told from its own, and others go first.
    table.insert(self.tickets, place, ticket)
    ticket, place = take_next(self, place + 1)
  end
  if not ticket then return end
  ticket.timer = false
  if ticket.hold then
    self.hold = ticket.hold
    return ticket:fire("ok")
  end
  if ok then return modem:await(modem.io:push(modem.port, now)) end
  ticket:finish("unsent", Ticket.refuse(modem, ticket.text, refusal))
  self:next_turn()
end

-- In and out of the queue

function Queue:enqueue(ticket)
  local modem, request = self.modem, ticket.request
  local first = ticket.startup or request.next
  self.enqueued = self.enqueued + 1
  ticket.number = self.enqueued
  if first then table.insert(self.tickets, 1, ticket) else self.tickets[#self.tickets + 1] = ticket end
  if request.timeout and not ticket.startup then wait.schedule(ticket, wait.now() + request.timeout) end
  self:next_turn()
  if not modem.online or ticket.fired or ticket.id then return end
  modem.online:wanted()
  if ticket.limit and waiting.is_kept(modem) then wait.schedule(ticket, wait.now() + ticket.limit) end
end

--- Takes it out of the queue if it is still there.
function Queue:end_unsent(ticket, err)
  local paused = ticket.pausing
  retry.stop(ticket)
  self:remove(ticket)
  ticket:finish("unsent", err)
  if paused then self:next_turn() end
end

--- A ticket's timer: it has been in the queue for too long, or is to be sent again.
function Queue:on_due(ticket)
  if ticket.pausing then return retry.go_again(ticket) end
  if ticket.fired or ticket.id then return end
  if not ticket.request.timeout and not waiting.is_kept(self.modem) then return end
  self:end_unsent(ticket, ticket:not_sent_in_time())
end

--- Ends those in the queue that this is true of, without sending them.
---@param err hayes.error
---@param is_meant fun(ticket: hayes.ticket): boolean
function Queue:end_waiting(err, is_meant)
  local tickets = self.tickets
  self.tickets = {}
  for _, ticket in ipairs(tickets) do
    if not is_meant(ticket) then self.tickets[#self.tickets + 1] = ticket end
  end
  for _, ticket in ipairs(tickets) do
    if is_meant(ticket) then ticket:finish("unsent", err) end
  end
end

--- The caller of a command that has not ended has left.
function Queue:give_up(ticket)
  local modem = self.modem
  ticket.timer = false
  ticket.request.into = nil -- something may still be put into it
  if ticket.pausing then
    retry.stop(ticket)
    return self:next_turn()
  end
  if not ticket.id then return self:remove(ticket) end
  if self.holder ~= ticket then self.deferred[ticket.response] = nil end
  if modem.closed_with then return end
  modem.engine:cancel(ticket.id, wait.now())
  modem:turn(wait.now())
end

return Queue
