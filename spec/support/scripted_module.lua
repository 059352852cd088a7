--- A scripted module (hayes.testing) with a modem on it, for specs of what a dialect declares.

local testing = require "hayes.testing"

local scripted_module = { OK = "\r\nOK\r\n" }

--- Opens a modem on a module that gives these answers. Time is virtual until close().
---@param answers table<string, string|function> as for testing.module
---@param dialect table|string
function scripted_module.open(answers, dialect)
  testing.virtual_time()
  local module = testing.module(answers)
  return module, assert(module:open { dialect = dialect })
end

function scripted_module.close(modem)
  modem:close()
  testing.real_time()
end

--- How often the module was sent this command line.
function scripted_module.count(module, line)
  local count = 0
  for _, sent in ipairs(module.lines) do
    if sent == line then count = count + 1 end
  end
  return count
end

--- The answer to a command line that ends with a length: a prompt, and `f(bytes, …)` once so many bytes have come, with
--- what the pattern of the line captures before the length.
---@param f fun(bytes: string, ...): string?
function scripted_module.prompt(f)
  return function(module, ...)
    local captured = { ... }
    module:take(tonumber(table.remove(captured)), function(bytes) return f(bytes, table.unpack(captured)) end)
    return "\r\n>"
  end
end

return scripted_module
