--- Uses of the library under the shim of alloc_shim.c, in which so many allocations in a row fail.

local hayes = require "hayes"

local scarce = {}

local function is_memory(err)
  return tostring(err):find("not enough memory", 1, true) or tostring(err):find("out_of_memory", 1, true)
end

--- Calls f(...) as the program of hayes.run, with `width` failing allocations from a place on. Whether one has failed, and
--- what was raised, unless for want of memory.
---@param width integer
---@param from integer
---@param f function
---@return boolean reached, string? wrong
function scarce.memory(width, from, f, ...)
  collectgarbage()
  collectgarbage "stop"
  local arguments = table.pack(...)
  local ok, err = pcall(hayes.run, function()
    os.getenv(("ALLOC_SHIM:%d:%d"):format(from, width))
    return f(table.unpack(arguments, 1, arguments.n))
  end)
  local reached = os.getenv("ALLOC_SHIM:-1:0") == "failed"
  collectgarbage "restart"
  return reached, not ok and not is_memory(err) and tostring(err) or nil
end

--- Raises unless the modem works again, at the latest after so many seconds, or was closed for want of memory.
---@param modem hayes.modem
---@param seconds number
---@param probe? string  a command that its module answers
function scarce.works(modem, seconds, probe)
  hayes.run(function()
    hayes.sleep(1)
    hayes.spawn(hayes.sleep, 1):join(10)
  end)
  if modem.closed_with then
    assert(modem.closed_with.name == "out_of_memory", modem.closed_with)
    assert(modem.port.closed, "the port is open")
    return
  end
  if modem:at(probe or "AT+CSQ") then return end
  hayes.sleep(seconds) -- it is getting in step
  assert(modem:at(probe or "AT+CSQ"))
end

return scarce
