--- hayes.use "cqueues": the controller in which a coroutine waits serves the library, see foreign.lua. In place of a
--- controller that runs inside another one, which ends with its own coroutines, the outermost serves.

local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local resumed = require "hayes.loop.resumed"

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

--- The controller that the main thread runs, inside which all others run; where it runs none, the current one.
local function outermost()
  local controller = resumed.argument_of_main()
  return cqueues.type(controller) == "controller" and controller or cqueues.running()
end

local served = setmetatable({}, { __mode = "k" }) -- controllers

function driver.start(pump)
  local controller = cqueues.running() and outermost()
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
