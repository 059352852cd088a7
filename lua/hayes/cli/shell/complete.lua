--- What Tab offers: AT commands with their parameters and values, the shell's words, and Lua names.

local help = require "hayes.explain.help"
local completion = require "hayes.explain.completion"
local layout = require "hayes.explain.layout"

local complete = {}

--- Names of a service that cannot be found by looking: a service is made when it is first asked for.
local function names_of(modem, value)
  local names = {}
  if type(value) ~= "table" then return names end
  if help.is_object(value) and value ~= modem then
    for _, key in ipairs(help.methods_of(value)) do names[key] = true end
    return names
  end
  for key in pairs(value) do names[key] = true end
  local meta = getmetatable(value)
  local index = meta and meta.__index
  for key in pairs(type(index) == "table" and index or {}) do names[key] = true end
  if value == modem then
    names = {}
    for _, key in ipairs(help.methods) do names[key] = true end
    names.address = true
    for _, key in ipairs(help.services(modem)) do names[key] = true end
  end
  return names
end

--- The object that the words before the last dot or colon name; nil: there is none.
local function object_of(shell, path)
  local value = shell.environment
  for word in path:gmatch "[%a_][%w_]*" do
    local ok, next_value = pcall(function() return value[word] end)
    if not ok or next_value == nil then return nil end
    value = next_value
  end
  return value
end

local function lua_names(shell, text)
  local before, path, word = text:match "^(.-)([%a_][%w_.:]*[.:])([%w_]*)$"
  if not path then
    before, word = text:match "^(.-)([%a_][%w_]*)$"
    path = ""
  end
  if not before then return {} end
  local value = path == "" and shell.environment or object_of(shell, path)
  local names = names_of(shell.modem, value)
  if path == "" then
    for key in pairs(_G) do names[key] = true end
    for _, name in ipairs(require("hayes.cli.shell.words").names()) do names[name] = true end
  end
  local list = {}
  for name in pairs(names) do
    if type(name) == "string" and name:sub(1, #word) == word and not name:find "^__" then
      list[#list + 1] = path .. name
    end
  end
  table.sort(list)
  return list
end

--- The names that help knows, or those below the name that stands before the last dot or colon.
local function topic_names(shell, before)
  local variable = before and rawget(shell.environment, before)
  if help.is_object(variable) then return help.methods_of(variable) end
  local names = help.names(shell.modem, before)
  if before then return names end
  for name, value in pairs(shell.environment) do
    if value ~= shell.modem and help.is_object(value) then names[#names + 1] = name end
  end
  local words = require("hayes.cli.shell.words").names()
  return table.move(words, 1, #words, #names + 1, names)
end

--- What may follow the word help.
local function topics(shell, text)
  local path, before = text:match "^(([%a_][%w_]*)[.:])"
  local list, seen = {}, {}
  for _, name in ipairs(topic_names(shell, before)) do
    local topic = (path or "") .. name
    if topic:sub(1, #text) == text and not seen[topic] then list[#list + 1] = topic end
    seen[topic] = true
  end
  table.sort(list)
  return list
end

--- What the parameter under the cursor may be.
local function about(param)
  local text = param.name .. (param.range and param.range ~= "" and ", " .. param.range or "")
  return param.doc and text .. ": " .. param.doc or text
end

local MOST_HINTED = 12 -- values

--- Shows the form that is being typed, and what may follow: the parameter with its values, or keys, in words.
local function hint(shell, found)
  local lines = {}
  lines[1] = found.syntax
  if found.param then lines[#lines + 1] = "  " .. about(found.param) end
  if found.syntax then
    local rows = {}
    for i, candidate in ipairs(found.candidates) do
      if i > MOST_HINTED then
        rows[#rows + 1] = { "…", ("%d more"):format(#found.candidates - MOST_HINTED) }
        break
      end
      -- Numbers of a range have no meaning of their own.
      local has_own = not (found.param and candidate.meaning == found.param.doc)
      if has_own then rows[#rows + 1] = { candidate.text, candidate.meaning } end
    end
    for _, line in ipairs(layout.table(rows, "    ")) do lines[#lines + 1] = line end
  end
  if not found.param and #found.candidates == 0 then return end
  local text = table.concat(lines, "\n")
  if text ~= "" and text ~= shell.hinted then shell:tell(text) end -- Tab is often typed twice
  shell.hinted = text
end

--- The text that replaces the word from `from` on, which readline may begin before the quote, or behind it: then it
--- closes the quote by itself.
local function replacement(line, from, found, candidate)
  if found.from < from then return (candidate.text:sub(from - found.from + 1):gsub('"$', "")) end
  return line:sub(from, found.from - 1) .. candidate.text
end

local function at_command(shell, line, from)
  local found = completion(shell.modem.dialect, line)
  local list = {}
  for i, candidate in ipairs(found.candidates) do list[i] = replacement(line, from, found, candidate) end
  if #list ~= 1 then hint(shell, found) end
  return list
end

--- The candidates for the word that readline completes: text from `from` to `to`.
---@param shell hayes.cli.shell
---@param text string   the whole line
---@param from integer  the first byte of the word, from 1
---@param to integer    the last byte before the cursor
---@return string[]
function complete.candidates(shell, text, from, to)
  shell.editor.readline.set_completion_append_character ""
  local line = text:sub(1, to)
  local watched = line:match "^%s*watch%s+[%d.]+%s+(.*)$"
  local question = line:match "^%s*%?%s*(.*)$"
  local sent = watched or question or line
  if sent:find "^%s*[Aa][Tt]" or question then
    return at_command(shell, sent, from - (#line - #sent))
  end
  local list = {}
  local topic = line:match "^%s*help%s+([%w_.:]*)$"
  local is_topic = topic and not topic:find "^modem[.:]"
  for i, name in ipairs(is_topic and topics(shell, topic) or lua_names(shell, line)) do
    local start = #line - #(line:match "[%a_][%w_.:]*$" or "")
    list[i] = name:sub(from - start)
  end
  return list
end

return complete
