--- hayes.use "uloop" (libubox of OpenWrt): a descriptor and a timer of the loop serve the library, see foreign.lua. A
--- coroutine that a callback or the main chunk has resumed is the loop's.

local resumed = require "hayes.loop.resumed"
local uloop = require "uloop"

local driver = {}

function driver.running(unasked)
  return resumed.by_main() and (not unasked or resumed.main_is_in(uloop.run))
end

function driver.in_callback()
  return select(2, coroutine.running()) and resumed.main_is_in(uloop.run)
end

function driver.suspend()
  coroutine.yield()
end

function driver.wake(place)
  local ok, err = coroutine.resume(place.coroutine)
  if not ok then error(debug.traceback(place.coroutine, tostring(err)), 0) end
end

local watch, timer

function driver.start(pump)
  if watch then return end
  local arm

  local function serve()
    local ok, err = pcall(pump.step)
    arm()
    if not ok then error(err, 0) end
  end

  function arm()
    local seconds = pump.timeout()
    if seconds then timer:set(math.ceil(seconds * 1000)) else timer:cancel() end
  end

  timer = uloop.timer(serve)
  watch = uloop.fd_add(pump.fd, serve, uloop.ULOOP_READ)
  arm()
end

return driver
