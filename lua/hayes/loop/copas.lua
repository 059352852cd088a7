--- hayes.use "copas": a thread of copas's serves the library, see foreign.lua.
---
--- copas knows sockets, and no timers before version 3, so that what waits is an object like a socket: receive() says
--- "timeout" until it has come, dirty() tells select() that it has.

local copas = require "copas"
local core = require "hayes.core"
local resumed = require "hayes.loop.resumed"

local driver = {}

local source = debug.getinfo(copas.step, "S").source

function driver.running()
  return resumed.source() == source
end

local silent -- never readable: select() looks at dirty() of objects with a descriptor only

local Place = {}
Place.__index = Place
function Place.getfd() return silent:fd() end
function Place:dirty() return self.woken end
function Place.settimeout() return 1 end
function Place:close() self.woken = true end
function Place:receive()
  if self.woken then return true end
  return nil, "timeout", ""
end

function driver.suspend(place)
  silent = silent or core.signal()
  place.object = place.object or setmetatable({ woken = false }, Place)
  copas.receive(place.object)
  place.object.woken = false
end

function driver.wake(place)
  if place.object then place.object.woken = true end
end

local Pump = { settimeout = Place.settimeout, close = function() return 1 end }
Pump.__index = Pump
function Pump:getfd() return self.pump.fd end
function Pump:dirty() return self.pump.timeout() == 0 end

--- Says "timeout" once, when what is to be waited for is known.
function Pump:receive()
  if self.waited then return true end
  self.waited = true
  self.pump.set_alarm()
  return nil, "timeout", ""
end

local serves = false

function driver.start(pump)
  if serves then return end
  serves = true
  local object = setmetatable({ pump = pump, waited = false }, Pump)
  copas.addthread(function()
    local ok, err
    repeat
      object.waited = false
      copas.receive(object)
      ok, err = pcall(pump.step)
    until not ok or not pump.wanted()
    serves = false
    if not ok then error(err, 0) end
  end)
end

return driver
