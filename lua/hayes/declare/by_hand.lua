--- What modem:at refuses before anything is sent, because the declaration of the command knows that it cannot end well:
--- data mode or a body that nobody would take, and data of another length than the command announces.

local check = require "hayes.check"
local command = require "hayes.declare.command"
local core = require "hayes.core"
local mask = require "hayes.declare.mask"

local by_hand = {}

---@class hayes.connect what begins with CONNECT, or with the prompt
---@field begins "data mode"|"a download"|"an upload"
---@field param? string   only where this parameter …
---@field value? any      … has this value; an integer or text
---@field length? string  of an upload: the parameter with its length
---@field instead string  what does it properly

local function index_of(params, name)
  for i, param in ipairs(params or {}) do
    if param.name == name then return i, param end
  end
end

--- The value of a parameter of the command line, its default if it is left out; nil: it has neither.
local function value_of(declaration, values, name)
  local i, param = index_of(declaration.params, name)
  local value = i and values[i]
  if value == nil or value == "" then return param and param.default end
  return value
end

local function is_meant(declaration, form, values)
  local connect = declaration.connect
  if form ~= "write" and not (form == "execute" and declaration.execute) then return false end
  return not connect.param or value_of(declaration, values, connect.param) == connect.value
end

local function check_connect(where, shown, declaration, form, values, data)
  local connect = declaration.connect
  if not connect or not is_meant(declaration, form, values) then return end
  local upload = connect.begins == "an upload" and data ~= nil
  if not upload then
    check.fail(where, ("%s begins %s, which is not for modem:at; use %s"):format(shown, connect.begins,
      connect.instead))
  end
  if value_of(declaration, values, connect.length) == nil then
    check.fail(where, ("%s leaves %s out, without which the data has no end; give it, or use %s"):format(shown,
      connect.length, connect.instead))
  end
end

--- Raises when the data has not the length that the command announces.
local function check_length(where, shown, declaration, values, data)
  local described = declaration.connect or declaration.data
  local name = described and (described.length or declaration.data and declaration.data.length)
  local i = name and index_of(declaration.params, name)
  local length = i and values[i]
  if math.type(length) == "integer" and length ~= #data then
    check.fail(where, ("%s announces %d bytes (%s), and data has %d"):format(shown, length, name, #data))
  end
end

--- Raises when a command sent by hand cannot end well. Gives the data as it is sent.
---@param where string the call
---@param dialect hayes.dialect
---@param text string the command line
---@param data? string
---@return string?
function by_hand.check(where, dialect, text, data)
  check.value(where, "the command", text, { type = "string" })
  local name, form, params = command.parse(text)
  local declaration = dialect.commands[name]
  -- The rule of the first of several commands on one line (V.250 5.2.1) does not cover the others.
  local single = not text:gsub('"[^"]*"', ""):find(";", 1, true)
  if declaration and single then
    local values = core.fields(params)
    local shown = mask.command(dialect, text)
    check_connect(where, shown, declaration, form, values, data)
    if data and form == "write" then check_length(where, shown, declaration, values, data) end
  end
  return data and command.data(dialect.commands, text, data)
end

return by_hand
