--- hayes.use "cqueues": each controller in which a coroutine waits serves the library, see foreign.lua.

local condition = require "cqueues.condition"
local cqueues = require "cqueues"

local driver = {}

function driver.running()
  local controller, own = cqueues.running()
  return controller ~= nil and own
end

function driver.suspend(place)
  place.condition = place.condition or condition.new()
  cqueues.poll(place.condition)
end

function driver.wake(place)
  if place.condition then place.condition:signal() end
end

local served = setmetatable({}, { __mode = "k" }) -- controllers

function driver.start(pump)
  local controller = cqueues.running()
  if not controller or served[controller] then return end
  served[controller] = true
  local pollable = { pollfd = function() return pump.fd end, events = function() return "r" end,
    timeout = function() return pump.timeout() end }
  controller:wrap(function()
    local ok, err
    repeat
      cqueues.poll(pollable)
      ok, err = pcall(pump.step)
    until not ok or not pump.wanted()
    served[controller] = nil
    if not ok then error(err, 0) end
  end)
end

return driver
