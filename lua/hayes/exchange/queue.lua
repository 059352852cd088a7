--- Who has the line, and which command is sent next.

local errors = require "hayes.error"
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
    tickets = {},  -- those that wait, in order
    in_hand = false, -- a ticket on its way from one place to another: it must not get lost for want of memory
    holder = nil,  -- who has the line: a ticket, until its final result code, or data mode
    hold = nil,    -- the reservation of the line, if there is one
    spare = false, -- a ticket that may be used again
    deferred = {}, -- by response: tickets whose final result code has come and whose deferred result has not
    free = true,   -- the line is free and nobody waits: a command may be sent at once
    enqueued = 0,  -- how many tickets have entered the queue so far
    batch = 0,     -- number of the last ticket that goes before data mode
  }, Queue)
end

-- Who is next

--- Whether neither the start-up nor a reservation makes it wait.
local function may_go(self, ticket)
  local request = ticket.request
  if ticket.startup then return true end
  if self.modem.starting then return false end
  return self.hold == nil or request.within == self.hold
end

--- Whether data mode is to be resumed before this command: all commands that were in the queue when it was left have
--- been sent, and no deferred result is outstanding, which could not arrive in data mode.
local function data_goes_first(self, ticket)
  local online = self.modem.online
  return online and not self.hold and not ticket.startup and not ticket.request.next and ticket.number > self.batch
    and not next(self.deferred) and online:may_return()
end

--- Removes the first ticket that may go, from this place on; returns it and its place. nil: there is none, or data mode
--- is resumed first.
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

--- Removes it, if it is in the queue.
function Queue:remove(ticket)
  for i, candidate in ipairs(self.tickets) do
    if candidate == ticket then return table.remove(self.tickets, i) end
  end
end

--- Passes the command to the engine; its ticket then has the line. True; or nil and the reason.
function Queue:submit(ticket, now)
  local modem, request = self.modem, ticket.request
  local online, owner = request.online, request.owner
  if owner and owner.gone then return nil, owner.lost end
  if owner and (request.data or online) and owner.damaged then return nil, owner.damaged end
  if online then modem.engine:set_hangups(online.hangup or modem.dialect.protocol.hangup) end
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

--- Sends the next command, if the line is free and the engine is in step with the module.
function Queue:next_turn()
  local modem = self.modem
  if self.holder then return end
  if not self.tickets[1] then
    self.free = not modem.starting and not self.hold
    -- Outstanding deferred results could not arrive in data mode.
    if self.free and modem.online and not next(self.deferred) then modem.online:idle() end
    return
  end
  self.free = false
  if modem.closed_with or not modem.engine:ready() then return end
  local now, ok, refusal = wait.now(), nil, nil
  local ticket, place = take_next(self, 1)
  self.in_hand = ticket or false
  while ticket and not ticket.hold do
    ok, refusal = self:submit(ticket, now)
    if refusal ~= "pending" then break end
    -- An outstanding result could not be told from its own: it waits for that, and others go first.
    table.insert(self.tickets, place, ticket)
    ticket, place = take_next(self, place + 1)
    self.in_hand = ticket or false
  end
  if not ticket then return end
  wait.unschedule(ticket)
  if ticket.hold then
    self.hold = ticket.hold
    ticket:fire("ok")
    self.in_hand = false
    return
  end
  if ok then
    self.in_hand = false
    return modem:await(modem.io:push(modem.port, now))
  end
  ticket:finish("unsent", errors.is(refusal) and refusal or Ticket.refuse(modem, ticket.text, refusal))
  self.in_hand = false
  self:next_turn()
end

-- In and out of the queue

--- Puts a ticket into the queue.
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

--- Ends a ticket that has not been sent, or is to be sent again, with this error.
function Queue:end_unsent(ticket, err)
  local paused = ticket.pausing
  retry.stop(ticket)
  self:remove(ticket)
  ticket:finish("unsent", err)
  if paused then self:next_turn() end
end

--- A ticket's timer has expired: it has waited too long, or is to be sent again.
function Queue:on_due(ticket)
  if ticket.pausing then return retry.go_again(ticket) end
  if ticket.fired or ticket.id then return end
  if not ticket.request.timeout and not waiting.is_kept(self.modem) then return end
  self:end_unsent(ticket, ticket:not_sent_in_time())
end

--- Ends those tickets of the queue for which is_meant() is true, without sending them.
---@param err? hayes.error nil: that of the connection each of them is about
---@param is_meant fun(ticket: hayes.ticket): boolean?
function Queue:end_waiting(err, is_meant)
  local tickets, last, i = self.tickets, self.enqueued, 1
  while tickets[i] do
    local ticket = tickets[i]
    if ticket.number <= last and is_meant(ticket) then
      table.remove(tickets, i)
      self.in_hand = ticket
      ticket:finish("unsent", err or ticket.request.owner.lost)
      self.in_hand = false
      i = 1 -- whoever was told may have changed the queue
    else
      i = i + 1
    end
  end
end

local function is_gone(ticket)
  local owner = ticket.request.owner
  return owner and owner.gone
end

--- Ends those that wait on behalf of a connection which the module no longer has, each with that connection's error.
function Queue:end_gone()
  self:end_waiting(nil, is_gone)
end

--- The caller has left before the command has ended.
function Queue:give_up(ticket)
  local modem = self.modem
  wait.unschedule(ticket)
  ticket.request.into = nil -- the engine may still write to it
  if ticket.pausing then
    retry.stop(ticket)
    return self:next_turn()
  end
  if not ticket.id then return self:remove(ticket) end
  if self.holder ~= ticket then self.deferred[ticket.response] = nil end
  if modem.closed_with then return end
  modem.engine:cancel(ticket.id, wait.now())
  modem:advance_now()
end

return Queue
