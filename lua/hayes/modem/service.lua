--- What the services of a modem have in common: modem.ssl and the like print what they offer.

local check = require "hayes.check"

local names = setmetatable({}, { __mode = "k" }) -- of services

local Service = { __name = "hayes.service" }

--- Not for users: the modem calls it when the module has restarted.
local is_internal = { reset = true }

function Service:__tostring()
  local functions = {}
  for name, value in pairs(self) do
    if type(value) == "function" and not is_internal[name] then functions[#functions + 1] = name end
  end
  table.sort(functions)
  return ('modem.%s: %s; modem:help "%s" tells more'):format(names[self], table.concat(functions, ", "), names[self])
end

local service = {}

--- Makes a service say what it offers when it is printed, and its functions refuse calls with a colon, and arguments
--- that they do not take. One that is an object with a metatable prints as it does.
---@param name string
---@param object any
---@param own boolean it is the library's
---@return any object
function service.dress(name, object, own)
  if type(object) ~= "table" then return object end
  check.service(object, name)
  if own then check.arguments(name, object) end
  if not getmetatable(object) then
    names[object] = name
    setmetatable(object, Service)
  end
  return object
end

return service
