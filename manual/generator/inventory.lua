--- What is public, asked of the library as it runs: the functions of `hayes`, the modem's methods, the services of each
--- dialect, and the methods of every class that has a name (`__name`). What a comment marks `@package` is the library's
--- own.

local check = require "hayes.check"
local core = require "hayes.core"
local dialects = require "hayes.dialect"
local docs = require "hayes.explain.docs"
local hayes = require "hayes"
local help = require "hayes.explain.help"
local Modem = require "hayes.modem"
local testing = require "hayes.testing"

local inventory = {}

---@class hayes.manual.thing
---@field call string   as it is written in a program: `modem.ssl.open`, `sock:send`
---@field name string   `open`
---@field f function
---@field doc? hayes.doc
---@field rules? table<string, table>  of its options

---@class hayes.manual.group
---@field title string    `modem.ssl`, `hayes.socket`
---@field kind "module"|"service"|"class"
---@field dialect? string
---@field text? string
---@field things hayes.manual.thing[]
---@field variables? { call: string, value: any, text: string? }[]  that programs may set

local function by(field)
  return function(a, b) return a[field] < b[field] end
end

--- Takes the object as its first argument: a method, not a function that happens to be in the class.
local function is_method(doc)
  local first = doc.arguments:match "^[%w_]*"
  return doc.name:find(":", 1, true) or first == "_" or first == "self" or first == "modem"
end

--- The public functions of a table, by name; `call` is what stands in front of the name.
local function things_of(object, call)
  local things = {}
  for name, f in pairs(object) do
    if type(name) == "string" and type(f) == "function" and not name:find "^__" and name ~= "reset" then
      local doc = docs.of(f)
      if not (doc and (doc.internal or call:find ":$" and not is_method(doc))) then
        things[#things + 1] = { call = call .. name, name = name, f = f, doc = doc, rules = check.options_of(f) }
      end
    end
  end
  table.sort(things, by "name")
  return things
end

--- The variables of a module, which programs may set.
local function variables_of(module, name)
  local list = {}
  for key, value in pairs(module) do
    local kind = type(value)
    if kind ~= "function" and kind ~= "table" and not key:find "^_" then
      list[#list + 1] = { call = name .. "." .. key, value = value, text = docs.variable(name, key) }
    end
  end
  table.sort(list, by "call")
  return list
end

--- Modems without modules, one for each dialect of the library: their services can be looked at.
---@return table<string, hayes.modem>
function inventory.modems()
  local modems = {}
  for _, name in ipairs(dialects.names()) do
    local near, far = core.socket_pair()
    local port = { fd = function() return near:fd() end, push = function() return false end,
      pump = function() return nil, false end }
    function port.close()
      near:close()
      far:close()
    end
    modems[name] = Modem.new(port, name, dialects.get(name), { timeout = 1, gap = 0, speed = 0 })
  end
  return modems
end

--- Classes that have their parent's name, so that they print as it does.
local derived = { ["hayes.socket"] = "hayes.datagram" }

-- Classes: every table with a name that can be reached from what is public, through upvalues.

local folder = debug.getinfo(check.fail, "S").source:match "^(.*)check%.lua$"

--- Calls seen(table) for each table that the library's functions can reach.
local function walk(root, seen)
  local visited = {}
  local pending = { root }
  local function add(value)
    if (type(value) == "table" or type(value) == "function") and not visited[value] then
      visited[value] = true
      pending[#pending + 1] = value
    end
  end
  while #pending > 0 do
    local value = table.remove(pending)
    if type(value) == "function" then
      local info = debug.getinfo(value, "S")
      if info.source:sub(1, #folder) == folder then
        for i = 1, 255 do
          local name, upvalue = debug.getupvalue(value, i)
          if not name then break end
          if name ~= "_ENV" then add(upvalue) end
        end
      end
    else
      seen(value)
      local meta = debug.getmetatable(value)
      if not (meta and rawget(meta, "__mode")) then -- a list of what there is anywhere leads everywhere
        for key, element in next, value do
          add(key)
          add(element)
        end
      end
      add(debug.getmetatable(value))
    end
  end
end

--- What the public things can reach: classes by name, and the tables that are rules of options.
---@return table<string, table> classes, table[] rules
function inventory.reach(groups)
  local classes, rules = {}, {}
  local roots = { require "hayes.explain", help }
  for _, group in ipairs(groups) do
    for _, thing in ipairs(group.things) do roots[#roots + 1] = check.original(thing.f) end
  end
  walk(roots, function(value)
    local name = rawget(value, "__name")
    if type(name) == "string" and name:find "^hayes%." then
      local parent = (getmetatable(value) or {}).__index
      local is_derived = type(parent) == "table" and rawget(parent, "__name") == name
      classes[is_derived and derived[name] or name] = value
    end
    local first = next(value)
    local is_rules = type(first) == "string"
    for _, rule in next, value do
      is_rules = is_rules and type(rule) == "table" and getmetatable(rule) == nil
        and (type(rule.type) == "string" and rule.params == nil or type(rule.values) == "table" and rule.bit == nil)
    end
    if is_rules then rules[#rules + 1] = value end
  end)
  return classes, rules
end

--- What a program usually calls an object of a class.
local variables = {
  ["hayes.socket"] = "sock", ["hayes.datagram"] = "sock", ["hayes.ftp"] = "ftp", ["hayes.modem"] = "modem",
}

--- What prints services is no class of a program's.
local is_inner = { ["hayes.service"] = true }

local function class_groups(groups)
  local names, classes = {}, inventory.reach(groups)
  for name in pairs(classes) do
    if not is_inner[name] then names[#names + 1] = name end
  end
  table.sort(names)
  local list = {}
  for _, name in ipairs(names) do
    local class = classes[name]
    local variable = variables[name] or name:match "[%w_]+$"
    list[#list + 1] = { title = name, kind = "class", class = class, things = things_of(class, variable .. ":") }
  end
  return list
end

--- Everything public, in groups: the module, services, classes.
---@return hayes.manual.group[]
function inventory.groups()
  local groups = {}
  groups[1] = { title = "hayes", kind = "module", text = docs.head "hayes", things = things_of(hayes, "hayes."),
    variables = variables_of(hayes, "hayes") }
  groups[2] = { title = "hayes.mqtt", kind = "module", text = docs.head "hayes.mqtt",
    things = things_of(hayes.mqtt, "hayes.mqtt.") }
  groups[3] = { title = "hayes.testing", kind = "module", text = docs.head "hayes.testing",
    things = things_of(testing, "testing.") }
  local modems = inventory.modems()
  for _, dialect in ipairs(dialects.names()) do
    local modem = modems[dialect]
    for _, name in ipairs(help.services(modem)) do
      local text = docs.head(modem.dialect.services[name])
      groups[#groups + 1] = { title = "modem." .. name, kind = "service", dialect = dialect, text = text,
        things = things_of(modem[name], "modem." .. name .. ".") }
      local meta = getmetatable(modem[name])
      local call = meta and meta.__call
      if call then
        table.insert(groups[#groups].things, 1,
          { call = "modem." .. name, name = name, f = call, doc = docs.of(call) })
      end
    end
    modem:close()
  end
  groups[#groups + 1] = { title = "hayes.modem", kind = "class", class = Modem, things = things_of(Modem, "modem:") }
  for _, group in ipairs(class_groups(groups)) do
    if group.title ~= "hayes.modem" then groups[#groups + 1] = group end
  end
  return groups
end

return inventory
