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

--- A new ticket, or the last one again if it has come to its end.
local function take_ticket(modem, state, text, request)
  local ticket = state.spare or setmetatable({ modem = modem }, Ticket)
  state.spare = false
  ticket.response = request.into or setmetatable({ result = nil, data = nil }, Response)
  ticket.text, ticket.request, ticket.fired, ticket.id, ticket.damage = text, request, false, false, false
  return ticket
end

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
    holder = nil,  -- whose turn it is: a ticket, from there to its final result code; a hold; or data mode
    spare = false, -- a ticket that is free to be used again
    deferred = {}, -- by response: tickets that wait for a deferred result after that
    free = true,   -- nobody's turn and nobody in line: a command may be sent at once, if the engine takes it
  }
end

--- Those who may have the turn now. Start-up goes on while the line is reserved, too: the reservation has ended then.
local function may_go(modem, request, hold)
  if request.urgent then return true end
  if hold then return request.within == hold end
  return not modem.starting
end

--- Gives the turn to the next in line, if the module is in step and nobody has it.
function exchange.next_turn(modem)
  local state = modem.exchanges
  local hold = getmetatable(state.holder) == Hold and state.holder or nil
  if state.holder and not hold then return end
  if not state.queue[1] then
    if hold then return end
    state.free = not modem.starting
    if modem.online then modem.online:idle() end
    return
  end
  state.free = false
  if modem.closed_with or not modem.engine:ready() then return end
  local queue = state.queue
  for i = 1, #queue do
    local ticket = queue[i]
    if may_go(modem, ticket.request, hold) then
      table.remove(queue, i)
      state.holder = ticket
      ticket.turn:fire(true)
      return
    end
  end
  state.free = not hold and not modem.starting
end

--- Who has the turn when this command is over: the reservation that it was part of, if that goes on.
local function after(ticket)
  local hold = ticket.request.within
  return hold and hold.open and hold or nil
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
  self.request.into = nil -- something may still be put into it
  if self.id then
    if state.holder ~= self then state.deferred[self.response] = nil end
    if modem.closed_with then return end
    modem.engine:cancel(self.id, wait.now())
    modem:turn(wait.now())
  elseif state.holder == self then
    state.holder = after(self)
    exchange.next_turn(modem)
  else
    remove_from_queue(state, self)
  end
end

local function take_turn(modem, ticket)
  local state = modem.exchanges
  local urgent = ticket.request.urgent
  if modem.lost and not urgent then return nil, modem.lost end
  ticket.turn = wait.waiter()
  if urgent then table.insert(state.queue, 1, ticket) else state.queue[#state.queue + 1] = ticket end
  exchange.next_turn(modem)
  if modem.online and not ticket.turn.fired then modem.online:wanted() end
  return ticket.turn:wait()
end

--- What the engine does not take is the caller's mistake, told at the caller's line.
local function refuse(modem, text, refusal)
  local shown = command.mask(modem.dialect.commands, text, modem.dialect.manners)
  if refusal == "byte" then check.command("modem:at", text) end
  if refusal == "long" then
    check.fail("modem:at", ("the command is %d bytes long, which is more than the module takes"):format(#text))
  end
  if refusal == "no data" then check.fail("modem:at", shown .. " waits for data; give { data = … }") end
  local why = refusal == "deferred" and "too many results are outstanding" or "the module is busy"
  return nil, errors.new { name = "busy", command = shown, message = ("%s was not sent: %s"):format(shown, why) }
end

local function failed(modem, ticket, result, line, unsent)
  local response, request = ticket.response, ticket.request
  local data = request.data
  local err
  if result == "ok" then
    local length = request.length or #data
    err = failure.data_not_taken(modem, ticket.text, response.result, length - unsent, length)
  else
    local seconds = response.result and request.deferred or request.timeout
    err = failure.of_command(modem, ticket.text, result, line, seconds, response)
  end
  if data then err.sent = (request.length or #data) - (unsent or 0) end
  if request.block or ticket.damage then err.response = response end -- what of it has come
  return err
end

--- Gives the command to the engine, and the turn to its ticket. True; or nil and why not.
local function submit(modem, state, ticket, now)
  local request = ticket.request
  local id, refusal = modem.engine:submit(ticket.response, ticket.text, now, request.data, request.expect,
    request.timeout, request.deferred, request.online, request.block, request.sink, request.length)
  if not id then
    state.holder = after(ticket)
    return nil, refusal
  end
  if request.ends_hold then request.within.open = false end
  state.free = false
  state.holder = ticket
  ticket.id = id
  return true
end

---@class hayes.request
---@field data? string|userdata for the prompt or CONNECT: bytes, or a file of core.file and `length`
---@field length? integer    how many bytes of that file
---@field block? integer     so many bytes follow CONNECT; they end data mode by themselves
---@field sink? userdata     a file of core.file that they go to, in place of `data` in the response
---@field expect? string    prefix of a deferred result, in addition to what the declaration says
---@field timeout? number   seconds to the final result code
---@field deferred? number  seconds from there to the deferred result
---@field into? hayes.response  an empty response to fill, for those who read often
---@field urgent? boolean   goes in front of the queue, also while the module is being started up
---@field within? hayes.hold the reservation of the line that it is part of
---@field ends_hold? boolean it is the last one of that: others may go when its final result code has come
---@field online? hayes.data_mode  CONNECT ends the command, and data mode begins
---@field ended? fun(response: hayes.response) called when it has ended with `ok`, before events that stand behind its
---  end in the stream; it must neither wait nor raise
local no_request = {}

--- Sends one command and waits for its end. Gives the response, or nil and the error.
---@param modem hayes.modem
---@param text string
---@param request? hayes.request
---@return hayes.response?, hayes.error?
function exchange.run(modem, text, request)
  if modem.closed_with then return nil, modem.closed_with end
  request = request or no_request
  local state, hold = modem.exchanges, request.within
  if hold and not hold.open then return nil, hold.err end
  local ticket <close> = take_ticket(modem, state, text, request)
  local now, id, refusal = wait.now(), nil, "busy"
  if state.free or hold and state.holder == hold then id, refusal = submit(modem, state, ticket, now) end
  if refusal == "busy" then
    local ok, err = take_turn(modem, ticket)
    if not ok then return nil, err end
    now = wait.now()
    id, refusal = submit(modem, state, ticket, now)
  end
  if not id then
    exchange.next_turn(modem)
    return refuse(modem, text, refusal)
  end
  modem:await(modem.io:push(modem.port, now))
  local result, line, unsent = ticket:wait()
  state.spare = ticket
  if result == "ok" and not unsent then return ticket.response end
  return nil, failed(modem, ticket, result, line, unsent)
end

--- Reserves the line, once everything under way is over: what is done within the hold is done with nobody's command
--- between. Closing it gives the line back. nil and an error when the module does not answer. For a few commands that
--- belong together, and nothing that waits long.
---
---     local hold <close>, err = exchange.hold(modem)
---     exchange.run(modem, "AT+…", { within = hold })
---@param modem hayes.modem
---@return hayes.hold?, hayes.error?
function exchange.hold(modem)
  if modem.closed_with then return nil, modem.closed_with end
  local state = modem.exchanges
  local ticket <close> = take_ticket(modem, state, "", no_request)
  if not state.free then
    local ok, err = take_turn(modem, ticket)
    if not ok then return nil, err end
  end
  ticket.fired = true -- the turn is not its any more
  state.spare, state.free = ticket, false
  state.holder = setmetatable({ modem = modem, open = true }, Hold)
  return state.holder
end

--- Gives the line back. Any number of times.
function Hold:__close()
  local state = self.modem.exchanges
  self.open = false
  if state.holder ~= self then return end
  state.holder = nil
  exchange.next_turn(self.modem)
end

--- The module has restarted: what was prepared within a hold is gone.
function exchange.end_hold(modem, err)
  local holder = modem.exchanges.holder
  local hold = getmetatable(holder) == Ticket and holder.request.within or holder
  if getmetatable(hold) ~= Hold then return end
  hold.open, hold.err = false, err
  if holder == hold then modem.exchanges.holder = nil end
end

local function fire(ticket, result, line, unsent)
  if ticket.damage and result == "ok" then result = ticket.damage end
  local ended = ticket.request.ended
  if ended and result == "ok" then ended(ticket.response) end
  ticket:fire(result, line, unsent)
end

--- The engine tells of a final result code.
function exchange.on_final(modem, response, result, line, more, unsent)
  local state = modem.exchanges
  local ticket = state.holder
  state.holder = getmetatable(ticket) == Ticket and after(ticket) or nil
  if response then
    response.result = line
    if result == "ok" and ticket.request.online then
      state.holder = ticket.request.online
      state.holder:on_connect()
    end
    if result == "short_read" or result == "long_read" then ticket.damage = result end
    if more then state.deferred[response] = ticket else fire(ticket, result, line, unsent) end
  end
  exchange.next_turn(modem)
end

--- Data mode has been left: commands go again.
function exchange.release(modem, data_mode)
  local state = modem.exchanges
  if state.holder ~= data_mode then return end
  state.holder = nil
  exchange.next_turn(modem)
end

--- The engine tells of a line of a deferred result, or that it has ended otherwise. It may come in front of the final
--- result code, which then ends the command.
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
    fire(ticket, result, line)
  end
end

--- Those in line will not have their turn; the urgent ones stay if they may.
function exchange.end_queue(modem, err, keep_urgent)
  local state = modem.exchanges
  local queue = state.queue
  state.queue = {}
  for _, ticket in ipairs(queue) do
    if keep_urgent and ticket.request.urgent then
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
  local tickets = state.deferred
  exchange.end_hold(modem, err)
  if getmetatable(state.holder) == Ticket then tickets[state] = state.holder end
  state.deferred, state.holder = {}, nil
  for _, ticket in pairs(tickets) do ticket:fire("closed") end
end

return exchange
