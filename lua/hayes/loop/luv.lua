--- hayes.use "luv": a poll handle and a timer of the default loop serve the library, see foreign.lua.

local resumed = require "hayes.loop.resumed"
local uv = require "luv"

local driver = resumed.driver(uv.run)

local poll, timer

local function stop()
  poll:close()
  timer:close()
  poll, timer = nil, nil
end

function driver.start(pump)
  if poll then return end
  poll, timer = uv.new_poll(pump.fd), uv.new_timer()
  local arm

  local function serve()
    local ok, err = pcall(pump.step)
    if poll then
      if pump.wanted() then arm() else stop() end
    end
    if not ok then error(err, 0) end
  end

  function arm()
    local seconds = pump.timeout()
    timer:stop()
    uv.update_time()
    if seconds then timer:start(math.ceil(seconds * 1000), 0, serve) end
  end

  poll:start("r", serve)
  arm()
end

return driver
