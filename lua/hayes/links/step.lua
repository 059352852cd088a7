--- One command of a declared service (hayes.links.step), with values in place of its "$names".

local command = require "hayes.declare.command"

local step = {}

--- The arguments with the values in their places; nil: there are none.
local function arguments_of(declared, values)
  if declared[2] == nil then return nil end
  local arguments = {}
  for i = 2, #declared do
    local value = declared[i]
    local name = type(value) == "string" and value:match "^%$(%l+)$"
    if name then value = values[name] end
    arguments[i - 1] = value
  end
  return arguments
end

--- Sends it.
---@param modem hayes.modem
---@param declared hayes.links.step
---@param values table<string, any>
---@param request? hayes.request
---@return hayes.response?, hayes.error?
function step.run(modem, declared, values, request)
  local arguments = arguments_of(declared, values)
  return modem:call(declared[1], arguments and "write" or "execute", arguments, request)
end

--- The command line.
---@return string
function step.text(modem, declared, values)
  local arguments = arguments_of(declared, values)
  return command.build(modem.dialect.commands[declared[1]], arguments and "write" or "execute", arguments,
    modem.dialect.protocol)
end

--- Whether an error is the module's own answer, as against a silence, a restart or a closed port.
---@param err hayes.error
function step.is_refusal(err)
  return err.result ~= nil
end

--- Sends one after the other; nil and the error of the first that fails and may not.
---@param list hayes.links.step[]
---@return true?, hayes.error?
function step.run_all(modem, list, values)
  for _, declared in ipairs(list or {}) do
    if not declared.only or values[declared.only] then
      local response, err = step.run(modem, declared, values)
      if not response and not (declared.refused and step.is_refusal(err)) then return nil, err end
    end
  end
  return true
end

return step
