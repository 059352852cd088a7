--- Names for the fields of what a module says: answers, deferred results, URCs.

local command = require "hayes.declare.command"
local core = require "hayes.core"
local fields = require "hayes.declare.fields"

local answer = {}

--- The fields that a form declares for a text of this shape; nil when it declares none.
---@param described { answer: hayes.answer[]?, alternatives: hayes.alternative[]? }
---@param list hayes.field[] without the key, where there is one
---@return hayes.answer[]?
function answer.of_shape(described, list)
  for _, alternative in ipairs(described.alternatives or {}) do
    if fields.match(alternative.shape, list) then return alternative.answer end
  end
  return described.answer
end

local function without_first(list)
  return table.move(list, 2, #list, 1, {})
end

--- The declared fields of one line of the answer to a command, and how many fields stand in front of them.
---@param declaration hayes.declaration
---@param form string
---@param key string?
---@param text string what stands behind the prefix
---@return hayes.answer[]?, integer
function answer.declared(declaration, form, key, text)
  local described = command.form(declaration, form, key)
  if form == "test" or not described then return nil, 0 end
  local skip = declaration.keys and 1 or 0
  local list = fields.split(text)
  if skip == 1 then list = without_first(list) end
  local found = answer.of_shape(described, list)
  -- What a command without an information response is asked for by name is its deferred result.
  if not found and declaration.deferred then found = answer.of_shape(declaration.deferred, list) end
  return found, skip
end

--- A value as its field is declared; nil when it is left out. Of an integer that is none: nil and true.
---@param described hayes.answer
---@param value integer|string|nil
---@return integer|string|nil, boolean?
local function as_declared(described, value)
  if value == nil then return nil end
  if (described.type or "integer") ~= "integer" then return tostring(value) end
  if math.type(value) == "integer" or value == "" then return value ~= "" and value or nil end
  local number = value:find("^[+-]?%d+$") and math.tointeger(tonumber(value)) -- `007`
  return number or nil, not number
end

--- The fields of one line of the answer to a command, by index as they stand there, and by the names of its declaration
--- as they are declared: what is no integer where one must be has changed on the line, and is not given by name. The
--- name of the first such field comes second.
---@param commands table<string, hayes.declaration>
---@param text string the command
---@param line string
---@return table, string? damaged
function answer.fields(commands, text, line)
  local name, form, params = command.parse(text)
  local declaration = commands[name]
  local prefix = declaration and declaration.prefix or line:match("^[%+%^%$#%*%%][%w_]+")
  local rest = prefix and command.after_prefix(line, prefix) or line
  local values = core.fields(rest)
  if not declaration then return values end
  local key = declaration.keys and command.key(declaration.keys, params:match('^%s*"?([%w_/]+)'))
  local declared, skip = answer.declared(declaration, form, key, rest)
  local damaged
  for i, described in ipairs(declared or {}) do
    local value, wrong = as_declared(described, values[i + skip])
    values[described.name] = value
    damaged = damaged or wrong and described.name or nil
  end
  return values, damaged
end

-- URCs

---@class hayes.urc
---@field name string
---@field text? string      the line, where it is not the name
---@field prefix? boolean   it is the beginning of the line; true when not given and the name begins with `+` or alike
---@field shape? string     tells it from an answer of the same name (at_fields_match)
---@field block? { length: integer, shape: string?, fields: integer? }  data that comes with it
---@field answer? hayes.answer[] its fields
---@field alternatives? hayes.alternative[]
---@field keys? table<string, hayes.form>  the same by the first field, a quoted word
---@field summary string
---@field source string     note and chapter

--- One form of a URC, found by its fields.
---@param urc hayes.urc
---@param key any the first field
---@return hayes.urc|hayes.form|nil
function answer.urc_form(urc, key)
  if not urc.keys then return urc end
  return urc.keys[key]
end

--- By list of declared fields and fields in front of them: gives a field by its name.
local by_name = setmetatable({}, { __mode = "k" })

local function names_of(declared, skip)
  local known = by_name[declared]
  if known then return known end
  local index = {}
  for i, described in ipairs(declared) do index[described.name] = i end
  known = { __index = function(values, name)
    local i = index[name]
    return i and (as_declared(declared[i], rawget(values, i + skip)))
  end }
  by_name[declared] = known
  return known
end

--- Makes the fields of an event known by their names, too. They are looked up when they are asked for: data arrives as
--- URCs, and most of them are never looked at by name.
---@param dialect hayes.dialect
---@param event hayes.event
function answer.name_event(dialect, event)
  local urc = dialect.urc_by_name[event.name]
  local described = urc and answer.urc_form(urc, event.fields[1])
  if not described then return end
  local skip = urc.keys and 1 or 0
  local declared = described.answer
  if described.alternatives then
    local list = fields.split(command.after_prefix(event.line, event.name))
    declared = answer.of_shape(described, skip == 1 and without_first(list) or list)
  end
  if declared then setmetatable(event.fields, names_of(declared, skip)) end
end

return answer
