--- Checks of what callers give. Wrong use raises, naming the argument, the value and what is allowed; the position in
--- the message is that of the first caller outside the library.

local check = {}

--- A value in one line.
local function show(value)
  if type(value) == "string" then return (("%q"):format(value):gsub("\\\n", "\\n")) end
  if type(value) == "number" or type(value) == "boolean" or value == nil then return tostring(value) end
  return "a " .. type(value)
end

--- The edit distance of two words.
---@param a string
---@param b string
---@return integer
function check.distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal
    diagonal, row[0] = row[0], i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      diagonal, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
    end
  end
  return row[#b]
end

local function is_in_front(a, b)
  local kind, other = type(a), type(b)
  if kind ~= other then return kind < other end
  if kind == "number" or kind == "string" then return a < b end
  return tostring(a) < tostring(b)
end

--- The keys of a table, sorted; of a table from outside they may be of any types.
---@generic K
---@param map table<K, any>
---@return K[]
function check.names(map)
  local names = {}
  for name in pairs(map) do names[#names + 1] = name end
  table.sort(names, is_in_front)
  return names
end

--- The known word nearest to a misspelt one.
---@param word string
---@param known any[] what is no word is left out
---@return string?
function check.nearest(word, known)
  local best, least = nil, math.max(2, #word // 2) + 1
  table.sort(known, is_in_front)
  local lower = word:lower()
  for _, candidate in ipairs(known) do
    -- Lengths that differ by more rule a word out; the distance itself takes time in proportion to their
    -- product.
    local near = type(candidate) == "string" and math.abs(#word - #candidate) < least
    local d = near and check.distance(lower, candidate:lower())
    if d and d < least then best, least = candidate, d end
  end
  return best
end

--- The folder of the library; nil where its sources have been stripped of their names (`luac -s`).
local library = debug.getinfo(1, "S").source:match("^(.*)check%.lua$")

--- The level, as error() counts it for the function that asks, of the first caller outside the library.
local function outside()
  if not library then return 0 end
  local level = 3
  while true do
    local info = debug.getinfo(level, "S")
    if not info then return 0 end
    if info.what ~= "C" and info.source:sub(1, #library) ~= library then return level - 1 end
    level = level + 1
  end
end

--- Where in the caller's program this was called from, as `script.lua:12`.
---@return string
function check.position()
  local level = outside()
  local info = level > 0 and debug.getinfo(level, "Sl")
  return info and ("%s:%d"):format(info.short_src, info.currentline) or "?"
end

local collecting = false

--- Raises with a message about an argument.
---@param where string the function or option list, e.g. `hayes.open`
---@param message string
function check.fail(where, message)
  if collecting then error({ problem = message }, 0) end
  error(where .. ": " .. message, outside())
end

--- What checks that would raise have to say, for arguments that may come from the far side: nil if they are satisfied.
---@param f function  it must not wait
---@return string?
function check.problem(f, ...)
  collecting = true
  local ok, err = pcall(f, ...)
  collecting = false
  if ok then return nil end
  return type(err) == "table" and err.problem or error(err, 0)
end

--- Services of modems, by which a call with a colon in place of a dot is known.
local services = setmetatable({}, { __mode = "k" })

--- Notes that this is a service of a modem: gives it.
---@param service table
---@param name string
function check.service(service, name)
  services[service] = name
  return service
end

--- `modem.ssl:open(…)` gives the service for the first argument.
local function refuse_colon(where, value)
  if not services[value] then return end
  local call = where:match("[%w_]+$")
  check.fail(where, ("call it with a dot: modem.%s.%s(…), not modem.%s:%s(…)"):format(services[value], call,
    services[value], call))
end

local function in_words(list)
  local words = {}
  for i, value in ipairs(list) do words[i] = show(value) end
  return table.concat(words, ", ")
end

local function matches_type(value, kind)
  if kind == "integer" then return type(value) == "number" and math.tointeger(value) ~= nil end
  if kind == "callable" then
    local meta = getmetatable(value)
    return type(value) == "function" or (meta and meta.__call ~= nil)
  end
  return type(value) == kind
end

local lists = {} -- of types, by the text that names them: `type` of a rule

local function has_type(value, kinds)
  local list = lists[kinds]
  if not list then
    list = {}
    for kind in kinds:gmatch("[^|]+") do list[#list + 1] = kind end
    lists[kinds] = list
  end
  for i = 1, #list do
    if matches_type(value, list[i]) then return true end
  end
  return false
end

--- Whether a list holds a value.
---@param list any[]
---@return boolean
function check.contains(list, value)
  for _, candidate in ipairs(list) do
    if candidate == value then return true end
  end
  return false
end

--- The entry of a list that has a name; nil where none has it.
---@param list? { name: any }[]
---@param name any
---@return table?
function check.named(list, name)
  for _, entry in ipairs(list or {}) do
    if entry.name == name then return entry end
  end
end

--- A value as it may be shown: of one that is a secret its type alone.
local function show_of(rule, value)
  return rule.secret and value ~= nil and "a " .. (math.type(value) and "number" or type(value)) or show(value)
end

--- Raises unless the value has one of the rule's types. Returns the value; an integral float becomes an integer where
--- the rule allows integers.
local function of_type(where, name, value, rule)
  if not rule.type then return value end
  if not has_type(value, rule.type) then
    if type(value) == "table" then refuse_colon(where, value) end
    check.fail(where, ("%s is %s; it must be %s"):format(name, show_of(rule, value),
      rule.type:gsub("|", " or ")))
  end
  local integral = rule.type:find("integer", 1, true) and type(value) == "number"
  return integral and math.tointeger(value) or value
end

--- One value against its rule: `type` (of Lua, `integer` or `callable`, several with `|`), `values` (a list), `min`,
--- `max`, `longest` (a string's bytes), `sendable` (no control character, which would edit or end a command line),
--- `line` (no quote either, which would end a quoted parameter in it), `secret` (it is not shown), `filled` (not an
--- empty text), `without` (a text that it must not hold).
function check.value(where, name, value, rule)
  if rule.values and check.contains(rule.values, value) then return value end
  if rule.values and not rule.type then
    check.fail(where, ("%s is %s; it must be one of %s"):format(name, show_of(rule, value), in_words(rule.values)))
  end
  value = of_type(where, name, value, rule)
  if value == "" and rule.filled then check.fail(where, name .. " is empty") end
  if rule.without and type(value) == "string" and value:find(rule.without, 1, true) then
    check.fail(where, ("%s is %s; it must not hold %s"):format(name, show_of(rule, value), rule.without))
  end
  if value ~= value then check.fail(where, ("%s is NaN; it must be a number"):format(name)) end
  if rule.min and type(value) == "number" and (value < rule.min or value > rule.max) then
    check.fail(where, ("%s is %s; it must be from %.14g to %.14g"):format(name, show_of(rule, value), rule.min,
      rule.max))
  end
  if rule.longest and type(value) == "string" and #value > rule.longest then
    check.fail(where, ("%s is %d bytes long; it must be at most %d"):format(name, #value, rule.longest))
  end
  if rule.line and type(value) == "string" then check.line(where, name, value) end
  if rule.sendable and type(value) == "string" then check.no_control(where, name, value) end
  return value
end

--- The known name that a misspelt option is nearest to, or that begins as it does: `cert` is meant for `certificate`.
local function nearest_option(name, rules)
  if type(name) ~= "string" then return nil end
  local names = check.names(rules)
  local nearest = check.nearest(name, names)
  if nearest or #name < 2 then return nearest end
  for _, known in ipairs(names) do
    if known:sub(1, #name) == name or name:sub(1, #known) == known then return known end
  end
end

--- A table of options against the rules by name; gives a new table with the defaults filled in. An option that no
--- rule names raises, with the nearest one that is known.
function check.options(where, given, rules)
  if given ~= nil and type(given) ~= "table" then
    check.fail(where, ("the options are %s; they must be a table"):format(show(given)))
  end
  if given then refuse_colon(where, given) end
  local options = {}
  for name, rule in pairs(rules) do options[name] = rule.default end
  for name, value in pairs(given or {}) do
    local rule = rules[name]
    if not rule then
      local nearest = nearest_option(name, rules)
      check.fail(where, ("no option is called %s%s"):format(show(name),
        nearest and (" (did you mean %s?)"):format(nearest) or ""))
    end
    options[name] = check.value(where, name, value, rule)
  end
  for name, rule in pairs(rules) do
    if rule.required and options[name] == nil then
      check.fail(where, ("the option %s is missing"):format(name))
    end
  end
  return options
end

-- Bytes that no command line may hold: a module edits the line while it comes (V.250 5.2.2: backspace takes away what
-- stands before it, and which byte is backspace is register S5), ends it (CR, or another byte in S3), or leaves the
-- prompt (Ctrl-Z, ESC). So all control characters are refused, wherever they come from.
local CONTROL = "[\0-\31\127]"

local byte_names = {
  [0] = "NUL", [8] = "a backspace", [9] = "a tab", [10] = "LF", [13] = "CR", [26] = "Ctrl-Z", [27] = "ESC",
  [127] = "DEL",
}

local function byte_name(byte)
  return byte_names[byte] or ("the control character 0x%02X"):format(byte)
end

--- Where and what the first control character of a text is: index and name, nil when there is none.
local function find_control(value)
  local at = value:find(CONTROL)
  return at, at and byte_name(value:byte(at))
end

--- A text that goes into a command line: control characters (below 0x20, and 0x7F) raise.
---@param where string
---@param name string
---@param value string
---@return string
function check.no_control(where, name, value)
  local at, byte = find_control(value)
  if at then check.fail(where, ("%s holds %s at byte %d, which cannot be sent in a command"):format(name, byte, at)) end
  return value
end

--- The same for a quoted parameter, which a quote would end.
function check.line(where, name, value)
  check.no_control(where, name, value)
  local at = value:find('"', 1, true)
  if at then
    check.fail(where, ("%s holds a quote at byte %d, which cannot be sent in a command"):format(name, at))
  end
  return value
end

--- The same for a whole command line.
function check.command(where, value)
  local at, byte = find_control(value)
  if at then
    check.fail(where, ("the command holds %s at byte %d; a command is one line without control characters"):format(byte,
      at))
  end
  return value
end

local function count_given(...)
  local count = select("#", ...)
  while count > 0 and (select(count, ...)) == nil do count = count - 1 end
  return count
end

local function refuse_surplus(where, most, given)
  local count = given == 1 and "an argument" or given .. " arguments"
  local takes = most == 0 and "none" or most .. " at most"
  check.fail(where, ("it is given %s, and takes %s"):format(count, takes))
end

local originals = setmetatable({}, { __mode = "k" }) -- of the functions that check.arguments has put in their places

--- The function as it is defined, which check.arguments may have put another in front of.
---@param f function
---@return function
function check.original(f)
  return originals[f] or f
end

local taken = setmetatable({}, { __mode = "k" }) -- rules of options, by function

--- Notes which options a function takes, for modem:help. A rule's `doc` says what the option is.
---@param f function
---@param rules table<string, table>
function check.takes(f, rules) taken[f] = rules end

--- The rules of the options that a function takes, those in a table of options (`fields` of its rule) as
--- `backoff.first`; nil: not noted.
---@param f function
---@return table<string, table>?
function check.options_of(f)
  local rules = taken[check.original(f)]
  local all = nil -- a list of its own only where there is such a table
  for name, rule in pairs(rules or {}) do
    for inner, its_rule in pairs(rule.fields or {}) do
      all = all or {}
      all[name .. "." .. inner] = its_rule
    end
  end
  for name, rule in pairs(all and rules or {}) do all[name] = rule end
  return all or rules
end

--- Makes the functions of a service refuse more arguments than they take, which would not be used.
---@param prefix string "network"
---@param service table
function check.arguments(prefix, service)
  for name, f in pairs(service) do
    local info = type(f) == "function" and debug.getinfo(f, "u")
    if info and not info.isvararg and name ~= "reset" then -- which the modem calls
      local most = info.nparams
      service[name] = function(...)
        refuse_colon(prefix .. "." .. name, (...))
        local given = select("#", ...) > most and count_given(...) or 0
        if given > most then
          refuse_surplus(prefix .. "." .. name, most, given)
        end
        return f(...)
      end
      originals[service[name]] = f
    end
  end
end

--- Makes methods refuse calls with a dot, `modem.at("AT")`, in which the first argument takes the object's place.
---@param class table       the metatable of the objects
---@param word string       what a program calls one: "modem"
---@param names string[]
function check.methods(class, word, names)
  for _, name in ipairs(names) do
    local f = class[name]
    class[name] = function(self, ...)
      if getmetatable(self) ~= class then
        check.fail(word .. ":" .. name, ("call it with a colon: %s:%s(…), not %s.%s(…)"):format(word, name, word,
          name))
      end
      return f(self, ...)
    end
    originals[class[name]] = f
  end
end

check.show = show

return check
