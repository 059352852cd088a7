--- Why a command of the TCP/IP or SSL note has failed: the number of AT+QIGETERROR, which was asked right after it,
--- since the module has one for all of its commands.

local reason = {}

--- nil: the module does not tell.
---@param modem hayes.modem
---@param err hayes.error of the command
---@return integer?
function reason.code(modem, err)
  local fields = err.reason and modem:fields("AT+QIGETERROR", err.reason)
  local code = fields and fields.err
  return math.type(code) == "integer" and code ~= 0 and code or nil
end

return reason
