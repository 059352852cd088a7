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

--- The declared fields of one line of the answer to a command, and the number of fields before them.
---@param declaration hayes.declaration
---@param form string
---@param key string?
---@param text string the line after the prefix
---@return hayes.answer[]?, integer
function answer.declared(declaration, form, key, text)
  local described = command.form(declaration, form, key)
  if form == "test" or not described then return nil, 0 end
  local skip = declaration.keys and 1 or 0
  local list = fields.split(text)
  if skip == 1 then list = without_first(list) end
  local found = answer.of_shape(described, list)
  -- Where a command has no information response, its line is the deferred result.
  if not found and declaration.deferred then found = answer.of_shape(declaration.deferred, list) end
  return found, skip
end

--- A value converted to the declared type of its field; nil if it is empty; nil and true if an integer was declared and
--- the value is none.
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

--- The fields of one line of the answer to a command: by index as received, and by name converted to the declared type.
--- A field that should be an integer and is not was changed on the line; it is absent by name, and the name of the
--- first such field is the second result.
---@param commands table<string, hayes.declaration>
---@param text string the command
---@param line string
---@return table, string? damaged
function answer.fields(commands, text, line)
  local name, form, params = command.parse(command.answered_by(text, line))
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

--- The number in the field of a line that is declared to be an error's (`error = true`); nil: there is none. The third
--- result: the name of such a field that has no number.
---@param commands table<string, hayes.declaration>
---@param text string the command
---@param line string
---@param deferred boolean the line is, or may be, the command's deferred result
---@return integer?, string? set, string? damaged  set: the errors that it is one of, where the field names them
function answer.error_in(commands, text, line, deferred)
  local name, form, params = command.parse(command.answered_by(text, line))
  local declaration = commands[name]
  if not declaration then return nil end
  local result = deferred and declaration.deferred
  local prefix = result and result.prefix or declaration.prefix or name
  local rest = command.after_prefix(line, prefix)
  if rest == line then return nil end
  local declared, skip
  if result then
    declared, skip = answer.of_shape(result, fields.split(rest)), 0
  else
    local key = declaration.keys and command.key(declaration.keys, params:match('^%s*"?([%w_/]+)'))
    declared, skip = answer.declared(declaration, form, key, rest)
  end
  for i, described in ipairs(declared or {}) do
    if described.error then
      local said = core.fields(rest)[i + skip]
      local code, wrong = as_declared(described, said)
      local set = type(described.error) == "string" and described.error or nil
      return code, set, (wrong or code == nil and not described.optional) and described.name or nil
    end
  end
end

-- URCs

---@class hayes.urc an unsolicited result code
---@field name string `+QSSLURC`
---@field text? string      the line, where it is not the name
---@field prefix? boolean   the text is only the beginning of the line; true by default if the name begins with `+`, …
---@field shape? string     distinguishes it from an answer of the same name (at_fields_match)
---@field text_follows? boolean  the next line is text that somebody has written
---@field block? { length: integer, shape: string?, fields: integer? }  data that comes with it
---@field answer? hayes.answer[] its fields
---@field alternatives? hayes.alternative[] lines of other shapes; the first that fits counts
---@field keys? table<string, hayes.form>  the same by the first field, a quoted word
---@field summary string one sentence
---@field source string     note and chapter
---@field switch_on? hayes.switch_on  how it is switched on, where the module does not send it by itself

--- One form of a URC, found by its fields.
---@param urc hayes.urc
---@param key any the first field
---@return hayes.urc|hayes.form|nil
function answer.urc_form(urc, key)
  if not urc.keys then return urc end
  return urc.keys[key]
end

--- Metatables that look a field up by its name, by list of declared fields.
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

--- Makes the fields of an event available by name. The look-up is done on access, because data arrives as URCs, and
--- most of their fields are never read by name.
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
