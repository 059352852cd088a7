--- Command declarations at work: command lines out of them. Masks for secrets are in mask.lua.
---
--- A command is declared once, as data:
---
---     { name = "+QSSLCLOSE", source = "SSL note 2.2.5",
---       summary = "Closes an SSL connection.",
---       params = {
---         { name = "clientID", type = "integer", min = 0, max = 11, doc = "Socket index." },
---         { name = "close_timeout", type = "integer", min = 0, max = 65535, unit = "s", default = 10,
---           optional = true },
---       },
---       test = true, timeout = 12 }
---
--- From it come the checks of arguments, the names of the fields of answers (answer.lua), explanations, completion and
--- the reference pages (explain/).

local check = require "hayes.check"
local core = require "hayes.core"

---@class hayes.param a parameter of a command
---@field name string       as the note calls it
---@field type "integer"|"string"|"bare" a string is quoted on the wire, a bare word is not
---@field min? integer least value
---@field max? integer      of an integer; of a string, its greatest length in bytes
---@field values? table     what each value means, by value
---@field flags? boolean    the values are bits, and the parameter a sum of them
---@field open? boolean     there may be more values than those listed; none is refused
---@field default? any      what the module takes when it is left out
---@field factory? any      what a setting is before anybody sets it
---@field optional? boolean it may be left out
---@field omitted? string   what leaving it out means, where that is not a default value
---@field unit? string "s", "bytes", …
---@field secret? boolean   never shown in a trace, an error or an explanation
---@field quoted? boolean   in quotes even where the dialect wants them only when needed
---@field doc? string what it is

---@class hayes.answer a field of an answer, a deferred result or a URC
---@field name string as the note calls it
---@field type? "integer"|"string"|"bare" integer when not given
---@field values? table what each value means, by value
---@field flags? boolean the values are bits, and the field a sum of them
---@field optional? boolean it may be missing, together with all fields after it
---@field error? boolean|string  0, or a number that the dialect's errors explain; a name: those of `errors.sets`. A
---  deferred result with another number than 0 makes modem:call fail with that error, and so does such a line before
---  `ERROR`
---@field unit? string "s", "bytes", …
---@field secret? boolean never shown in a trace, an error or an explanation
---@field doc? string what it is

---@class hayes.alternative an answer of another shape
---@field shape string      of the fields (at_fields_match), without the key if there is one
---@field summary? string what it says
---@field answer hayes.answer[] its fields

---@class hayes.form one form of a command
---@field summary? string what it does
---@field params? hayes.param[]  of an execute form: V.250's basic syntax, a number right after the name (`ATE0`)
---@field answer? hayes.answer[] fields of its information response
---@field alternatives? hayes.alternative[]  answers of other shapes; the first that fits counts

---@class hayes.deferred the second half of a two-phase command: OK now, this later
---@field prefix? string    of its lines; the command's name when not given
---@field key? string       the parameter that the result repeats in its field of the same name
---@field answer hayes.answer[] its fields
---@field alternatives? hayes.alternative[] results of other shapes; the first that fits counts
---@field forms? string[]   forms that have one; write and execute when not given
---@field last? string      shape of the last line, where there are several
---@field timeout number    seconds from the final result code

---@class hayes.ack the module says `byte` after `every` bytes of data, if the parameter is 1
---@field param string its name
---@field every integer bytes
---@field byte string what the module says

---@class hayes.declaration a command, declared once: everything that the library knows of it
---@field name string `+QSSLCFG`
---@field summary string one sentence
---@field source string     note and chapter
---@field chapter? string   of the reference page
---@field params? hayes.param[]  of the write form, which exists if they do
---@field cases? table<integer, hayes.param[]>  in their place, by the value of the first: commands whose later
---  parameters depend on it, and are not merely left empty (`AT+SOCKET=3,8888`)
---@field keys? table<string, hayes.form>  write forms by their first parameter, a quoted word
---@field answer? hayes.answer[] fields of an information response
---@field alternatives? hayes.alternative[] answers of other shapes; the first that fits counts
---@field test? boolean there is a test form (`=?`)
---@field read? boolean|hayes.form there is a read form (`?`)
---@field execute? boolean|hayes.form there is a form without anything after the name
---@field sequence? boolean no command line but bytes sent by themselves between guard times (`+++`)
---@field prefix? string    of the information responses, where it is not the name
---@field bare? boolean|string   they have none; a string is the shape they have (at_fields_match)
---@field data? { ends: string?, length: string?, if_given: boolean?, forms: string[]?, ack: hayes.ack?,
---  echoed: boolean? }  takes data at a prompt or after CONNECT, unless the parameter `length` is 0, or (if_given) left
---  out; ends: the byte that ends data without a length; echoed: the module may repeat it before the answer
---@field connect? hayes.connect   what CONNECT or the prompt begins, which modem:at refuses (modem/by_hand.lua)
---@field online? "prompt"   data mode begins at the prompt, with no CONNECT
---@field final? string|string[] groups of final result codes that end it, in place of OK ("general")
---@field block? { length: integer, shape: string?, after: string?, fields: integer?, texts: string[]? }  data in the
---  answer; texts: the beginnings of its line, where it is not the name alone
---@field deferred? hayes.deferred the result that comes after OK
---@field reason? boolean   the module knows why it has failed (`reason` of the dialect)
---@field urcs? string[]    URCs that it leads to: `+CREG`, or with the key, `+QIURC: "dnsgip"`
---@field timeout? number   seconds to the final result code
---@field remark? string    what else somebody should know who types it
---@field says? { text: string, pattern: string, summary: string, answer: hayes.answer[] }[]  information lines of other
---  forms: `connect success ConID=<ConID>`, with the fields that the captures of the pattern are

local command = {}

local byte_at, match, sub, upper = string.byte, string.match, string.sub, string.upper

local EXTENDED = "^(%p[%w!%%%-%./:_]*)()" -- such a name, and where it ends
local BASIC = "^(&?%a)()"
local AMPERSAND, EQUALS, QUESTION_MARK = ("&=?"):byte(1, -1)

--- The name in a command line, in capitals, and where it ends.
---@param text string with or without `AT`
---@return string, integer
function command.name(text)
  local at, name, stop = match(text, "^%s*[Aa][Tt]()") or 1, nil, nil
  if byte_at(text, at) ~= AMPERSAND then name, stop = match(text, EXTENDED, at) end
  if not name then name, stop = match(text, BASIC, at) end
  if not name then name, stop = match(text, EXTENDED, at) end
  if not name then return "", at end
  return upper(name), stop
end

--- The form, and the text of the parameters, by what follows the name.
local function form_of(text, at)
  local first = byte_at(text, at)
  if first == QUESTION_MARK then return "read", "" end
  if first ~= EQUALS then return "execute", sub(text, at) end
  if byte_at(text, at + 1) == QUESTION_MARK then return "test", "" end
  return "write", sub(text, at + 1)
end

--- Splits a command line into the name, the form and the text of the parameters.
---@param text string with or without `AT`
---@return string name, string form, string params
function command.parse(text)
  local name, stop = command.name(text)
  return name, form_of(text, stop)
end

--- The commands of a line (V.250 5.2.1), without the semicolons between them.
---@param text string
---@return string[]
function command.split(text)
  local list, from, quoted = {}, 1, false
  for at = 1, #text do
    local byte = text:sub(at, at)
    if byte == '"' then quoted = not quoted end
    if byte == ";" and not quoted and text:find("^%s*[%+&%^%$#%*%%]", at + 1) then
      list[#list + 1] = text:sub(from, at - 1)
      from = at + 1
    end
  end
  list[#list + 1] = text:sub(from)
  return list
end

--- Several commands on one line (V.250 5.2.1): the one that a line of the answer has the name of, or all of them.
---@param text string
---@param line string
---@return string
function command.answered_by(text, line)
  if not text:find(";", 1, true) then return text end
  local from, quoted = 1, false
  for at = 1, #text + 1 do
    local byte = text:sub(at, at)
    if byte == '"' then quoted = not quoted end
    if byte == ";" and not quoted or byte == "" then
      local part = text:sub(from, at - 1)
      local name = command.parse(part)
      if name ~= "" and line:sub(1, #name):upper() == name and not line:find("^[%w_]", #name + 1) then return part end
      from = at + 1
    end
  end
  return text
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

--- protocol.quote_escape is the character that escapes a quote within a quoted parameter; nil if the dialect has none.
local function quote(text, protocol, always)
  if protocol.quote == "needed" and not always and not text:find('[,"%s]') and text ~= "" then return text end
  if protocol.quote_escape then text = text:gsub('"', protocol.quote_escape .. '"') end
  return '"' .. text .. '"'
end

--- An unquoted parameter ends at a comma, and a semicolon after it begins another command (V.250 5.2.1).
local function check_word(where, param, value)
  check.no_control(where, param.name, value)
  local at = value:find('[,;" ]')
  if at then
    check.fail(where, ("%s is %s; it must be one word, without %s"):format(param.name,
      param.secret and "not shown" or check.show(value), check.show(value:sub(at, at))))
  end
end

--- A quote can be sent where the dialect has an escape for it; what would be read as that escape cannot.
local function check_text(where, param, value, protocol)
  local escape = protocol.quote_escape
  check.value(where, param.name, value, { type = "string", secret = param.secret })
  if param.type == "bare" then return check_word(where, param, value) end
  if not escape then return check.line(where, param.name, value) end
  check.no_control(where, param.name, value)
  if (value .. '"'):find(escape .. '"', 1, true) then
    check.fail(where, ("%s holds %s before a quote or at its end, which cannot be told from an escaped quote")
      :format(param.name, check.show(escape)))
  end
end

local function check_integer(where, param, value)
  if param.values then
    if math.type(value) == "integer" and param.values[value] then return end
    if not param.min and not param.open then
      check.fail(where, ("%s is %s; it must be one of %s"):format(param.name, check.show(value),
        table.concat(check.names(param.values), ", ")))
    end
  end
  check.value(where, param.name, value, { type = "integer", min = param.min, max = param.max,
    secret = param.secret })
end

local function encode(where, param, value, protocol)
  if param.type == "integer" then
    value = type(value) == "number" and math.tointeger(value) or value
    check_integer(where, param, value)
    return tostring(value)
  end
  check_text(where, param, value, protocol)
  if param.values and not param.open and not param.values[value] then
    check.value(where, param.name, value, { values = check.names(param.values) })
  end
  if param.max and #value > param.max then
    check.fail(where, ("%s is %d bytes long; it must be at most %d"):format(param.name, #value, param.max))
  end
  if param.type == "bare" then return value end
  return quote(value, protocol, param.quoted)
end

local function last_given(arguments, params)
  for i = #params, 1, -1 do
    if arguments[i] ~= nil then return i end
  end
  return 0
end

local function encode_params(where, params, arguments, protocol)
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
    if i <= last then words[i] = value == nil and "" or encode(where, param, value, protocol) end
  end
  return table.concat(words, ",")
end

--- The form of a command with keys that the first argument names.
local function key_form(where, declaration, key)
  local described = declaration.keys[key]
  if described then return described end
  local nearest = type(key) == "string" and check.nearest(key, check.names(declaration.keys))
  check.fail(where, ("there is no setting %s%s"):format(check.show(key),
    nearest and (" (did you mean %s?)"):format(check.show(nearest)) or ""))
end

--- The command line for a form and its arguments. What the declaration does not allow raises.
---@param declaration hayes.declaration
---@param form "test"|"read"|"write"|"execute"
---@param arguments? table a list; nil in it leaves an optional parameter out
---@param protocol table of the dialect
---@return string
function command.build(declaration, form, arguments, protocol)
  local name = "AT" .. declaration.name
  if declaration.sequence then
    check.fail(declaration.name, "it is no command line: it is sent by itself, between guard times")
  end
  if form == "test" then return name .. "=?" end
  if form == "read" then return name .. "?" end
  if form == "execute" then
    local described = command.form(declaration, form)
    if described == declaration or not described.params then return name end
    return name .. encode_params(name, described.params, arguments or {}, protocol)
  end
  arguments = arguments or {}
  if not declaration.keys then
    local params = declaration.cases and declaration.cases[arguments[1]] or declaration.params or {}
    return name .. "=" .. encode_params(name, params, arguments, protocol)
  end
  local key = arguments[1]
  local described = key_form(name, declaration, key)
  local rest = table.pack(table.unpack(arguments, 2, arguments.n or #arguments))
  local words = encode_params(name, described.params or {}, rest, protocol)
  return ("%s=%s%s%s"):format(name, quote(key, protocol), words ~= "" and "," or "", words)
end

--- The rest of a line after its prefix.
---@param line string
---@param prefix string
function command.after_prefix(line, prefix)
  if line:sub(1, #prefix) ~= prefix then return line end
  return (line:sub(#prefix + 1):gsub("^[:,]", "", 1))
end

--- The declared spelling of the key that a first field names, in any case; nil if there is no such key.
---@param keys table<string, hayes.form>
---@param word any
---@return string?
function command.key(keys, word)
  if keys[word] or type(word) ~= "string" then return keys[word] and word end
  for key in pairs(keys) do
    if key:lower() == word:lower() then return key end
  end
end

--- The greatest value of a parameter of a write form, which a profile may have changed; at most `most`, and at least
--- `least`, whatever a profile says.
---@param commands table<string, hayes.declaration>
---@param name string
---@param index integer
---@param most integer
---@param least integer
---@return integer
function command.most(commands, name, index, most, least)
  local declaration = commands[name]
  local param = declaration and declaration.params and declaration.params[index]
  return math.max(least, math.min(most, param and param.max or most))
end

-- Data

--- The byte that ends data without a length; nil: there always is one.
---@param declaration hayes.declaration
---@return string?
function command.end_byte(declaration)
  local byte = declaration.data and declaration.data.ends
  return byte ~= "length" and byte or nil
end

--- The data of a command as it is sent: where the form is the one that a byte ends (`AT+QSSLSEND=0`, up to Ctrl-Z),
--- that byte is appended. Data that contains it, or ESC, which cancels, raises.
---@param commands table<string, hayes.declaration>
---@param text string the command line
---@param data string
---@return string
function command.data(commands, text, data)
  local name, form, params = command.parse(text)
  local declaration = commands[name]
  local ends = declaration and command.end_byte(declaration)
  if not ends or form ~= "write" then return data end
  for i, param in ipairs(declaration.params) do
    if param.name == declaration.data.length and core.fields(params)[i] then return data end
  end
  if data:sub(-1) == ends then data = data:sub(1, -2) end
  local at = data:find(ends, 1, true) or data:find("\27", 1, true)
  if at then
    check.fail("AT" .. name, ("the data holds the byte 0x%02X at %d, which would end it; give the length: AT%s=…,%d")
      :format(data:byte(at), at, name, #data))
  end
  return data .. ends
end

command.fields = core.fields

return command
