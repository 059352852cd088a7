--- hayes.use "uloop" (libubox of OpenWrt): a descriptor and a timer of the loop serve the library, see foreign.lua.

local resumed = require "hayes.loop.resumed"
local uloop = require "uloop"

local driver = resumed.driver(uloop.run)

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
