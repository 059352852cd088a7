--- The `---@class` comments of the library's sources, taken apart: classes with their fields.

local docs = require "hayes.explain.docs"

local annotations = {}

---@class hayes.manual.field
---@field name string
---@field type string
---@field optional boolean
---@field text string

---@class hayes.manual.class
---@field name string
---@field parent? string
---@field text string
---@field fields hayes.manual.field[]
---@field path string
---@field line integer
---@field alias? string     it is another name of this type, and has no fields
---@field variable? string  the local variable below it, which functions are attached to

local function files()
  local pipe <close> = assert(io.popen "find lua -name '*.lua' | sort")
  local list = {}
  for path in pipe:lines() do list[#list + 1] = path end
  return list
end

local function strip(text) return (text:match "^%s*(.-)%s*$") end

local function class_of(text, path, line)
  local name, rest = text:match "^@class%s+([%w_.]+)%s*(.*)$"
  local parent = rest:match "^:%s*([%w_.]+)"
  if parent then rest = rest:gsub("^:%s*[%w_.]+%s*", "") end
  return { name = name, parent = parent, text = strip(rest), fields = {}, path = path, line = line }
end

local function field_of(text)
  local name, rest = text:match "^@field%s+(%[?[%w_]+%]?%??)%s+(.*)$"
  local kind, description = docs.split_type(rest or "")
  return { name = name and name:gsub("%?$", ""), optional = name ~= nil and name:find "%?$" ~= nil, type = kind,
    text = description }
end

--- The classes in the lines of a file, each added to `found`. A comment above `@class` describes it.
local function read(path, found)
  local class, field, before, number = nil, nil, {}, 0
  for line in io.lines(path) do
    number = number + 1
    local text = line:match "^%s*%-%-%-(.*)$"
    if not text then
      if class then class.variable = line:match "^%s*local ([%w_]+)" or line:match "^%s*([%w_]+) =" end
      class, field, before = nil, nil, {}
    elseif text:find "^@class" then
      local of_file = class_of(text, path, number)
      class = found[of_file.name] or of_file -- whose methods are in several files
      if of_file.text ~= "" then class.text, class.path = of_file.text, path end
      if #before > 0 then class.text = strip(table.concat(before, " ") .. " " .. class.text) end
      found[class.name] = class
      field = nil
    elseif text:find "^@alias" then
      local name, kind = text:match "^@alias%s+([%w_.]+)%s+(.*)$"
      found[name] = { name = name, text = strip(table.concat(before, " ")), fields = {}, alias = kind, path = path,
        line = number }
    elseif text:find "^@field" and class then
      local is_internal = text:find "^@field%s+package%s" or text:find "^@field%s+private%s"
      field = field_of(text)
      if not is_internal then class.fields[#class.fields + 1] = field end
    elseif text:find "^@" then
      field = nil
    elseif class then
      local to = field or class
      to.text = strip(to.text .. " " .. strip(text))
    else
      before[#before + 1] = strip(text)
    end
  end
end

--- Every class that the sources of the library describe, by name.
---@return table<string, hayes.manual.class>
function annotations.classes()
  local found = {}
  for _, path in ipairs(files()) do read(path, found) end
  return found
end

--- The names of classes of the library in a type.
---@param kind string
---@return string[]
function annotations.names_in(kind)
  local names = {}
  for name in kind:gmatch "hayes%.[%w_.]*[%w_]" do names[#names + 1] = name end
  return names
end

return annotations
