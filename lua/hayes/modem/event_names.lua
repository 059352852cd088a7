--- The names that modem:on and modem:wait take: events of the library, and prefixes of URCs, which a module may have
--- that no dialect declares.

local check = require "hayes.check"

local event_names = {}

local of_library = { "urc", "reboot", "closed", "desync", "resync", "foreign" }
event_names.of_library = of_library

--- What the library's events say, and which fields they have beside `name`, `line` and `time`.
event_names.meaning = {
  urc = "Stands for every URC, declared or not: the event has the URC's own name.",
  reboot = "The module has restarted. Connections and sessions are gone; start-up runs again before the next command.",
  closed = "The modem was closed, by close() or because the port went away; `line` says why.",
  desync = "The module does not answer as it should: nothing is sent until it answers again.",
  resync = "The module answers again after a `desync`.",
  foreign = "Another program speaks on this port: a result code came that nobody here waited for.",
}
local is_of_library = { lost = true, ready = true, damage = true }
for _, name in ipairs(of_library) do is_of_library[name] = true end

--- The declared URC that is meant by a name without its first character, in lower case, or with a colon at its end.
local function meant(declared, name)
  local bare = name:gsub(":%s*$", ""):upper()
  for candidate in pairs(declared) do
    local upper = candidate:upper()
    if upper == bare or upper:sub(2) == bare and upper:find "^%p" then return candidate end
  end
end

--- Raises for a name that no event can have.
---@param modem hayes.modem
---@param where string
---@param name string
function event_names.check(modem, where, name)
  check.value(where, "the event", name, { type = "string", line = true, filled = true })
  if is_of_library[name] then return end
  local declared = modem.dialect.urc_by_name or {}
  local written = not declared[name] and meant(declared, name)
  if written then check.fail(where, ("the event is %q; the URC is written %q"):format(name, written)) end
  if name:find "^%l+$" then check.value(where, "the event", name, { values = of_library }) end
  if name:find ":%s*$" then
    check.fail(where, ("the event is %q; it is the name of a URC, without the colon that follows it: %q"):format(name,
      name:gsub(":%s*$", "")))
  end
end

--- A declared URC whose name is like one that is not declared.
---@param modem hayes.modem
---@param name string
---@return string?
function event_names.like(modem, name)
  local declared = modem.dialect.urc_by_name or {}
  if is_of_library[name] or declared[name] then return nil end
  local nearest = check.nearest(name, check.names(declared))
  return nearest and check.distance(name:lower(), nearest:lower()) <= math.max(1, #name // 4) and nearest or nil
end

return event_names
