--- Command declarations at work: command lines out of them, names for the fields of answers, masks for secrets.
---
--- A command is declared once, as data:
---
---     { name = "+QSSLCLOSE", source = "SSL note 2.2.5",
---       summary = "Closes an SSL connection.",
---       params = {
---         { name = "clientID", type = "integer", min = 0, max = 11, doc = "Socket index." },
---         { name = "close_timeout", type = "integer", min = 0, max = 65535, unit = "s", optional = true },
---       },
---       test = true, timeout = 12 }

local check = require "hayes.check"
local core = require "hayes.core"

---@class hayes.param
---@field name string       as the note calls it
---@field type "integer"|"string"|"bare" a string is quoted on the wire, a bare word is not
---@field min? integer
---@field max? integer      of an integer; of a string, its greatest length in bytes
---@field values? table     what each value means, by value
---@field default? any      what the module takes when it is left out
---@field optional? boolean
---@field unit? string
---@field secret? boolean   never shown in a trace or an error
---@field doc? string

---@class hayes.answer
---@field name string
---@field type? string
---@field values? table
---@field unit? string
---@field secret? boolean
---@field doc? string

---@class hayes.form
---@field summary? string
---@field params? hayes.param[]
---@field answer? hayes.answer[]

---@class hayes.deferred
---@field prefix? string    of its lines; the command's name when not given
---@field key? string       the parameter that stands in the result's field of the same name
---@field answer hayes.answer[]
---@field forms? string[]   forms that have one; write and execute when not given
---@field last? string      shape of the last line, where there are several
---@field timeout number    seconds from the final result code

---@class hayes.ack the module says `byte` after `every` bytes of data, if the parameter is 1
---@field param string
---@field every integer
---@field byte string

---@class hayes.declaration
---@field name string
---@field summary string
---@field source string     note and chapter
---@field params? hayes.param[]  of the write form, which exists if they do
---@field keys? table<string, hayes.form>  write forms by their first parameter, a quoted word
---@field answer? hayes.answer[] fields of an information response
---@field test? boolean
---@field read? boolean|hayes.form
---@field execute? boolean|hayes.form
---@field prefix? string    of the information responses, where it is not the name
---@field bare? boolean|string   they have none; a string is the shape they have (at_fields_match)
---@field data? { ends: string?, length: string?, forms: string[]?, ack: hayes.ack? }  takes data at a prompt or after
---  CONNECT
---@field final? string|string[] groups of final result codes that end it, in place of OK ("general")
---@field block? { length: integer, shape: string?, after: string?, fields: integer? }
---@field deferred? hayes.deferred
---@field timeout? number   seconds to the final result code

local command = {}

--- Which form a command line has and what stands in it: name, form, text of the parameters.
---@param text string with or without `AT`
---@return string name, string form, string params
function command.parse(text)
  text = text:gsub("^%s*[Aa][Tt]", "", 1)
  local name = text:match("^&%a") or text:match("^%a") or text:match("^%p[%w!%%%-%./:_]*") or ""
  local rest = text:sub(#name + 1)
  name = name:upper()
  if rest:match("^=%?") then return name, "test", "" end
  if rest:match("^%?") then return name, "read", "" end
  if rest:match("^=") then return name, "write", rest:sub(2) end
  return name, "execute", rest
end

--- The declaration of one form; for commands with keys, of the write form with that first parameter.
---@param declaration hayes.declaration
---@return hayes.form?
function command.form(declaration, form, key)
  if form == "write" then
    if declaration.keys and key then return declaration.keys[key] end
    return declaration
  end
  local described = declaration[form]
  return type(described) == "table" and described or declaration
end

local function quote(text, manners)
  if manners.quote == "needed" and not text:find('[,"%s]') and text ~= "" then return text end
  return '"' .. text .. '"'
end

local function check_integer(where, param, value)
  if param.values then
    if math.type(value) == "integer" and param.values[value] then return end
    local known = {}
    for candidate in pairs(param.values) do known[#known + 1] = candidate end
    table.sort(known)
    if not param.min then
      check.fail(where, ("%s is %s; it must be one of %s"):format(param.name, check.show(value),
        table.concat(known, ", ")))
    end
  end
  check.value(where, param.name, value, { type = "integer", min = param.min, max = param.max })
end

local function encode(where, param, value, manners)
  if param.type == "integer" then
    check_integer(where, param, value)
    return tostring(value)
  end
  check.value(where, param.name, value, { type = "string", line = true })
  if param.values and not param.values[value] then
    local known = {}
    for candidate in pairs(param.values) do known[#known + 1] = candidate end
    check.value(where, param.name, value, { values = known })
  end
  if param.max and #value > param.max then
    check.fail(where, ("%s is %d bytes long; it must be at most %d"):format(param.name, #value, param.max))
  end
  if param.type == "bare" then return value end
  return quote(value, manners)
end

local function last_given(arguments, params)
  for i = #params, 1, -1 do
    if arguments[i] ~= nil then return i end
  end
  return 0
end

local function encode_params(where, params, arguments, manners)
  local words = {}
  local last = last_given(arguments, params)
  if (arguments.n or #arguments) > #params then
    check.fail(where, ("%d parameters given; there are %d"):format(arguments.n or #arguments, #params))
  end
  for i, param in ipairs(params) do
    local value = arguments[i]
    if value == nil and not param.optional then
      check.fail(where, ("the parameter %s is missing"):format(param.name))
    end
    if i <= last then words[i] = value == nil and "" or encode(where, param, value, manners) end
  end
  return table.concat(words, ",")
end

--- The form of a command with keys that the first argument names.
local function key_form(where, declaration, key)
  local described = declaration.keys[key]
  if described then return described end
  local known = {}
  for candidate in pairs(declaration.keys) do known[#known + 1] = candidate end
  local nearest = type(key) == "string" and check.nearest(key, known)
  check.fail(where, ("there is no setting %s%s"):format(check.show(key),
    nearest and (" (did you mean %s?)"):format(check.show(nearest)) or ""))
end

--- The command line for a form and its arguments. What the declaration does not allow raises.
---@param declaration hayes.declaration
---@param form "test"|"read"|"write"|"execute"
---@param arguments? table a list; nil in it leaves an optional parameter out
---@param manners table of the dialect
---@return string
function command.build(declaration, form, arguments, manners)
  local name = "AT" .. declaration.name
  if form == "test" then return name .. "=?" end
  if form == "read" then return name .. "?" end
  if form == "execute" then return name end
  arguments = arguments or {}
  if not declaration.keys then
    return name .. "=" .. encode_params(name, declaration.params or {}, arguments, manners)
  end
  local key = arguments[1]
  local described = key_form(name, declaration, key)
  local rest = table.pack(table.unpack(arguments, 2, arguments.n or #arguments))
  local words = encode_params(name, described.params or {}, rest, manners)
  return ("%s=%s%s%s"):format(name, quote(key, manners), words ~= "" and "," or "", words)
end

--- The fields of an information response (a list) with the names that the declaration gives them beside the indices.
---@param answer hayes.answer[]?
---@param fields table
---@param skip integer fields in front of the first that has a name
function command.name_fields(answer, fields, skip)
  for i, described in ipairs(answer or {}) do fields[described.name] = fields[i + skip] end
  return fields
end

--- What stands behind a line's prefix.
---@param line string
---@param prefix string
function command.after_prefix(line, prefix)
  if line:sub(1, #prefix) ~= prefix then return line end
  return (line:sub(#prefix + 1):gsub("^[:,]", "", 1))
end

-- Secrets

--- Replaces the fields that a list of params or answers calls secret.
local function mask_fields(text, described)
  local masked, i, at = {}, 0, 1
  local secret = false
  for _, param in ipairs(described) do secret = secret or param.secret end
  if not secret then return text end
  while at <= #text + 1 do
    i = i + 1
    local quoted = text:match('^%s*"[^"]*"?', at)
    local field = quoted and quoted .. text:match("^[^,]*", at + #quoted) or text:match("^[^,]*", at)
    local hide = described[i] and described[i].secret and field:find("[^%s\"]")
    masked[i] = hide and (quoted and '"***"' or "***") or field
    at = at + #field + 1
  end
  return table.concat(masked, ",")
end

--- A command line as it may be shown: parameters declared secret are replaced by `***`.
---@param commands table<string, hayes.declaration>
---@param text string
---@return string
function command.mask(commands, text)
  local name, form, params = command.parse(text)
  local declaration = commands[name]
  if not declaration or form ~= "write" then return text end
  local head = text:sub(1, #text - #params)
  if declaration.keys then
    local key, rest = params:match('^%s*"?([%w_]+)"?%s*,(.*)$')
    local described = key and declaration.keys[key:lower()]
    if not described then return text end
    return head .. params:sub(1, #params - #rest) .. mask_fields(rest, described.params or {})
  end
  return head .. mask_fields(params, declaration.params or {})
end

--- The same for a line that the module sends.
---@param commands table<string, hayes.declaration>
---@param line string
---@return string
function command.mask_line(commands, line)
  if line:find("^%s*[Aa][Tt]") then return command.mask(commands, line) end -- an echo
  local name = line:match("^([%+%^%$#%*%%][%w_]+)")
  local declaration = name and commands[name:upper()]
  if not declaration then return line end
  local head, rest = line:match("^([^:,]+[:,]%s*)(.*)$")
  if not head then return line end
  if declaration.keys then
    local key, values = rest:match('^"?([%w_]+)"?%s*,(.*)$')
    local described = key and declaration.keys[key:lower()]
    if not described then return line end
    return head .. rest:sub(1, #rest - #values) .. mask_fields(values, described.answer or described.params or {})
  end
  return head .. mask_fields(rest, declaration.answer or {})
end

command.fields = core.fields

return command
