--- Sends commands one at a time: which command goes next, and how each ends.
---
--- A ticket stands for a command from the call to its end. A command is sent at once if the line is free; otherwise it
--- waits in the queue and is sent when its turn comes. run() suspends the calling task until the command has ended.
--- start() returns at once and calls a function at the end; connections use it for work that must not depend on the
--- task that asked for it.

local errors = require "hayes.error"
local failure = require "hayes.failure"
local Hold = require "hayes.exchange.hold"
local misnamed = require "hayes.exchange.misnamed"
local outcome = require "hayes.exchange.outcome"
local Queue = require "hayes.exchange.queue"
local Ticket = require "hayes.exchange.ticket"
local wait = require "hayes.wait"
local waiting = require "hayes.exchange.waiting"

local exchange = {
  on_final = outcome.on_final, on_deferred = outcome.on_deferred, on_data_written = outcome.on_data_written,
  on_progress = outcome.on_progress, on_overlong = outcome.on_overlong, close = outcome.on_closed,
  hold_back = misnamed.hold,
  keep = waiting.keep, is_kept = waiting.is_kept, deadlock = waiting.deadlock,
}

--- Stands for the length of a block whose length is not known in advance.
exchange.UNKNOWN = -1

---@class hayes.request
---@field data? string|userdata|true for the prompt or CONNECT: bytes; a file of core.file and `length`; true: by
---  Modem:send_data, as `given` tells that there is room, and Modem:finish_data
---@field begun? fun(self)  its turn has come; it must neither wait nor raise
---@field given? fun()      the port has what was sent; it must neither wait nor raise
---@field progress? fun(bytes: integer, self) called with the number of bytes of its data that have passed so far, at
---  most ten times a second; it must neither wait nor raise
---@field length? integer    bytes of the file given as data
---@field block? integer     so many bytes follow CONNECT; exchange.UNKNOWN: up to its deferred result
---@field sink? userdata     a file of core.file that they go to, in place of `data` in the response
---@field expect? string    prefix of a deferred result, in addition to what the declaration says
---@field timeout? number   seconds in the queue, and again from sending to the final result code; nil: the
---  declaration's time for the final result code, and no limit in the queue. Only while a connection keeps the line in
---  data mode does run() wait no longer than that time, unless it is background work or the job has a deadline of its
---  own
---@field patient? boolean  that last limit does not apply: the program has said how long, or waits for as long as it
---  takes
---@field partial? boolean  the error has what came of the answer as `response`
---@field withdraw? boolean is not sent once the caller of the job that it is part of has left
---@field reason? false   the module is not asked why it has failed (`reason` of the dialect)
---@field deferred? number  seconds from there to the deferred result
---@field into? hayes.response  an empty response to fill, for those who read often
---@field next? boolean     goes in front of the queue
---@field owner? { gone: boolean, lost: hayes.error, damaged: hayes.error|false } the connection that it is about: it is
---  not sent once that is gone, since another one may have its number then; nor is one with `data` or `online` once
---  bytes of the connection were lost on the line, since the report of its end may have been among them
---@field within? hayes.hold the reservation of the line that it is part of
---@field ends_hold? boolean it is the last one of that: others may go when its final result code has come
---@field online? hayes.data_mode  CONNECT ends the command, and data mode begins
---@field came? fun(response: hayes.response) called when its deferred result has come, also if that is before the final
---  result code; it must neither wait nor raise
---@field ended? fun(response: hayes.response) called when it has ended with `ok`, before events that follow it in the
---  stream; it must neither wait nor raise
---@field finished? fun(response: hayes.response?, err: hayes.error?) of start(): called at the end, whatever that is;
---  it must neither wait nor raise
local no_request = {}

--- The queue of a modem, which the modem keeps as `modem.exchanges`.
---@param modem hayes.modem
---@return hayes.queue
function exchange.new(modem)
  return Queue.new(modem)
end

-- Commands

--- Sends a command or puts it into the queue, and returns nil. If neither is possible, returns the reason: a refusal
--- by the engine, or an error.
local function send(modem, ticket, waits)
  local queue, request = modem.exchanges, ticket.request
  local hold, refusal = request.within, "busy"
  if queue.free or hold and queue.hold == hold and not queue.holder then
    local now = wait.now()
    local ok, why = queue:submit(ticket, now)
    if ok then return modem:await(modem.io:push(modem.port, now)) end
    refusal = why
  end
  refusal = refusal == "busy" and modem.engine:refusal(ticket.text, request.data ~= nil) or refusal
  if refusal ~= "busy" and refusal ~= "pending" then return refusal end
  local err = waiting.prepare(ticket, waits)
  if err then return err end
  queue:enqueue(ticket)
end

local function start(modem, text, request, waits)
  if modem.closed_with then return nil, modem.closed_with end
  local hold = request.within
  if hold and not hold.open then return nil, hold.err end
  local ticket = Ticket.take(modem, text, request)
  local refusal = send(modem, ticket, waits)
  if not refusal then return ticket end
  ticket.fired = true
  modem.exchanges:next_turn()
  return nil, errors.is(refusal) and refusal or Ticket.refuse(modem, text, refusal)
end

--- Sends a command or puts it into the queue, and returns its ticket at once. request.finished, if given, is called
--- when the command has ended. For work that belongs to a connection rather than a task. nil and an error if it can
--- neither be sent nor wait; request.finished is not called then.
---@param modem hayes.modem
---@param text string
---@param request hayes.request
---@return hayes.ticket?, hayes.error?
function exchange.start(modem, text, request)
  return start(modem, text, request, false)
end

--- Sends a command and waits until it has ended. Returns the response, or nil and the error. If the calling task is
--- cancelled meanwhile, so is the command.
---@param modem hayes.modem
---@param text string
---@param request? hayes.request
---@return hayes.response?, hayes.error?
function exchange.run(modem, text, request)
  local ticket <close>, err = start(modem, text, request or no_request, true)
  if not ticket then return nil, err end
  return ticket:conclude(ticket:wait())
end

--- How often insist() sends a command that the module does not answer.
local INSISTS = 5

local GONE = { reboot = true, closed = true, port_gone = true, internal_error = true, out_of_memory = true }

--- Waits while the module does not respond: until the engine has resynchronised, or the port is closed.
---@param modem hayes.modem
function exchange.await_response(modem)
  while modem.lost and not modem.closed_with do modem.listeners:wait("resync") end
end

--- Repeats a command in the background until the module has answered it, with success or an error. For commands that
--- free something in the module. While the module does not respond, waits until the engine has resynchronised. Stops if
--- the module restarts or the port closes. Calls done() at the end.
---@param modem hayes.modem
---@param text string
---@param done fun() must neither wait nor raise
---@param request? hayes.request
function exchange.insist(modem, text, done, request)
  wait.spawn_detached(function()
    for _ = 1, INSISTS do
      exchange.await_response(modem)
      local response, err = exchange.run(modem, text, request)
      if response or failure.is_refusal(err) or GONE[err.name] or modem.closed_with then break end
    end
    done()
  end)
end

--- Cancels a command of start(); request.finished will not be called.
---@param ticket hayes.ticket
function exchange.abandon(ticket)
  ticket.request.finished = nil
  ticket:__close()
end

-- The line

--- Reserves the line for the caller, as soon as it is free: no other command goes between those that name the hold as
--- `within`. Closing the hold releases the line. nil and an error if the module does not respond, or the line is not
--- free within `timeout` seconds. For a few commands that belong together; nothing in between should wait long.
---
---     local hold <close>, err = exchange.hold(modem)
---     exchange.run(modem, "AT+…", { within = hold })
---@param modem hayes.modem
---@param timeout? number
---@return hayes.hold?, hayes.error?
function exchange.hold(modem, timeout)
  return Hold.take(modem, timeout)
end

--- Ends the reservation because the module has restarted: its preparations are lost, and its queued commands fail with
--- this error.
---@param modem hayes.modem
---@param err hayes.error
function exchange.end_hold(modem, err)
  local hold = modem.exchanges.hold
  if hold then hold:fail(err) end
end

--- The module has restarted: what waits on behalf of a connection that it no longer has is over.
---@param modem hayes.modem
function exchange.end_gone(modem)
  modem.exchanges:end_gone()
end

--- Results of commands that were given up will not come any more, those of commands with this prefix: the module has
--- ended what they belong to. Others with such a result need not wait for them.
---@param modem hayes.modem
---@param prefix string
function exchange.forget_results(modem, prefix)
  if modem.closed_with then return end
  modem.engine:forget_results(prefix)
  modem.exchanges:next_turn()
end

--- Sends the next command of the queue, if the line is free and the engine is in step with the module.
---@param modem hayes.modem
function exchange.next_turn(modem)
  modem.exchanges:next_turn()
end

--- Makes all commands go through the queue until next_turn() finds it empty. For the time in which the engine is not in
--- step with the module, or the module is starting up.
---@param modem hayes.modem
function exchange.queue_all(modem)
  modem.exchanges.free = false
end

--- Whether this data mode, or the command of this ticket, has the line.
---@param modem hayes.modem
---@param owner hayes.data_mode|hayes.ticket
---@return boolean
function exchange.has_line(modem, owner)
  return modem.exchanges.holder == owner
end

--- Whether this is the request of the command in flight.
---@param modem hayes.modem
---@param request hayes.request
function exchange.is_under_way(modem, request)
  local holder = modem.exchanges.holder
  return holder and holder.request == request
end

--- Whether a command would be sent at once.
---@param modem hayes.modem
---@return boolean
function exchange.is_free(modem)
  return modem.exchanges.free
end

--- Whether a command is waiting in the queue.
---@param modem hayes.modem
---@return boolean
function exchange.has_waiting(modem)
  return modem.exchanges.tickets[1] ~= nil
end

--- Releases the line after data mode, so that commands are sent again.
---@param modem hayes.modem
---@param data_mode hayes.data_mode
function exchange.release(modem, data_mode)
  local queue = modem.exchanges
  if queue.holder ~= data_mode then return end
  queue.holder = nil
  queue.batch = queue.enqueued
  queue:next_turn()
end

--- Ends all commands in the queue with this error, except those of the start-up if `keep_startup`.
---@param modem hayes.modem
---@param err hayes.error
---@param keep_startup boolean
function exchange.end_queue(modem, err, keep_startup)
  modem.exchanges:end_waiting(err, function(ticket) return not (keep_startup and ticket.startup) end)
end

--- Tells the engine whether a block follows the URC that announces received data of this connection.
---@param modem hayes.modem
---@param urc string  name of a URC that announces a block and names its connection
---@param id integer  the connection's number in that URC
---@param follow boolean
function exchange.expect_blocks(modem, urc, id, follow)
  if not modem.closed_with then modem.engine:set_blocks(urc .. ":", id, follow) end
end

return exchange
