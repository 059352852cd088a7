--- Texts about declarations, for explanations, completion and reference pages.

local check = require "hayes.check"
local command = require "hayes.declare.command"

local texts = {}

--- Order of values: numbers by size, then words.
local function in_order(a, b)
  if math.type(a) == math.type(b) then return a < b end
  return math.type(a) ~= nil
end

--- The listed values of a parameter or field, with their meanings.
---@param param hayes.param|hayes.answer
---@return { value: any, meaning: string }[]
function texts.values(param)
  local list = {}
  for value, meaning in pairs(param.values or {}) do list[#list + 1] = { value = value, meaning = meaning } end
  table.sort(list, function(a, b) return in_order(a.value, b.value) end)
  return list
end

local function with_unit(text, unit)
  return unit and text .. " " .. unit or text
end

--- The range of a parameter apart from its listed values: `0 to 11`, `text, up to 80 bytes`.
---@param param hayes.param
---@return string
function texts.range(param)
  if param.min then return with_unit(("%d to %d"):format(param.min, param.max), param.unit) end
  if param.type == "string" and not param.values then
    return param.max and ("text, up to %d bytes"):format(param.max) or "text"
  end
  if param.type == "bare" and not param.values then return "a word without quotes" end
  return param.unit or ""
end

local function sum_of(param, number)
  if param.values[number] then return param.values[number] end
  local parts, rest = {}, number
  for _, entry in ipairs(texts.values(param)) do
    local bit = entry.value
    if bit ~= 0 and bit & (bit - 1) == 0 and number & bit ~= 0 then
      parts[#parts + 1] = ("%d %s"):format(bit, entry.meaning)
      rest = rest & ~bit
    end
  end
  if rest ~= 0 then parts[#parts + 1] = ("%d (not listed)"):format(rest) end
  return table.concat(parts, " + ")
end

local function listed(values, value)
  if values[value] then return values[value] end
  if type(value) ~= "string" then return nil end
  for candidate, meaning in pairs(values) do
    if type(candidate) == "string" and candidate:upper() == value:upper() then return meaning end
  end
end

--- What the error with this number means, as a sentence without a full stop.
---@param set boolean|string|nil the name of those that it is one of (hayes.answer, `error`)
function texts.error(dialect, code, set)
  if code == 0 then return "success" end
  local of_dialect = dialect.errors
  local known = of_dialect and (of_dialect.sets and of_dialect.sets[set] or of_dialect.by_code)[code]
  return known and known.text
end

--- What a value means; nil if the declaration does not say.
---@param dialect hayes.dialect
---@param param hayes.param|hayes.answer
---@param value any
---@return string?
function texts.meaning(dialect, param, value)
  if param.error then return texts.error(dialect, value, param.error) end
  local known = param.values and listed(param.values, value)
  local scale = not known and param.scale
  if scale and math.type(value) == "integer" then
    return ("%g %s"):format(scale.first + scale.step * value, scale.unit)
  end
  if not param.values then return nil end
  if param.flags and math.type(value) == "integer" then return sum_of(param, value) end
  return listed(param.values, value)
end

--- Why a value would be refused; nil if it is allowed.
---@param param hayes.param
---@param value any
---@return string?
function texts.problem(param, value)
  if param.type == "integer" and math.type(value) ~= "integer" then return "must be a number" end
  if param.min and param.type == "integer" then
    if value < param.min or value > param.max then return "must be " .. texts.range(param) end
    return nil
  end
  if param.type ~= "integer" and param.max and #value > param.max then
    return ("is %d bytes long; at most %d are allowed"):format(#value, param.max)
  end
  if param.values and not param.open and not listed(param.values, value) then
    local words = {}
    for i, entry in ipairs(texts.values(param)) do words[i] = tostring(entry.value) end
    return "must be one of " .. table.concat(words, ", ")
  end
end

--- What happens if a parameter is left out; nil if it is required.
---@param param hayes.param
---@return string?
function texts.left_out(param)
  if not param.optional then return nil end
  if param.omitted then return param.omitted end
  if param.default == nil then return "may be left out" end
  local meaning = param.values and param.values[param.default]
  return "default " .. with_unit(check.show(param.default), param.unit) .. (meaning and ", " .. meaning or "")
end

--- The initial value of a setting; nil if the declaration does not say.
function texts.factory(param)
  if param.factory == nil then return nil end
  local meaning = param.values and param.values[param.factory]
  return with_unit(tostring(param.factory), param.unit) .. (meaning and ", " .. meaning or "")
end

--- `<a>,<b>[,<c>[,<d>]]`
---@param params hayes.param[]?
---@param first boolean? nothing precedes them on the line
function texts.params(params, first)
  local text, open = "", 0
  for i, param in ipairs(params or {}) do
    local comma = (i > 1 or not first) and "," or ""
    if param.optional then
      text, open = text .. "[" .. comma, open + 1
    else
      text = text .. comma
    end
    text = ("%s<%s>"):format(text, param.name)
  end
  return text .. ("]"):rep(open)
end

--- The same where they depend on the first: one that some cases have not is in brackets of its own, as the notes print
--- it: `<type>[,<remote_host>],<port>`.
local function params_of_cases(declaration)
  local text, open = "", 0
  for i, param in ipairs(declaration.params) do
    local comma = i > 1 and "," or ""
    local everywhere = true
    for _, case in pairs(declaration.cases) do
      local found = false
      for _, other in ipairs(case) do found = found or other.name == param.name end
      everywhere = everywhere and found
    end
    if param.optional then
      text, open = ("%s[%s<%s>"):format(text, comma, param.name), open + 1
    else
      text = text .. (everywhere and "%s<%s>" or "[%s<%s>]"):format(comma, param.name)
    end
  end
  return text .. ("]"):rep(open)
end

--- How one form of a command is written.
---@param declaration hayes.declaration
---@param form string
---@param key? string
---@return string
function texts.syntax(declaration, form, key)
  if declaration.sequence then return declaration.name end
  local name = "AT" .. declaration.name
  if form == "test" then return name .. "=?" end
  if form == "read" then return name .. "?" end
  local described = command.form(declaration, form, key)
  if form == "execute" then
    return described == declaration and name or name .. texts.params(described.params, true)
  end
  if key then return ('%s="%s"%s'):format(name, key, texts.params(described.params)) end
  if declaration.cases then return name .. "=" .. params_of_cases(declaration) end
  return name .. "=" .. texts.params(described.params, true)
end

--- The pattern of a line with these fields: `+QSSLOPEN: <clientID>,<err>`.
---@param prefix string
---@param answer hayes.answer[]
---@param key? string
---@param spelling? { colon: string?, quotes: boolean? } of the dialect's lines, where it is not `+NAME: "text"`
function texts.pattern(prefix, answer, key, spelling)
  local text, open = key and ('"%s"'):format(key) or "", 0
  for i, field in ipairs(answer) do
    local quote = field.type == "string" and not (spelling and spelling.quotes == false) and '"' or ""
    local comma = (i > 1 or key) and "," or ""
    if field.optional then comma, open = "[" .. comma, open + 1 end
    text = text .. comma .. quote .. "<" .. field.name .. ">" .. quote
  end
  text = text .. ("]"):rep(open)
  if prefix == "" then return text end
  return (prefix:find("[:, ]$") and prefix or prefix .. (spelling and spelling.colon or ": ")) .. text
end

local function answers_of(prefix, described, key, spelling)
  local list = {}
  if described.answer then
    list[1] = { pattern = texts.pattern(prefix, described.answer, key, spelling), answer = described.answer }
  end
  for _, alternative in ipairs(described.alternatives or {}) do
    list[#list + 1] = { pattern = texts.pattern(prefix, alternative.answer, key, spelling),
      answer = alternative.answer, summary = alternative.summary }
  end
  return list
end

--- The lines that answer one form of a command.
---@return { pattern: string, answer: hayes.answer[], summary: string? }[]
function texts.answers(declaration, form, key)
  if form == "test" then return {} end
  local described = command.form(declaration, form, key)
  local block = declaration.block
  local prefix = declaration.bare and "" or block and block.texts and block.texts[1] or declaration.prefix
    or declaration.name
  -- What is declared outside the forms is the answer to all of them.
  local list = answers_of(prefix, described, key, declaration.spelling)
  if block and block.after then
    for _, line in ipairs(list) do line.pattern = line.pattern .. block.after .. "<data>" end
  end
  for _, said in ipairs(form == "write" and declaration.says or {}) do
    list[#list + 1] = { pattern = said.text, answer = said.answer, summary = said.summary }
  end
  return list
end

--- The lines of a deferred result.
function texts.deferred(declaration)
  return answers_of(declaration.deferred.prefix or declaration.name, declaration.deferred, nil, declaration.spelling)
end

local function urc_lines(urc, key)
  local described = key and urc.keys[key] or urc
  local summary = key and described.summary or nil
  local list = answers_of(urc.text or urc.name, described, key, urc.spelling)
  if #list == 0 then list[1] = { pattern = urc.text or urc.name, answer = {} } end
  for _, line in ipairs(list) do line.summary = line.summary or summary end
  return list
end

--- The lines of a URC, or of its form with this key.
---@param urc hayes.urc
---@param key? string
---@return { pattern: string, answer: hayes.answer[], summary: string? }[]
function texts.urc(urc, key)
  if key or not urc.keys then return urc_lines(urc, key) end
  local list = {}
  for _, candidate in ipairs(check.names(urc.keys)) do
    table.move(urc_lines(urc, candidate), 1, 9, #list + 1, list)
  end
  return list
end

local form_order = { "test", "read", "write", "execute" }

--- The forms that a command has, in the order of the notes: test, read, write (one for each key), execute.
---@param declaration hayes.declaration
---@return { form: string, key: string?, syntax: string, described: hayes.form, summary: string? }[]
function texts.forms(declaration)
  local list = {}
  local function add(form, key)
    local described = command.form(declaration, form, key)
    list[#list + 1] = { form = form, key = key, syntax = texts.syntax(declaration, form, key),
      described = described, summary = described ~= declaration and described.summary or nil }
  end
  for _, form in ipairs(form_order) do
    if form == "write" then
      for _, key in ipairs(check.names(declaration.keys or {})) do add("write", key) end
      if declaration.params then add("write") end
    elseif declaration[form] then
      add(form)
    end
  end
  return list
end

return texts
