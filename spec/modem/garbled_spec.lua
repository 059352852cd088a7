-- One byte of what the module says is lost, doubled or changed: whatever byte that is, a call gives a result or an error.
-- It does not raise, does not hang, and the modem stays open.

local calls = require "support.calls"
local errors = require "hayes.error"
local hayes = require "hayes"
local script = require "support.script"

--- What can become of the byte there.
local damages = {
  lost = function(bytes, at) return bytes:sub(1, at - 1) .. bytes:sub(at + 1) end,
  doubled = function(bytes, at) return bytes:sub(1, at) .. bytes:sub(at) end,
  letter = function(bytes, at) return bytes:sub(1, at - 1) .. "a" .. bytes:sub(at + 1) end,
  comma = function(bytes, at) return bytes:sub(1, at - 1) .. "," .. bytes:sub(at + 1) end,
  quote = function(bytes, at) return bytes:sub(1, at - 1) .. '"' .. bytes:sub(at + 1) end,
  number = function(bytes, at) return bytes:sub(1, at - 1) .. "99999999999999999999" .. bytes:sub(at + 1) end,
  rest = function(bytes, at) return bytes:sub(1, at - 1) .. "\r\n" end,
}

describe("An answer with a byte lost, doubled or changed", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  --- One run; `damage(bytes)` changes what the module says. How many bytes it said, and what was wrong.
  local function run(make_port, call, damage)
    local port = make_port()
    port.delay = 0.01
    local modem = assert(hayes.open_port(port, "script", { timeout = 3 }))
    local say, said = port.say, 0
    function port.say(self, bytes, delay)
      local from = said
      said = said + #bytes
      return say(self, damage(bytes, from), delay)
    end
    local began = hayes.now()
    local ok, result, err = pcall(hayes.run, function() return call(modem) end)
    local wrong
    if not ok then
      wrong = "it raises: " .. tostring(result)
    elseif result == nil and not errors.is(err) then
      wrong = "it gives nil, " .. tostring(err)
    elseif modem.closed_with then
      wrong = "it closes the modem: " .. tostring(modem.closed_with)
    elseif hayes.now() - began > 600 then
      wrong = ("it takes %d s"):format(hayes.now() - began)
    end
    modem:close()
    return said, wrong
  end

  for _, entry in ipairs(calls) do
    local _, make_port, call = table.unpack(entry)
    it(("leaves %s with a result or an error"):format(entry.title), function()
      local length = run(make_port, call, function(bytes) return bytes end)
      for at = 1, length do
        for kind, damage in pairs(damages) do
          local _, wrong = run(make_port, call, function(bytes, from)
            local here = at - from
            if here < 1 or here > #bytes then return bytes end
            return damage(bytes, here)
          end)
          assert.is_nil(wrong, ("byte %d (%s): %s"):format(at, kind, wrong))
        end
      end
    end)
  end
end)
