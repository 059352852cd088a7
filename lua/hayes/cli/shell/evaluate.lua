--- Lua at the prompt.

local check = require "hayes.check"
local hayes = require "hayes"
local help = require "hayes.explain.help"
local missing = require "hayes.cli.shell.missing"
local not_lua = require "hayes.cli.shell.not_lua"

local evaluate = {}

--- What the person's code sees: everything of Lua, `modem`, `hayes`, and `_`, the last value.
---@param shell hayes.cli.shell
function evaluate.environment(shell)
  local environment = { modem = shell.modem, hayes = hayes }
  environment.print = function(...)
    local words = table.pack(...)
    for i = 1, words.n do words[i] = tostring(words[i]) end
    shell:print(table.concat(words, "\t"))
  end
  return setmetatable(environment, { __index = _G })
end

local MOST_ENTRIES = 40
local SHORT <const> = 3 -- a word of so many letters is near to too many
local DEEPEST = 4

local function key_text(key)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" then return key end
  return "[" .. (type(key) == "string" and ("%q"):format(key) or tostring(key)) .. "]"
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 or key > #value then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local function scalar(value)
  return type(value) == "string" and check.show(value) or tostring(value)
end

--- A value as a person wants to see it. Objects print themselves.
---@param value any
---@return string
function evaluate.show(value, indent, depth)
  indent, depth = indent or "", depth or 0
  local meta = getmetatable(value)
  if type(value) ~= "table" or meta and meta.__tostring then
    return depth == 0 and tostring(value) or scalar(value)
  end
  if next(value) == nil then return "{}" end
  if depth >= DEEPEST then return "{ … }" end
  local parts = {}
  local function add(text) parts[#parts + 1] = text end
  for _, element in ipairs(value) do add(evaluate.show(element, indent .. "  ", depth + 1)) end
  for _, key in ipairs(sorted_keys(value)) do
    add(key_text(key) .. " = " .. evaluate.show(value[key], indent .. "  ", depth + 1))
  end
  if #parts > MOST_ENTRIES then parts = table.move(parts, 1, MOST_ENTRIES, 1, { [MOST_ENTRIES + 1] = "…" }) end
  local line = "{ " .. table.concat(parts, ", ") .. " }"
  if #line + #indent < 100 and not line:find "\n" then return line end
  return "{\n" .. indent .. "  " .. table.concat(parts, ",\n" .. indent .. "  ") .. "\n" .. indent .. "}"
end

--- An error, and what the call gives with it: what receive() has got before the time was over, for example, which no
--- later call gives again.
local function show_failure(shell, err, with)
  shell:show_error(err)
  if with == nil or with == "" then return end
  shell:tell "with the error came:"
  shell:print(evaluate.show(with))
end

local function print_results(shell, ...)
  local values = table.pack(...)
  if values.n == 0 then return end
  shell.environment._ = values[1]
  if values[1] == nil and values.n > 1 then return show_failure(shell, values[2], values[3]) end
  while values.n > 1 and values[values.n] == nil do values.n = values.n - 1 end -- no error, that is
  for i = 1, values.n do
    -- Lines of a module, and texts, stay as they came.
    local meta = type(values[i]) == "table" and getmetatable(values[i])
    local is_ours = type(values[i]) == "table" and not (meta and meta.__name == "hayes.response")
    shell:print(evaluate.show(values[i]), nil, is_ours)
  end
end

local function ends_too_early(err) return err and err:find "<eof>$" end

--- Is this the beginning of Lua that goes on in the next line?
---@param text string
---@return boolean
function evaluate.is_unfinished(text)
  local f, err = load(text, "=line", "t")
  if f then return false end
  local expression, of_expression = load("return " .. text, "=line", "t")
  return not expression and (ends_too_early(err) or ends_too_early(of_expression)) ~= nil
end

--- Says once of each kind of object what tells of its methods: nothing that is printed shows that it has any.
local function show_help_of(shell, name, value)
  local kind = help.is_object(value) and getmetatable(value)
  if not kind or shell.shown_help[kind] then return end
  shell.shown_help[kind] = true
  if shell:has_person() then shell:tell(("help %s lists its methods"):format(name)) end
end

--- NAME = EXPRESSION as a function that gives what the expression gives, so that the error beside a nil is not lost.
local function assignment(shell, text)
  local name, expression = text:match "^%s*(%a[%w_]*)%s*=(.+)$"
  local f = name and load("return " .. expression, "=line", "t", shell.environment)
  if not f then return nil end
  return function()
    local values = table.pack(f())
    shell.environment[name] = values[1]
    if values[1] == nil and values[2] ~= nil then show_failure(shell, values[2], values[3]) end
    show_help_of(shell, name, values[1])
  end
end

--- What Lua says against the line itself, with what to do in place of it where that is known.
local function show_mistake(shell, text, words)
  words = words:gsub("^line:1: ", "")
  shell:show_error(words, not_lua.hint(text, shell.environment))
end

--- Runs a line; the value of an expression is printed. Raises what the line raises.
---@param shell hayes.cli.shell
---@param text string
function evaluate.run(shell, text)
  local f = load("return " .. text, "=line", "t", shell.environment)
  local err
  if not f then f, err = load(text, "=line", "t", shell.environment) end
  if not f then return show_mistake(shell, text, err) end
  f = assignment(shell, text) or f
  local results = table.pack(pcall(f))
  local is_nil = not results[1] and type(results[2]) == "string" and results[2]:find("a nil value", 1, true)
  local is_bare = results[1] and results.n == 2 and results[2] == nil and text:find "^modem[%w_.]+$"
  local remark = (is_nil or is_bare) and missing.of(shell.modem, text, shell.environment)
  if not results[1] then
    local is_mistake = type(results[2]) == "string" and results[2]:find "^line:1: attempt to "
    if is_mistake and not remark then return show_mistake(shell, text, results[2]) end
    error(remark or results[2], 0)
  end
  print_results(shell, table.unpack(results, 2, results.n))
  if remark then shell:tell(remark) end
  local name = results[1] and results.n == 2 and results[2] == nil and text:match "^%a[%w_]*$"
  if name and name ~= "nil" then
    local nearest = #name > SHORT and check.nearest(name, require("hayes.cli.shell.words").names())
    shell:tell(("no variable is called %s, and no word of the shell%s: help lists those"):format(name,
      nearest and (" (did you mean %s?)"):format(nearest) or ""))
  end
end

return evaluate
