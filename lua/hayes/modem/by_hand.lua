--- What modem:at refuses before anything is sent, because it cannot end well: data mode or a body that nobody would
--- take, data of another length than the command announces, and result codes that the library could not tell.

local check = require "hayes.check"
local command = require "hayes.declare.command"
local core = require "hayes.core"
local mask = require "hayes.display.mask"

local find = string.find

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

local function check_connect(where, show, declaration, form, values, data)
  local connect = declaration.connect
  if not connect or not is_meant(declaration, form, values) then return end
  local upload = connect.begins == "an upload" and data ~= nil
  if not upload then
    check.fail(where, ("%s begins %s, which is not for modem:at; use %s"):format(show(), connect.begins,
      connect.instead))
  end
  if value_of(declaration, values, connect.length) == nil then
    check.fail(where, ("%s leaves %s out, without which the data has no end; give it, or use %s"):format(show(),
      connect.length, connect.instead))
  end
end

--- Raises when the data has not the length that the command announces.
local function check_length(where, show, declaration, values, data)
  local described = declaration.connect or declaration.data
  local name = described and (described.length or declaration.data and declaration.data.length)
  local i = name and index_of(declaration.params, name)
  local length = i and values[i]
  if math.type(length) == "integer" and length ~= #data then
    check.fail(where, ("%s announces %d bytes (%s), and data has %d"):format(show(), length, name, #data))
  end
end

--- Commands of the basic syntax after which no answer has an end: result codes as numbers, or none (V.250 6.2.5 and
--- 6.2.6).
local without_words = { V = { [""] = true, ["0"] = true }, Q = { ["1"] = true } }

--- A command of the basic syntax, and where it ends. A letter before another one may begin a word that is a command
--- of its own.
local function basic(commands, at)
  local name, value, stop = commands:match("^%s*(&?%a)(%d*)[=?]?%d*()", at)
  if name and (value ~= "" or not commands:find("^%a", stop)) then return name:upper(), value, stop end
end

--- The first of them in a command line.
local function find_without_words(text)
  for commands in text:gsub('"[^"]*"', ""):gsub("^%s*[Aa][Tt]", ""):gmatch("[^;]+") do
    local name, value, stop = basic(commands, 1)
    while name and name ~= "D" do -- what follows a D is dialled
      if without_words[name] and without_words[name][value] then return name .. value end
      name, value, stop = basic(commands, stop)
    end
  end
end

--- Whether it is one extended command (`AT+CSQ`), in which there is none of the basic syntax.
local function is_extended(text)
  return find(text, '^%s*[Aa]?[Tt]?%s*[^%w%s&=?"]') and not find(text, ";", 1, true)
end

local function check_words(where, dialect, text)
  local found = find_without_words(text)
  if not found then return end
  check.fail(where, ("%s makes the module answer without OK and ERROR (%s), by which the library tells where an answer "
    .. "ends"):format(mask.command(dialect, text), found))
end

local function check_declared(where, dialect, text, data, declaration)
  -- The rule of the first of several commands on one line (V.250 5.2.1) does not cover the others.
  if text:gsub('"[^"]*"', ""):find(";", 1, true) then return end
  -- What is shown of it is needed for a refusal alone, and takes longer than all the rest.
  local function show() return mask.command(dialect, text) end
  local _, form, params = command.parse(text)
  local values = core.fields(params)
  check_connect(where, show, declaration, form, values, data)
  if data and form == "write" then check_length(where, show, declaration, values, data) end
end

--- Raises when a command sent by hand cannot end well. Gives the data as it is sent.
---@param where string the call
---@param dialect hayes.dialect
---@param text string the command line
---@param data? string
---@return string?
function by_hand.check(where, dialect, text, data)
  if type(text) ~= "string" then check.value(where, "the command", text, { type = "string" }) end
  if not is_extended(text) then check_words(where, dialect, text) end
  local declaration = dialect.commands[command.name(text)]
  if declaration and (declaration.connect or data) then check_declared(where, dialect, text, data, declaration) end
  return data and command.data(dialect.commands, text, data)
end

return by_hand
