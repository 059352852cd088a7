--- One command of a declared service (hayes.links.step), with values in place of its "$names".

local check = require "hayes.check"
local command = require "hayes.declare.command"
local errors = require "hayes.error"
local failure = require "hayes.failure"

local step = {}

local function value_of(declared, values)
  local name = type(declared) == "string" and declared:match "^%$(%l+)$"
  if name then return values[name] end
  return declared
end

local function form_of(declared, arguments)
  return arguments and "write" or declared.read and "read" or "execute"
end

--- The arguments with the values in their places; nil: there are none.
local function arguments_of(declared, values)
  if declared[2] == nil then return nil end
  local arguments = {}
  for i = 2, #declared do
    arguments[i - 1] = value_of(declared[i], values)
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
  return modem:call(declared[1], form_of(declared, arguments), arguments, request)
end

--- The command line.
---@return string
function step.text(modem, declared, values)
  local arguments = arguments_of(declared, values)
  return command.build(modem.dialect.commands[declared[1]], form_of(declared, arguments), arguments,
    modem.dialect.protocol)
end

--- Sends one after the other; nil and the error of the first that fails and may not.
---@param list hayes.links.step[]
---@param request? hayes.request
---@return true?, hayes.error?
function step.run_all(modem, list, values, request)
  for _, declared in ipairs(list or {}) do
    if not declared.only or values[declared.only] then
      local response, err = step.run(modem, declared, values, request)
      if not response and not (declared.refused and failure.is_refusal(err)) then return nil, err end
    end
  end
  return true
end

--- The line of an answer whose first field is this; nil: any line, the first.
local function row_of(modem, text, response, row)
  for _, line in ipairs(response) do
    local fields = modem:fields(text, line)
    if row == nil or fields[1] == row then return fields end
  end
end

--- Asks for a setting, and compares the answer with what it must be (`is`); a field of which nothing was asked is not
--- looked at.
---@param modem hayes.modem
---@param declared hayes.links.confirmation
---@param values table<string, any>
---@param request hayes.request
---@return true?, hayes.error?
function step.confirm(modem, declared, values, request)
  local response, err = step.run(modem, declared, values, request)
  if not response then return nil, err end
  local text = step.text(modem, declared, values)
  local fields = row_of(modem, text, response, value_of(declared.row, values))
  for name, wanted in pairs(declared.is) do
    wanted = value_of(wanted, values)
    local found = fields and fields[name]
    if wanted ~= nil and found ~= wanted then
      return nil, errors.new { name = "setting_not_kept", command = text, origin = modem.dialect.name,
        message = ("the module has %s at %s where it was set to %s"):format(name, check.show(found),
          check.show(wanted)), hint = "Does another program use the module? Nothing was opened." }
    end
  end
  return true
end

return step
