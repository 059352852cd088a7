--- A reservation of the line for one caller: commands that name it as `within` are sent, all others wait.

local Ticket = require "hayes.exchange.ticket"
local waiting = require "hayes.exchange.waiting"

---@class hayes.hold
---@field open boolean
---@field err? hayes.error why it ended early
local Hold = {}
Hold.__index = Hold

--- Reserves the line as soon as it is free (exchange.hold).
---@param modem hayes.modem
---@param timeout? number
---@return hayes.hold?, hayes.error?
function Hold.take(modem, timeout)
  if modem.closed_with then return nil, modem.closed_with end
  local queue = modem.exchanges
  local hold = setmetatable({ modem = modem, open = true }, Hold)
  if queue.free and modem.engine:ready() then
    queue.free, queue.hold = false, hold
    return hold
  end
  local ticket <close> = Ticket.for_hold(modem, hold, timeout)
  local refusal = waiting.prepare(ticket, true)
  if refusal then
    ticket.fired = true
    return nil, refusal
  end
  queue:enqueue(ticket)
  local result, err = ticket:wait()
  if result ~= "ok" then return nil, err end
  if hold.open then return hold end
  return nil, hold.err -- the module has restarted meanwhile
end

--- Releases the line. May be called any number of times.
function Hold:__close()
  local queue = self.modem.exchanges
  self.open = false
  if queue.hold ~= self then return end
  queue.hold = nil
  queue:next_turn()
end

--- Ends it because the module has restarted: its preparations are lost, and its queued commands fail.
---@param err hayes.error
function Hold:fail(err)
  local queue = self.modem.exchanges
  queue.hold = nil
  self.open, self.err = false, err
  queue:end_waiting(err, function(ticket) return ticket.request.within == self end)
end

return Hold
