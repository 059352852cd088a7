--- hayes.use "eco" (lua-eco, from version 4): a coroutine of eco's serves the library, see foreign.lua.

local eco = require "eco"

local driver = {}

local known = setmetatable({}, { __mode = "k" }) -- coroutines of eco's

function driver.running()
  local running, is_main = coroutine.running()
  if is_main then return false end
  if not known[running] then
    for _, co in ipairs(eco.all()) do known[co] = true end
  end
  return known[running] or false
end

function driver.suspend()
  coroutine.yield()
end

function driver.wake(place)
  eco.resume(place.coroutine)
end

local serves = false

function driver.start(pump)
  if serves then return end
  serves = true
  eco.run(function()
    local ok, err
    local descriptor = eco.io(pump.fd)
    repeat
      descriptor:wait(eco.READ, pump.timeout())
      ok, err = pcall(pump.step)
    until not ok or not pump.wanted()
    serves = false
    if not ok then error(err, 0) end
  end)
end

return driver
