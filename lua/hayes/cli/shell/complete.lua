--- What Tab offers: AT commands with their parameters and values, the shell's words, and Lua names.

local help = require "hayes.explain.help"
local completion = require "hayes.explain.completion"

local complete = {}

--- Names of a service that cannot be found by looking: a service is made when it is first asked for.
local function names_of(modem, value)
  local names = {}
  if type(value) ~= "table" then return names end
  for key in pairs(value) do names[key] = true end
  local meta = getmetatable(value)
  local index = meta and meta.__index
  for key in pairs(type(index) == "table" and index or {}) do names[key] = true end
  if value == modem then
    names = {}
    for _, key in ipairs(help.methods) do names[key] = true end
    names.address = true
    for key in pairs(modem.dialect.services) do names[key] = true end
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

--- Shows what may be typed where nothing can be completed.
local function hint(shell, found)
  local param = found.param
  if not param then return end
  local text = param.name .. (param.range and param.range ~= "" and ", " .. param.range or "")
  if param.doc then text = text .. ": " .. param.doc end
  text = (found.syntax and found.syntax .. "   " or "") .. text
  if text ~= shell.hinted then shell:tell(text) end -- Tab is often typed twice
  shell.hinted = text
end

local function at_command(shell, line, from)
  local found = completion(shell.modem.dialect, line)
  local list = {}
  -- readline replaces from its own idea of the beginning of a word.
  for i, candidate in ipairs(found.candidates) do
    list[i] = line:sub(from, found.from - 1) .. candidate.text
  end
  if #list == 0 then hint(shell, found) end
  if #list > 1 and found.param then hint(shell, found) end
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
  for i, name in ipairs(lua_names(shell, line)) do
    local start = #line - #(line:match "[%a_][%w_.:]*$" or "")
    list[i] = name:sub(from - start)
  end
  return list
end

return complete
