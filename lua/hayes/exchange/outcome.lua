--- Events of the engine that concern commands.

local misnamed = require "hayes.exchange.misnamed"
local reason = require "hayes.exchange.reason"
local retry = require "hayes.exchange.retry"
local Ticket = require "hayes.exchange.ticket"

local outcome = {}

--- The final result code of the command in flight, or its end without one.
function outcome.on_final(modem, response, result, line, more, unsent)
  local queue = modem.exchanges
  local ticket = queue.holder
  queue.holder = nil
  if ticket and ticket.strays then misnamed.settle(modem, ticket, result == "ok") end
  if response then
    response.result = line
    if result == "online" then
      result = "ok"
      queue.holder = ticket.request.online
      queue.holder:on_connect()
    elseif result == "ok" and ticket.request.online then
      result = "no_data_mode"
    end
    if result == "short_read" or result == "long_read" then ticket.damage = result end
    local seconds = result == "error" and line and retry.delay(ticket, line, unsent)
    if seconds then return retry.pause(ticket, seconds) end
    if more then
      queue.deferred[response] = ticket
    elseif result ~= "error" or not reason.ask(ticket, result, line, unsent) then
      ticket:finish(result, line, unsent)
    end
  end
  queue:next_turn()
end

--- A line of a deferred result, or its end without one. It may arrive before the final result code; that then ends the
--- command.
function outcome.on_deferred(modem, response, result, line, more)
  if not response then return end
  if line then
    response.deferred = response.deferred or #response + 1
    response[#response + 1] = line
  end
  local queue = modem.exchanges
  local ticket, holder = queue.deferred[response], queue.holder
  local owner = ticket or Ticket.is(holder) and holder.response == response and holder
  if line and not more and owner and owner.request.came then owner.request.came(response) end
  if ticket and not more then
    queue.deferred[response] = nil
    ticket:finish(result, line)
    queue:next_turn()
  end
end

--- The port has accepted the bytes passed last.
function outcome.on_data_written(modem)
  local holder = modem.exchanges.holder
  if holder then holder:on_data_written() end
end

--- Number of data bytes that the command in flight has transferred so far.
function outcome.on_progress(modem, bytes)
  local holder = modem.exchanges.holder
  if holder and holder.request and holder.request.progress then holder.request.progress(bytes) end
end

--- An overlong line was discarded. It may have been part of the answer to the command in flight.
function outcome.on_overlong(modem)
  local holder = modem.exchanges.holder
  if Ticket.is(holder) then holder.response.truncated = true end
end

--- The modem has been closed: ends all commands.
---@param modem hayes.modem
---@param err hayes.error
function outcome.on_closed(modem, err)
  local queue = modem.exchanges
  queue.free = false
  queue:end_waiting(err, function() return true end)
  local tickets = queue.deferred
  if queue.hold then queue.hold:fail(err) end
  if Ticket.is(queue.holder) then tickets[queue] = queue.holder end
  queue.deferred, queue.holder = {}, nil
  for _, ticket in pairs(tickets) do ticket:finish("closed") end
end

return outcome
