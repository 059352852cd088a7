--- One command at a time: who may send next, and what becomes of it.

local check = require "hayes.check"
local command = require "hayes.dialect.command"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local Response = require "hayes.response"
local wait = require "hayes.wait"

local exchange = {}

--- A command from the call to its end. `turn` is waited for while others are in front of it.
local Ticket = setmetatable({}, { __index = wait.Waiter })
Ticket.__index = Ticket

--- The part of a modem that this file looks after.
function exchange.new_state()
  return {
    tickets = {}, -- by response: those whose command or deferred result is under way
    queue = {},   -- tickets that wait for their turn
    holder = nil, -- the ticket whose turn it is, from there to its final result code
    free = true,  -- nobody's turn, and a command may be sent at once
  }
end

--- Gives the turn to the next in line, if the module is in step and nobody has it.
function exchange.next_turn(modem)
  local state = modem.exchanges
  if state.holder then return end
  state.free = false
  if modem.closed_with or not modem.engine:ready() then return end
  for i, ticket in ipairs(state.queue) do
    if ticket.urgent or not modem.starting then
      table.remove(state.queue, i)
      state.holder = ticket
      ticket.turn:fire(true)
      return
    end
  end
  state.free = not modem.starting
end

local function remove_from_queue(state, ticket)
  for i, candidate in ipairs(state.queue) do
    if candidate == ticket then return table.remove(state.queue, i) end
  end
end

--- Whatever way the caller leaves: a command that is under way is given up, a turn that was not used is handed on.
function Ticket:__close()
  local modem = self.modem
  local state = modem.exchanges
  if self.fired then return end
  if self.id then
    state.tickets[self.response] = nil
    if modem.closed_with then return end
    modem.engine:cancel(self.id, wait.now())
    modem:turn(wait.now())
  elseif state.holder == self then
    state.holder = nil
    exchange.next_turn(modem)
  else
    remove_from_queue(state, self)
  end
end

local function take_turn(modem, ticket)
  local state = modem.exchanges
  if modem.lost and not ticket.urgent then return nil, modem.lost end
  ticket.turn = wait.waiter()
  if ticket.urgent then table.insert(state.queue, 1, ticket) else state.queue[#state.queue + 1] = ticket end
  exchange.next_turn(modem)
  return ticket.turn:wait()
end

--- What the engine does not take is the caller's mistake, told at the caller's line.
local function refuse(modem, text, refusal)
  local shown = command.mask(modem.dialect.commands, text)
  if refusal == "byte" then check.command("modem:at", text) end
  if refusal == "long" then
    check.fail("modem:at", ("the command is %d bytes long, which is more than the module takes"):format(#text))
  end
  if refusal == "no data" then check.fail("modem:at", shown .. " waits for data; give { data = … }") end
  local why = refusal == "deferred" and "too many results are outstanding" or "the module is busy"
  return nil, errors.new { name = "busy", command = shown, message = ("%s was not sent: %s"):format(shown, why) }
end

local function finish(modem, ticket, result, line, unsent)
  local response = ticket.response
  if result == "ok" and unsent == 0 then return response end
  local err
  if result == "ok" then
    err = failure.data_not_taken(modem, ticket.text, response.result, #ticket.data - unsent, #ticket.data)
  else
    err = failure.of_command(modem, ticket.text, result, line, response.result and ticket.deferred or ticket.seconds)
  end
  if ticket.data then err.sent = #ticket.data - unsent end
  return nil, err
end

---@class hayes.request
---@field data? string      for the prompt or CONNECT
---@field expect? string    prefix of a deferred result, in addition to what the declaration says
---@field timeout? number   seconds to the final result code
---@field deferred? number  seconds from there to the deferred result
---@field urgent? boolean   goes in front of the queue, also while the module is being started up
---@field ended? fun(response: hayes.response) called when it has ended with `ok`, before events that stand behind its
---  end in the stream; it must neither wait nor raise
local nothing = {}

--- Sends one command and waits for its end. Gives the response, or nil and the error.
---@param modem hayes.modem
---@param text string
---@param request? hayes.request
---@return hayes.response?, hayes.error?
function exchange.run(modem, text, request)
  if modem.closed_with then return nil, modem.closed_with end
  request = request or nothing
  local state = modem.exchanges
  local response = setmetatable({}, Response)
  local ticket <close> = setmetatable({
    fired = false, modem = modem, response = response, text = text,
    data = request.data, urgent = request.urgent, seconds = request.timeout, deferred = request.deferred,
    ended = request.ended,
  }, Ticket)
  if not state.free then
    local ok, err = take_turn(modem, ticket)
    if not ok then return nil, err end
  end
  state.free = false
  state.holder = ticket
  local now = wait.now()
  local id, refusal = modem.engine:submit(response, text, now, request.data, request.expect, request.timeout,
    request.deferred)
  if not id then
    state.holder = nil
    exchange.next_turn(modem)
    return refuse(modem, text, refusal)
  end
  ticket.id = id
  state.tickets[response] = ticket
  modem:await(modem.io:push(modem.port, now))
  return finish(modem, ticket, ticket:wait())
end

local function fire(state, ticket, result, line, unsent)
  state.tickets[ticket.response] = nil
  if ticket.ended and result == "ok" then ticket.ended(ticket.response) end
  ticket:fire(result, line, unsent or 0)
end

--- The engine tells of a final result code.
function exchange.on_final(modem, response, result, line, more, unsent)
  local state = modem.exchanges
  state.holder = nil
  local ticket = response and state.tickets[response]
  if ticket then
    response.result = line
    if not more then fire(state, ticket, result, line, unsent) end
  end
  exchange.next_turn(modem)
end

--- The engine tells of a line of a deferred result, or that it has ended otherwise. It may come in front of the final
--- result code, which then ends the command.
function exchange.on_deferred(modem, response, result, line, more)
  local state = modem.exchanges
  local ticket = response and state.tickets[response]
  if not ticket then return end
  if line then
    response.deferred = response.deferred or #response + 1
    response[#response + 1] = line
  end
  if not more and (response.result or result ~= "ok") then fire(state, ticket, result, line) end
end

--- Those in line will not have their turn; the urgent ones stay if they may.
function exchange.end_queue(modem, err, keep_urgent)
  local state = modem.exchanges
  local queue = state.queue
  state.queue = {}
  for _, ticket in ipairs(queue) do
    if keep_urgent and ticket.urgent then
      state.queue[#state.queue + 1] = ticket
    else
      ticket.turn:fire(nil, err)
    end
  end
end

--- The modem is closed: everything under way ends.
function exchange.close(modem, err)
  local state = modem.exchanges
  state.free = false
  exchange.end_queue(modem, err)
  local tickets = state.tickets
  state.tickets = {}
  for _, ticket in pairs(tickets) do ticket:fire("closed", nil, 0) end
end

return exchange
