--- Commands one at a time: who may send next, and what becomes of each.
---
--- A command is a ticket from the call to its end. It goes out at once when nobody has the line, else it waits in the
--- queue, and goes out of it by itself. A task that waits for it is woken at its end (run); a connection that owns the
--- work is told by a call (start), so that nothing depends on the task that asked.

local check = require "hayes.check"
local command = require "hayes.declare.command"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local Response = require "hayes.response"
local wait = require "hayes.wait"

local exchange = {}

--- Length of a block of which nobody knows how long it is.
exchange.UNKNOWN = -1

---@class hayes.request
---@field data? string|userdata|true for the prompt or CONNECT: bytes; a file of core.file and `length`; true: by
---  Modem:send_data, as `given` tells that there is room, and Modem:finish_data
---@field begun? fun(self)  its turn has come; it must neither wait nor raise
---@field given? fun()      the port has what was sent; it must neither wait nor raise
---@field progress? fun(bytes: integer) so many bytes of its data have passed, told at most ten times a second; the same
---@field length? integer    how many bytes of that file
---@field block? integer     so many bytes follow CONNECT; exchange.UNKNOWN: up to its deferred result
---@field sink? userdata     a file of core.file that they go to, in place of `data` in the response
---@field expect? string    prefix of a deferred result, in addition to what the declaration says
---@field timeout? number   seconds in the queue, from there to the final result code; nil: as the declaration says; in
---  the queue without a limit, but for run(): while a connection keeps the line in data mode, the same again, unless
---  that is background work or the job has a deadline of its own
---@field patient? boolean  no such limit: the program has said how long, or waits for as long as it takes
---@field withdraw? boolean is not sent once the caller of the job that it is part of has left
---@field deferred? number  seconds from there to the deferred result
---@field into? hayes.response  an empty response to fill, for those who read often
---@field next? boolean     goes in front of the queue
---@field owner? { gone: boolean, lost: hayes.error } the connection that it is about: it is not sent once that is gone,
---  since another one may have its number after a restart of the module
---@field within? hayes.hold the reservation of the line that it is part of
---@field ends_hold? boolean it is the last one of that: others may go when its final result code has come
---@field online? hayes.data_mode  CONNECT ends the command, and data mode begins
---@field ended? fun(response: hayes.response) called when it has ended with `ok`, before events that follow it in the
---  stream; it must neither wait nor raise
---@field finished? fun(response: hayes.response?, err: hayes.error?) of start(): called at the end, whatever that is;
---  it must neither wait nor raise
local no_request = {}

---@class hayes.ticket: hayes.waiter
---@field modem hayes.modem
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
local Ticket = setmetatable({}, { __index = wait.Waiter })
Ticket.__index = Ticket

--- The line reserved for one caller: its commands, which name it as `within`, go, and those of all others wait.
---@class hayes.hold
---@field open boolean
---@field err? hayes.error why it has ended before its owner ended it
local Hold = {}
Hold.__index = Hold

--- The part of a modem that this file looks after.
function exchange.new_state()
  return {
    queue = {},    -- tickets that wait for their turn
    holder = nil,  -- whose turn it is: a ticket, from there to its final result code, or data mode
    hold = nil,    -- the reservation of the line, if there is one
    spare = false, -- a ticket that is free to be used again
    deferred = {}, -- by response: tickets that wait for a deferred result after that
    free = true,   -- nobody's turn and nobody in line: a command may be sent at once, if the engine takes it
    enqueued = 0,  -- how many have been in the queue so far
    batch = 0,     -- number of the last one that may go before data mode has its turn
  }
end

--- A new ticket, or the last one again if it has come to its end.
local function take_ticket(modem, state, text, request)
  local ticket = state.spare or setmetatable({ modem = modem, timer = false, hold = false }, Ticket)
  state.spare = false
  ticket.response = request.into or setmetatable({ result = nil, data = nil }, Response)
  ticket.text, ticket.request, ticket.fired, ticket.id, ticket.damage = text, request, false, false, false
  ticket.limit, ticket.tries, ticket.pausing, ticket.since = false, 0, false, false
  -- All that the one says who starts the module up belongs to that.
  ticket.startup = modem.starting and modem.starter == wait.running()
  return ticket
end

-- Ends

--- What the engine does not take is the caller's mistake, told at the caller's line.
local function refuse(modem, text, refusal)
  local shown = command.mask(modem.dialect.commands, text, modem.dialect.manners)
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

local function failed(modem, ticket, result, line, unsent)
  local response, request = ticket.response, ticket.request
  local data = request.data
  local length = request.length or type(data) == "string" and #data
  local err
  if result == "ok" then
    err = failure.data_not_taken(modem, ticket.text, response.result, unsent, length)
  else
    local seconds = response.result and request.deferred or request.timeout
    err = failure.of_command(modem, ticket.text, result, line, seconds, response)
  end
  if length then err.sent = length - (unsent or 0) end
  if request.block or ticket.damage then err.response = response end -- what of it has come
  return err
end

--- The response; or nil and the error. The ticket may be used again from then on.
local function conclude(ticket, result, line, unsent)
  local modem, response = ticket.modem, ticket.response
  -- A job may still refer to it (look_at_wait).
  if not ticket.request.withdraw then modem.exchanges.spare = ticket end
  if result == "ok" and not unsent then return response end
  if result == "unsent" then return nil, line end
  return nil, failed(modem, ticket, result, line, unsent)
end

--- The command has ended: with "ok" and its final result code, with another result of the engine's, or with "unsent"
--- and an error.
local function finish(ticket, result, line, unsent)
  if ticket.damage and result == "ok" then result = ticket.damage end
  ticket.timer = false
  local request = ticket.request
  if request.ended and result == "ok" then request.ended(ticket.response) end
  local finished = request.finished
  if not finished then return ticket:fire(result, line, unsent) end
  ticket.fired = true
  finished(conclude(ticket, result, line, unsent))
end

-- The queue

--- May it be sent now?
local function may_go(modem, state, ticket)
  local request = ticket.request
  if ticket.startup then return true end
  if modem.starting then return false end
  return state.hold == nil or request.within == state.hold
end

--- Is it data mode's turn before this one's? It has waited while all went that were in line when it was left, and no
--- result is still to come, which would not be told in data mode.
local function data_goes_first(modem, state, ticket)
  local online = modem.online
  return online and not state.hold and not ticket.startup and not ticket.request.next and ticket.number > state.batch
    and not next(state.deferred) and online:may_return()
end

--- The first in line that may go, from this place on; nil: none, or data mode has its turn. Its place.
local function take_next(modem, state, from)
  local queue = state.queue
  for i = from, #queue do
    local ticket = queue[i]
    if may_go(modem, state, ticket) then
      if data_goes_first(modem, state, ticket) then return modem.online:idle() end
      return table.remove(queue, i), i
    end
  end
end

local function remove_from_queue(state, ticket)
  for i, candidate in ipairs(state.queue) do
    if candidate == ticket then return table.remove(state.queue, i) end
  end
end

--- Gives the command to the engine, and the turn to its ticket. True; or nil and why not.
local function submit(modem, state, ticket, now)
  local request = ticket.request
  local online, owner = request.online, request.owner
  if owner and owner.gone then return nil, owner.lost end
  if online then modem.engine:set_hangups(online.hangup or modem.dialect.manners.hangup) end
  local id, refusal = modem.engine:submit(ticket.response, ticket.text, now, request.data, request.expect,
    request.timeout, request.deferred, online, request.block, request.sink, request.length, request.progress)
  if not id then return nil, refusal end
  if request.ends_hold then
    state.hold = nil
    request.within.open = false
  end
  state.free = false
  state.holder = ticket
  ticket.id = id
  if request.begun then request:begun() end
  return true
end

--- Gives the turn to the next in line, if the module is in step and nobody has it.
function exchange.next_turn(modem)
  local state = modem.exchanges
  if state.holder then return end
  if not state.queue[1] then
    state.free = not modem.starting and not state.hold
    -- Results that are still to come would not be told in data mode.
    if state.free and modem.online and not next(state.deferred) then modem.online:idle() end
    return
  end
  state.free = false
  if modem.closed_with or not modem.engine:ready() then return end
  local ticket, place = take_next(modem, state, 1)
  local now, ok, refusal = wait.now(), nil, nil
  while ticket and not ticket.hold do
    ok, refusal = submit(modem, state, ticket, now)
    if refusal ~= "pending" then break end
    -- It waits for a result that could not be told from its own, and others go first.
    table.insert(state.queue, place, ticket)
    ticket, place = take_next(modem, state, place + 1)
  end
  if not ticket then return end
  ticket.timer = false
  if ticket.hold then
    state.hold = ticket.hold
    return ticket:fire("ok")
  end
  if ok then return modem:await(modem.io:push(modem.port, now)) end
  finish(ticket, "unsent", errors.is(refusal) and refusal or refuse(modem, ticket.text, refusal))
  exchange.next_turn(modem)
end

--- What it is called in messages, secrets masked.
local function title(modem, text)
  return text ~= "" and command.mask(modem.dialect.commands, text, modem.dialect.manners) or nil
end

local function not_sent(ticket, name, why, hint)
  local shown = title(ticket.modem, ticket.text)
  return errors.new { name = name, command = shown, queued = true, hint = hint,
    message = ("%s was not sent%s"):format(shown or "a command", why) }
end

local function not_sent_in_time(ticket)
  local words, hint = failure.line_taken(ticket.modem)
  return not_sent(ticket, "timeout", (" within %g s: %s"):format(ticket.request.timeout or ticket.limit, words), hint)
end

--- It gives up its turn if it has that and is not with the module.
local function stop_pausing(ticket)
  if not ticket.pausing then return end
  ticket.pausing, ticket.timer = false, false
  ticket.modem.exchanges.holder = nil
end

--- Takes it out of the queue if it is still there.
local function end_unsent(ticket, err)
  local paused = ticket.pausing
  stop_pausing(ticket)
  remove_from_queue(ticket.modem.exchanges, ticket)
  finish(ticket, "unsent", err)
  if paused then exchange.next_turn(ticket.modem) end
end

--- The module did not take the command, and may in a moment (`retry` of a final result code): seconds until then.
local function pause_before_retry(modem, ticket, line, unsent)
  local final = failure.final_of(modem, line)
  local retry, request = final and final.retry, ticket.request
  if not retry or ticket.tries >= retry.times or ticket.response[1] or request.data == true then return nil end
  local length = request.length or type(request.data) == "string" and #request.data or 0
  if (unsent or 0) ~= length then return nil end
  local now = wait.now()
  ticket.since = ticket.since or now
  if request.timeout and now + retry.after - ticket.since > request.timeout then return nil end
  return retry.after
end

local function pause(modem, ticket, seconds)
  ticket.tries, ticket.id, ticket.pausing = ticket.tries + 1, false, true
  ticket.response.result = nil
  modem.exchanges.holder = ticket
  wait.schedule(ticket, wait.now() + seconds)
end

local function go_again(ticket)
  local within = ticket.request.within
  stop_pausing(ticket)
  if within and within.err then
    finish(ticket, "unsent", within.err)
  else
    table.insert(ticket.modem.exchanges.queue, 1, ticket)
  end
  exchange.next_turn(ticket.modem)
end

--- Does a connection keep the line until its owner gives it back?
local function is_kept(modem)
  return modem.online and modem.online:keeps_line()
end

--- The loop's timer: it has been in the queue for too long, or is to be sent again.
function Ticket:due()
  if self.pausing then return go_again(self) end
  if self.fired or self.id then return end
  if not self.request.timeout and not is_kept(self.modem) then return end
  end_unsent(self, not_sent_in_time(self))
end

--- Nobody waits for it any more, and it is not to go without (job.lua).
function Ticket:withdraw()
  if self.fired or self.id then return end
  end_unsent(self, not_sent(self, "cancelled", ": nobody waits for it any more"))
end

--- A connection has the line from now on, and keeps it.
function exchange.keep(modem)
  local now = wait.now()
  for _, ticket in ipairs(modem.exchanges.queue) do
    if ticket.limit then wait.schedule(ticket, now + ticket.limit) end
  end
end

--- How long a command of run() may wait while a connection keeps the line, seconds; false: there is no limit, or the
--- caller has one of its own.
local function limit_of(modem, ticket)
  local request = ticket.request
  if request.timeout or request.patient or ticket.startup then return false end
  local caller, deadline = wait.caller()
  if not caller or deadline then return false end
  return ticket.text ~= "" and modem.dialect.timeout_of(ticket.text) or modem.timeout_s
end

--- The error for a wait that nothing can end: the program, or its only task, waits without a limit for the line, which
--- a connection keeps until the program gives it back.
---@param modem hayes.modem
---@return hayes.error?
function exchange.deadlock(modem)
  if not is_kept(modem) then return nil end
  local caller, deadline = wait.caller()
  if not caller or deadline or not wait.is_alone(caller) then return nil end
  return failure.deadlock(modem)
end

--- Ends those in the queue that this is true of, without sending them.
---@param state table
---@param err hayes.error
---@param is_meant fun(ticket: hayes.ticket): boolean
local function end_waiting(state, err, is_meant)
  local queue = state.queue
  state.queue = {}
  for _, ticket in ipairs(queue) do
    if not is_meant(ticket) then state.queue[#state.queue + 1] = ticket end
  end
  for _, ticket in ipairs(queue) do
    if is_meant(ticket) then finish(ticket, "unsent", err) end
  end
end

local function enqueue(modem, state, ticket)
  local request = ticket.request
  local first = ticket.startup or request.next
  state.enqueued = state.enqueued + 1
  ticket.number = state.enqueued
  if first then table.insert(state.queue, 1, ticket) else state.queue[#state.queue + 1] = ticket end
  if request.timeout and not ticket.startup then wait.schedule(ticket, wait.now() + request.timeout) end
  exchange.next_turn(modem)
  if not modem.online or ticket.fired or ticket.id then return end
  modem.online:wanted()
  if ticket.limit and is_kept(modem) then wait.schedule(ticket, wait.now() + ticket.limit) end
end

--- A command that has to wait: why that is of no use, if it is; else how long it may is noted.
---@param waits boolean of run()
local function look_at_wait(modem, ticket, waits)
  if ticket.startup then return nil end
  if modem.lost then return modem.lost end
  if not waits then return nil end
  local request = ticket.request
  local job = request.withdraw and wait.job()
  if job and job.left then return not_sent(ticket, "cancelled", ": nobody waits for it any more") end
  local err = not (request.timeout and request.patient) and exchange.deadlock(modem)
  if err then
    err.command = title(modem, ticket.text)
    return err
  end
  ticket.limit = limit_of(modem, ticket)
  if job then job.waiting = ticket end
end

--- Sends a command, or puts it into the queue. nil; or why neither can be: a refusal of the engine, or an error.
local function send(modem, state, ticket, waits)
  local request = ticket.request
  local hold, refusal = request.within, "busy"
  if state.free or hold and state.hold == hold and not state.holder then
    local now = wait.now()
    local ok, why = submit(modem, state, ticket, now)
    if ok then return modem:await(modem.io:push(modem.port, now)) end
    refusal = why
  end
  refusal = refusal == "busy" and modem.engine:refusal(ticket.text, request.data ~= nil) or refusal
  if refusal ~= "busy" and refusal ~= "pending" then return refusal end
  local err = look_at_wait(modem, ticket, waits)
  if err then return err end
  enqueue(modem, state, ticket)
end

--- Whatever way the caller leaves: a command that is under way is given up, one that waits for its turn is not sent.
function Ticket:__close()
  local modem = self.modem
  local state = modem.exchanges
  if self.fired then return end
  self.timer = false
  self.request.into = nil -- something may still be put into it
  if self.pausing then
    stop_pausing(self)
    return exchange.next_turn(modem)
  end
  if not self.id then return remove_from_queue(state, self) end
  if state.holder ~= self then state.deferred[self.response] = nil end
  if modem.closed_with then return end
  modem.engine:cancel(self.id, wait.now())
  modem:turn(wait.now())
end

local function begin(modem, text, request)
  if modem.closed_with then return nil, modem.closed_with end
  local hold = request.within
  if hold and not hold.open then return nil, hold.err end
  return take_ticket(modem, modem.exchanges, text, request)
end

local function start(modem, text, request, waits)
  local ticket, err = begin(modem, text, request)
  if not ticket then return nil, err end
  local refusal = send(modem, modem.exchanges, ticket, waits)
  if not refusal then return ticket end
  ticket.fired = true
  exchange.next_turn(modem)
  return nil, errors.is(refusal) and refusal or refuse(modem, text, refusal)
end

--- Sends one command, or puts it into the queue, and returns: request.finished, if there is one, is called at its end.
--- For work that belongs to a connection and not to a task. The ticket; or nil and the error, and nothing is called
--- then.
---@param modem hayes.modem
---@param text string
---@param request hayes.request
---@return hayes.ticket?, hayes.error?
function exchange.start(modem, text, request)
  return start(modem, text, request, false)
end

--- Sends one command and waits for its end. Gives the response, or nil and the error. A caller that leaves earlier
--- gives the command up.
---@param modem hayes.modem
---@param text string
---@param request? hayes.request
---@return hayes.response?, hayes.error?
function exchange.run(modem, text, request)
  local ticket <close>, err = start(modem, text, request or no_request, true)
  if not ticket then return nil, err end
  return conclude(ticket, ticket:wait())
end

--- How often a command that the module leaves unanswered is sent.
local INSISTS = 5

local GONE = { reboot = true, closed = true, port_gone = true, internal_error = true, out_of_memory = true }

--- Sends a command that gives something back to the module until the module has answered it, whatever it answers, as
--- background work: while the module does not answer at all, that is put off until it is in step again. Nothing is sent
--- any more after a restart of the module or the end of the port. done() is called at the end.
---@param modem hayes.modem
---@param text string
---@param done fun() must neither wait nor raise
---@param owner { gone: boolean, lost: hayes.error } of hayes.request
function exchange.insist(modem, text, done, owner)
  local request = { owner = owner }
  wait.spawn_detached(function()
    for _ = 1, INSISTS do
      while modem.lost and not modem.closed_with do modem.listeners:wait("resync") end
      local response, err = exchange.run(modem, text, request)
      if response or err.result or GONE[err.name] or modem.closed_with then break end
    end
    done()
  end)
end

--- Gives up a command that start() has sent; request.finished is not called any more.
---@param ticket hayes.ticket
function exchange.abandon(ticket)
  ticket.request.finished = nil
  ticket:__close()
end

--- Reserves the line, once everything under way is over: what is done within the hold is done with nobody's command
--- between. Closing it gives the line back. nil and an error when the module does not answer, or the line is not free
--- within so many seconds. For a few commands that belong together, and nothing that waits long.
---
---     local hold <close>, err = exchange.hold(modem)
---     exchange.run(modem, "AT+…", { within = hold })
---@param modem hayes.modem
---@param timeout? number
---@return hayes.hold?, hayes.error?
function exchange.hold(modem, timeout)
  if modem.closed_with then return nil, modem.closed_with end
  local state = modem.exchanges
  local hold = setmetatable({ modem = modem, open = true }, Hold)
  if state.free and modem.engine:ready() then
    state.free, state.hold = false, hold
    return hold
  end
  local ticket <close> = setmetatable({ modem = modem, timer = false, hold = hold, text = "", fired = false, id = false,
    damage = false, limit = false, startup = false, request = { timeout = timeout } }, Ticket)
  local refusal = look_at_wait(modem, ticket, true)
  if refusal then
    ticket.fired = true
    return nil, refusal
  end
  enqueue(modem, state, ticket)
  local result, err = ticket:wait()
  if result ~= "ok" then return nil, err end
  if hold.open then return hold end
  return nil, hold.err -- the module has restarted meanwhile
end

--- Gives the line back. Any number of times.
function Hold:__close()
  local state = self.modem.exchanges
  self.open = false
  if state.hold ~= self then return end
  state.hold = nil
  exchange.next_turn(self.modem)
end

--- The module has restarted: what was prepared within a hold is gone, and what was to follow within it is not sent.
function exchange.end_hold(modem, err)
  local state = modem.exchanges
  local hold = state.hold
  if not hold then return end
  state.hold = nil
  hold.open, hold.err = false, err
  end_waiting(state, err, function(ticket) return ticket.request.within == hold end)
end

--- The module has restarted: what waits on behalf of a connection that it has no longer is over.
function exchange.end_gone(modem)
  local state = modem.exchanges
  local queue, gone = state.queue, {}
  state.queue = {}
  for _, ticket in ipairs(queue) do
    local owner = ticket.request.owner
    local list = owner and owner.gone and gone or state.queue
    list[#list + 1] = ticket
  end
  for _, ticket in ipairs(gone) do finish(ticket, "unsent", ticket.request.owner.lost) end
end

-- What the engine tells

--- A final result code.
function exchange.on_final(modem, response, result, line, more, unsent)
  local state = modem.exchanges
  local ticket = state.holder
  state.holder = nil
  if response then
    response.result = line
    if result == "online" then
      result = "ok"
      state.holder = ticket.request.online
      state.holder:on_connect()
    elseif result == "ok" and ticket.request.online then
      result = "no_data_mode"
    end
    if result == "short_read" or result == "long_read" then ticket.damage = result end
    local seconds = result == "error" and line and pause_before_retry(modem, ticket, line, unsent)
    if seconds then return pause(modem, ticket, seconds) end
    if more then state.deferred[response] = ticket else finish(ticket, result, line, unsent) end
  end
  exchange.next_turn(modem)
end

--- The port has the bytes that were given last.
function exchange.on_given(modem)
  local holder = modem.exchanges.holder
  if holder then holder:on_given() end
end

function Ticket:on_given()
  if self.request.given then self.request.given() end
end

--- So many bytes of the data of the command under way have passed.
function exchange.on_progress(modem, bytes)
  local holder = modem.exchanges.holder
  if holder and holder.request and holder.request.progress then holder.request.progress(bytes) end
end

--- Whether bytes follow what the module says of a connection's received data.
---@param modem hayes.modem
---@param urc string     of a URC with a block that names its connection
---@param id integer
---@param follow boolean
function exchange.expect_blocks(modem, urc, id, follow)
  if not modem.closed_with then modem.engine:set_blocks(urc .. ":", id, follow) end
end

--- A line was thrown away since it was too long; the command under way may have been answered by it.
function exchange.on_overlong(modem)
  local holder = modem.exchanges.holder
  if getmetatable(holder) == Ticket then holder.response.truncated = true end
end

--- Is this the request of the command under way?
---@param request hayes.request
function exchange.is_under_way(modem, request)
  local holder = modem.exchanges.holder
  return holder and holder.request == request
end

--- Is a command in line?
function exchange.has_waiting(modem)
  return modem.exchanges.queue[1] ~= nil
end

--- Data mode has been left: commands go again.
function exchange.release(modem, data_mode)
  local state = modem.exchanges
  if state.holder ~= data_mode then return end
  state.holder = nil
  state.batch = state.enqueued
  exchange.next_turn(modem)
end

--- The engine tells of a line of a deferred result, or that it has ended otherwise. It may come before the final result
--- code, which then ends the command.
function exchange.on_deferred(modem, response, result, line, more)
  if not response then return end
  if line then
    response.deferred = response.deferred or #response + 1
    response[#response + 1] = line
  end
  local deferred = modem.exchanges.deferred
  local ticket = deferred[response]
  if ticket and not more then
    deferred[response] = nil
    finish(ticket, result, line)
    exchange.next_turn(modem)
  end
end

--- Those in line will not have their turn, but for the start-up's if that is to go on.
function exchange.end_queue(modem, err, keep_startup)
  end_waiting(modem.exchanges, err, function(ticket) return not (keep_startup and ticket.startup) end)
end

--- The modem is closed: everything under way ends.
function exchange.close(modem, err)
  local state = modem.exchanges
  state.free = false
  exchange.end_queue(modem, err)
  local tickets = state.deferred
  exchange.end_hold(modem, err)
  if getmetatable(state.holder) == Ticket then tickets[state] = state.holder end
  state.deferred, state.holder = {}, nil
  for _, ticket in pairs(tickets) do finish(ticket, "closed") end
end

return exchange
