--- Why a command has failed, where the module has a number for that which the next command may change: the module is
--- asked before anybody else's command goes.

local command = require "hayes.declare.command"
local Ticket = require "hayes.exchange.ticket"

local reason = {}

--- Has the module such a number for this command?
local function has_reason(ticket, line)
  local dialect = ticket.modem.dialect
  if not dialect.reason or line ~= dialect.reason.result or ticket.request.reason == false then return false end
  local declaration = dialect.commands[command.name(ticket.text)]
  return declaration and declaration.reason or false
end

--- Asks for it, and finishes the ticket when the answer is there, which is then in `ticket.reason`. False: there is
--- nothing to ask for, or it cannot be asked.
---@param ticket hayes.ticket
---@return boolean
function reason.ask(ticket, result, line, unsent)
  local modem, within = ticket.modem, ticket.request.within
  if modem.closed_with or modem.lost or not has_reason(ticket, line) then return false end
  modem.exchanges:enqueue(Ticket.take(modem, modem.dialect.reason.command, {
    next = true, within = within and within.open and within or nil,
    finished = function(response)
      ticket.reason = response and response[1]
      ticket:finish(result, line, unsent)
    end,
  }))
  return true
end

return reason
