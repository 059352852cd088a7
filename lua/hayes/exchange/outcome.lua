--- Events of the engine that concern commands.

local failure = require "hayes.failure"
local misnamed = require "hayes.exchange.misnamed"
local reason = require "hayes.exchange.reason"
local retry = require "hayes.exchange.retry"

local outcome = {}

--- The block in the answer to a command is damaged, and may have swallowed what followed it: the event of
--- dispatch.damage, of no URC.
local function tell_of_damage(modem, response, result)
  local kind = failure.is_damage(result) and result or response.missing and response.missing > 0 and "short_read"
  if not kind or not response.data then return end
  modem.listeners:emit { name = "damage", line = "", fields = {}, kind = kind, data = response.data }
end

--- The final result code of the command in flight, or its end without one.
function outcome.on_final(modem, response, result, line, more, unsent)
  local queue = modem.exchanges
  local ticket = queue.holder
  queue.in_hand = ticket and ticket.is_ticket and ticket or false
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
    if result ~= "ok" and failure.is_damage(result) then ticket.damage = result end
    tell_of_damage(modem, response, result)
    local seconds = result == "error" and line and retry.delay(ticket, line, unsent)
    if seconds then
      retry.pause(ticket, seconds)
      queue.in_hand = false
      return
    end
    if more then
      queue.deferred[response] = ticket
    elseif result ~= "error" or not reason.ask(ticket, result, line, unsent) then
      ticket:finish(result, line, unsent)
    end
  end
  queue.in_hand = false
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
  local owner = ticket or holder and holder.response == response and holder
  if line and not more and owner and owner.request.came then owner.request.came(response) end
  if ticket and not more then
    queue.in_hand = ticket
    queue.deferred[response] = nil
    ticket:finish(result, line)
    queue.in_hand = false
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
  local request = holder and holder.request
  if request and request.progress then request.progress(bytes, request) end
end

--- An overlong line was discarded. It may have been part of the answer to the command in flight.
function outcome.on_overlong(modem)
  local holder = modem.exchanges.holder
  if holder and holder.is_ticket then holder.response.truncated = true end
end

local function everyone() return true end

--- Whoever calls this again after it has failed for want of memory finds everybody who has not been told yet.
local function end_in_hand(queue, err)
  local ticket = queue.in_hand
  if not ticket then return end
  if ticket.id then ticket:finish("closed") else ticket:finish("unsent", err) end
  queue.in_hand = false
end

--- The modem has been closed: ends all commands.
---@param modem hayes.modem
---@param err hayes.error
function outcome.on_closed(modem, err)
  local queue = modem.exchanges
  queue.free = false
  end_in_hand(queue, err)
  queue:end_waiting(err, everyone)
  if queue.hold then queue.hold:fail(err) end
  local holder = queue.holder
  queue.in_hand = holder and holder.is_ticket and holder or false
  queue.holder = nil
  end_in_hand(queue, err)
  for response, ticket in pairs(queue.deferred) do
    queue.in_hand = ticket
    queue.deferred[response] = nil
    end_in_hand(queue, err)
  end
end

return outcome
