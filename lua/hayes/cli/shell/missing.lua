--- What to write in place of a name that the modem has not: Lua says "a nil value" alone.

local check = require "hayes.check"
local dialects = require "hayes.dialect"
local help = require "hayes.explain.help"

local missing = {}

--- Other dialects that have a service of this name.
local function elsewhere(modem, name)
  local list = {}
  for _, other in ipairs(dialects.names()) do
    local dialect = dialects.get(other)
    if other ~= modem.dialect.name and dialect.services and dialect.services[name] then list[#list + 1] = other end
  end
  return list
end

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do
    if type(key) == "string" and key ~= "reset" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end

local function there_is(what, name, names)
  local nearest = check.nearest(name, names)
  table.sort(names)
  return ("%s has no %s%s; it has %s"):format(what, name, nearest and (" (did you mean %s?)"):format(nearest) or "",
    table.concat(names, ", "))
end

local function of_modem(modem, name)
  local others = elsewhere(modem, name)
  local services = help.services(modem)
  if #others > 0 then
    return ("modem.%s is a service of other modules (dialect %s); this one (%s) has %s"):format(name,
      table.concat(others, ", "), modem.dialect.name, table.concat(services, ", "))
  end
  local names = table.move(help.methods, 1, #help.methods, #services + 1, services)
  return there_is("modem", name, names)
end

--- What a line of Lua asks of the modem, of one of its services or of an object in a variable that it has not, in
--- words; nil: nothing.
---@param modem hayes.modem
---@param text string
---@param environment table what the line's Lua sees
---@return string?
function missing.of(modem, text, environment)
  for name, rest in text:gmatch "%f[%w_]modem[.:]([%a_][%w_]*)([^\n]*)" do
    local value = modem[name]
    if value == nil then return of_modem(modem, name) end
    local member = type(value) == "table" and rest:match "^[.:]([%a_][%w_]*)"
    if member and value[member] == nil then return there_is("modem." .. name, member, sorted_keys(value)) end
  end
  for name, member in text:gmatch "%f[%w_]([%a_][%w_]*)[.:]([%a_][%w_]*)" do
    local value = rawget(environment, name)
    if name == "hayes" and type(value) == "table" and value[member] == nil then
      return there_is(name, member, help.names(modem, name))
    end
    if value ~= modem and help.is_object(value) and value[member] == nil then
      return there_is(name, member, help.methods_of(value))
    end
  end
end

return missing
