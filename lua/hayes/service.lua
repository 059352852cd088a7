--- What the services of a modem have in common: modem.ssl and the like print what they offer.

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

--- Gives a service its name; one that is an object already stays as it is.
---@param name string
---@param object table
function service.name(name, object)
  if type(object) ~= "table" or getmetatable(object) then return end
  names[object] = name
  setmetatable(object, Service)
end

return service
