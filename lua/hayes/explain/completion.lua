--- Completes a command line that is being typed at a REPL, from the declarations.

local check = require "hayes.check"
local command = require "hayes.declare.command"
local texts = require "hayes.explain.text"
local values = require "hayes.explain.values"
local fields = require "hayes.declare.fields"

---@class hayes.candidate
---@field text string     replaces what has been typed from `from` on
---@field kind "command"|"form"|"key"|"value"
---@field meaning string

---@class hayes.completion
---@field from integer    the first byte of the word under the cursor, from 1
---@field candidates hayes.candidate[] empty: any text may follow, or none
---@field param? hayes.explained the parameter under the cursor
---@field syntax? string  of the form that is being typed

-- A range with fewer numbers than this is offered number by number.
local FEW = 16

local function begins(text, beginning)
  return text:sub(1, #beginning):upper() == beginning:upper()
end

local function add(list, text, kind, meaning, typed)
  if begins(text, typed) then list[#list + 1] = { text = text, kind = kind, meaning = meaning } end
end

local endings = { test = "=?", read = "?", write = "=" }
local purposes = { test = "supported values", read = "current settings or contents" }

local function by_text(a, b) return a.text < b.text end

--- Names of commands; if one is complete, also its forms.
local function names(dialect, typed, from)
  local list = {}
  for _, declaration in ipairs(dialect.declared) do
    if not declaration.sequence then
      add(list, declaration.name, "command", declaration.summary, typed)
    end
  end
  table.sort(list, by_text)
  local declaration = dialect.commands[typed:upper()]
  local taken = {}
  for _, form in ipairs(declaration and texts.forms(declaration) or {}) do
    local ending = endings[form.form]
    if ending and not taken[ending] then
      taken[ending] = true
      list[#list + 1] = { text = declaration.name .. ending, kind = "form",
        meaning = form.key and declaration.summary or form.summary or purposes[form.form] or form.syntax }
    end
  end
  return { from = from, candidates = list }
end

local function keys_of(declaration, typed, from)
  local list = {}
  typed = typed:gsub("^[^\"]", '"%0')
  for _, key in ipairs(check.names(declaration.keys or {})) do
    add(list, ('"%s"'):format(key), "key", declaration.keys[key].summary or "", typed)
  end
  return { from = from, candidates = list, syntax = "AT" .. declaration.name .. '="<key>"' }
end

local function quoted(param, value)
  return param.type == "string" and ('"%s"'):format(value) or tostring(value)
end

local function values_of(param, typed)
  local list, taken = {}, {}
  local function offer(value, meaning)
    local text = quoted(param, value)
    if taken[text] then return end
    taken[text] = true
    add(list, text, "value", meaning or "", typed)
  end
  for _, entry in ipairs(texts.values(param)) do offer(entry.value, entry.meaning) end
  if param.type == "integer" and param.min and param.max - param.min < FEW then
    for value = param.min, param.max do offer(value, param.doc) end
  end
  if param.default ~= nil then offer(param.default, "default") end
  return list
end

--- The word under the cursor of a list of parameters.
local function last_word(text)
  local in_quotes, from = false, 1
  for i = 1, #text do
    local c = text:sub(i, i)
    if c == '"' then in_quotes = not in_quotes end
    if c == "," and not in_quotes then from = i + 1 end
  end
  return (text:find("[^ ]", from) or #text + 1)
end

local function parameters(declaration, form, text, from)
  local at = last_word(text)
  local typed = text:sub(at)
  local before = text:sub(1, at - 1):match("^(.*),%s*$")
  local index = before and #fields.split(before .. ",x") or 1
  if declaration.keys and index == 1 then return keys_of(declaration, typed, from + at - 1) end
  local key
  if declaration.keys then
    key = command.key(declaration.keys, fields.split(text)[1].text)
    if not key then return { from = from + at - 1, candidates = {} } end
    index = index - 1
  end
  local described = command.form(declaration, form, key)
  local param = (described.params or {})[index]
  return { from = from + at - 1, candidates = param and values_of(param, typed) or {},
    param = param and values.describe({ param })[1], syntax = texts.syntax(declaration, form, key) }
end

--- Completes a command line up to the cursor: first names and forms, then keys, then the values of the parameter under
--- the cursor with their meanings. Depends on the dialect and the text alone.
---@param dialect hayes.dialect
---@param line string      up to the cursor, with or without AT
---@return hayes.completion
return function(dialect, line)
  local lead = #line:match("^%s*[Aa]?[Tt]?")
  -- `A` or `T` alone is not AT.
  if not line:find("^%s*[Aa][Tt]") then lead = #line:match("^%s*") end
  local rest = line:sub(lead + 1)
  local name = command.parse(rest)
  local declaration = dialect.commands[name]
  local tail = rest:sub(#name + 1)
  if declaration and tail:find("^=") and not tail:find("^=%?") and (declaration.params or declaration.keys) then
    return parameters(declaration, "write", tail:sub(2), lead + #name + 2)
  end
  if declaration and type(declaration.execute) == "table" and declaration.execute.params and tail:find("^%d*$") then
    local completion = parameters(declaration, "execute", tail, lead + #name + 1)
    if tail ~= "" or not rest:find("^%a$") then return completion end
    local others = names(dialect, rest, lead + 1)
    for _, candidate in ipairs(completion.candidates) do
      candidate.text = name .. candidate.text
      others.candidates[#others.candidates + 1] = candidate
    end
    return others
  end
  if tail ~= "" then return { from = #line + 1, candidates = {} } end
  return names(dialect, rest, lead + 1)
end
