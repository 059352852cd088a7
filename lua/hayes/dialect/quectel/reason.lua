--- Why a command of the TCP/IP or SSL note has failed: the number of AT+QIGETERROR, which was asked right after it,
--- since the module has one for all of its commands.

local failure = require "hayes.failure"

local reason = {}

--- The error with that number; nil: the module does not tell.
---@param modem hayes.modem
---@param err hayes.error of the command
---@param doing string what has failed, for the message
---@return hayes.error?
function reason.error(modem, err, doing)
  local fields = err.reason and modem:fields("AT+QIGETERROR", err.reason)
  local code = fields and fields.err
  if math.type(code) ~= "integer" or code == 0 then return nil end
  local coded = failure.coded(modem, code, doing)
  coded.command = err.command
  return coded
end

return reason
