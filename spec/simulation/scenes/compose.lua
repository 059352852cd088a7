--- A Quectel module with further services beside its sockets.

local quectel = require "simulation.quectel"

--- Each part is { commands = …, clear(module), lose_all(module)?, lose_context(module)? }.
---@param parts table[]
return function(parts)
  local kind, commands = {}, {}
  for name, value in pairs(quectel) do kind[name] = value end
  for name, f in pairs(quectel.commands) do commands[name] = f end
  for _, part in ipairs(parts) do
    for name, f in pairs(part.commands) do commands[name] = f end
  end
  kind.commands = commands
  function kind.clear(module)
    quectel.clear(module)
    for _, part in ipairs(parts) do part.clear(module) end
  end
  function kind.lose_all(module)
    quectel.lose_all(module)
    for _, part in ipairs(parts) do
      if part.lose_all then part.lose_all(module) end
    end
  end
  function kind.lose_context(module, says_closed)
    local any = quectel.lose_context(module, says_closed)
    for _, part in ipairs(parts) do
      if part.lose_context then any = part.lose_context(module) or any end
    end
    return any
  end
  return kind
end
