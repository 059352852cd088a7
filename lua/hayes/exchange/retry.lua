--- Commands that the module has declined for the moment, as `retry` of the final result code says: they keep the line
--- and are sent again after a pause.

local failure = require "hayes.failure"
local wait = require "hayes.wait"

local retry = {}

--- Seconds until the command is to be sent again; nil if it is not to be.
---@param ticket hayes.ticket
---@param line string the final result code
---@param unsent integer? bytes of its data that were not sent
---@return number?
function retry.delay(ticket, line, unsent)
  local final = failure.final_of(ticket.modem, line)
  local again, request = final and final.retry, ticket.request
  if not again or ticket.tries >= again.times or ticket.response[1] or request.data == true then return nil end
  local length = request.length or type(request.data) == "string" and #request.data or 0
  if (unsent or 0) ~= length then return nil end
  local now = wait.now()
  ticket.since = ticket.since or now
  if request.timeout and now + again.after - ticket.since > request.timeout then return nil end
  return again.after
end

--- Keeps the line, and sends the command again after so many seconds.
function retry.pause(ticket, seconds)
  ticket.tries, ticket.id, ticket.pausing = ticket.tries + 1, false, true
  ticket.response.result = nil
  ticket.modem.exchanges.holder = ticket
  wait.schedule(ticket, wait.now() + seconds)
end

--- Releases the line if the command was waiting to be sent again.
function retry.stop(ticket)
  if not ticket.pausing then return end
  ticket.pausing = false
  wait.unschedule(ticket)
  ticket.modem.exchanges.holder = nil
end

--- The pause is over: puts the command at the front of the queue.
function retry.go_again(ticket)
  local queue, within = ticket.modem.exchanges, ticket.request.within
  retry.stop(ticket)
  if within and within.err then
    ticket:finish("unsent", within.err)
  else
    table.insert(queue.tickets, 1, ticket)
  end
  queue:next_turn()
end

return retry
