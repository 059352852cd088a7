--- hayes.testing under shorter names, and what start-up asks a Quectel module. Functions in `commands` get the line and
--- the port.

local testing = require "hayes.testing"

local script = {
  virtual_time = testing.virtual_time, real_time = testing.real_time, now = testing.now, pass = testing.pass,
}

--- Like testing.port, but what it says keeps the order in which it was told to, as on a line that something is late on.
local function say_behind(port, bytes, delay)
  local last, now = port.said[#port.said], testing.now()
  delay = delay or port.delay
  if last and last.at > now + delay then delay = last.at - now + 1e-9 end -- more than the rounding of such a sum
  return getmetatable(port).__index.say(port, bytes, delay)
end

function script.port(answer)
  local port = testing.port(answer)
  port.say = say_behind
  return port
end

--- An answer function for script.port that takes command lines: see testing.module.
function script.commands(commands)
  local answers = setmetatable({}, {
    __index = function(_, line)
      local reply = commands[line]
      if type(reply) ~= "function" then return reply end
      return function(port) return reply(port.line, port) end
    end,
    __pairs = function() return pairs(commands) end,
  })
  return testing.commands(answers)
end

--- What start-up asks a Quectel module, with its answers; more commands are put beside them.
function script.quectel(commands)
  local all = {
    ["AT"] = "\r\nOK\r\n", ["ATE0"] = "ATE0\r\r\nOK\r\n", ["ATV1"] = "\r\nOK\r\n", ["AT+CMEE=1"] = "\r\nOK\r\n",
    ["ATI"] = "\r\nQuectel\r\nEC200U\r\nRevision: EC200UCNAAR03A15M08\r\n\r\nOK\r\n",
    ['AT+QURCCFG="urcport"'] = '\r\n+QURCCFG: "urcport","all"\r\n\r\nOK\r\n',
  }
  for line, reply in pairs(commands or {}) do all[line] = reply end
  return script.commands(all)
end

return script
