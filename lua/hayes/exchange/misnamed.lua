--- Answers under another name than the declared one: firmware answers AT+QCCID with `+ICCID: …` or without a prefix.
--- Such a line looks like nothing that is known. It is held back until the final result code: a command that should
--- have answered, and has not by its own name, has answered with it; otherwise it is an event after all.

local command = require "hayes.declare.command"

local misnamed = {}

--- Does the declaration say that this command line is answered? Settings may be answered, or not.
local function must_answer(dialect, text)
  local name, form = command.parse(text)
  local declaration = dialect.commands[name]
  if not declaration or form ~= "execute" and form ~= "read" or declaration.bare or declaration.deferred then
    return false
  end
  local described = command.form(declaration, form)
  return (described.answer or described.alternatives) ~= nil
end

--- Holds an unknown line back. False: it is an event.
---@param modem hayes.modem
---@param event hayes.event
---@return boolean
function misnamed.hold(modem, event)
  local ticket = modem.exchanges.holder
  if not ticket or not ticket.response or ticket.response[1] or not must_answer(modem.dialect, ticket.text) then
    return false
  end
  ticket.strays = ticket.strays or {}
  table.insert(ticket.strays, event)
  return true
end

--- The command is over: its lines, if it has no others, or events.
---@param modem hayes.modem
---@param ticket hayes.ticket
---@param ok boolean
function misnamed.settle(modem, ticket, ok)
  local strays, response = ticket.strays, ticket.response
  ticket.strays = nil
  if not strays then return end
  if ok and not response[1] then
    for i, event in ipairs(strays) do response[i] = event.line end
    return
  end
  for _, event in ipairs(strays) do modem.listeners:emit(event, true) end
end

return misnamed
