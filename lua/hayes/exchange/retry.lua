--- Commands that the module did not take and may take in a moment (`retry` of a final result code): they keep their
--- turn, and are sent again.

local failure = require "hayes.failure"
local wait = require "hayes.wait"

local retry = {}

--- Seconds until it is sent again; nil: it is not.
---@param ticket hayes.ticket
---@param line string its final result code
---@param unsent integer?
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

function retry.pause(ticket, seconds)
  ticket.tries, ticket.id, ticket.pausing = ticket.tries + 1, false, true
  ticket.response.result = nil
  ticket.modem.exchanges.holder = ticket
  wait.schedule(ticket, wait.now() + seconds)
end

--- It gives up its turn if it has that and is not with the module.
function retry.stop(ticket)
  if not ticket.pausing then return end
  ticket.pausing, ticket.timer = false, false
  ticket.modem.exchanges.holder = nil
end

--- The pause is over: it is the first in line.
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
