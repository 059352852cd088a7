--- Event loops as the specs use them: start(f) makes a coroutine of the loop's that calls f, sleep(seconds) suspends it, run()
--- runs the loop until stop() or the end of all that it has.

local socket = require "socket"

local loops = {}

function loops.cqueues()
  local cqueues = require "cqueues"
  local controller = cqueues.new()
  return {
    start = function(f) controller:wrap(f) end,
    sleep = cqueues.sleep,
    run = function() assert(controller:loop()) end,
    stop = function() end,
  }
end

--- Debian's, which is for Lua 5.2, in which pcall cannot yield.
function loops.copas()
  package.preload.coxpcall = package.preload.coxpcall or function() return { pcall = pcall } end
  package.path = package.path .. ";/usr/share/lua/5.2/?.lua"
  local copas = require "copas"
  local stopped = false
  local silent = assert(socket.bind("127.0.0.1", 0)) -- nobody connects
  local function sleep(seconds)
    if copas.sleep then return copas.sleep(seconds) end
    local at = socket.gettime() + seconds
    local object = { getfd = function() return silent:getfd() end, settimeout = function() end, close = function() end,
      dirty = function() return true end,
      receive = function() if socket.gettime() >= at then return true end return nil, "timeout" end }
    copas.receive(object)
  end
  return {
    start = function(f)
      copas.addthread(function()
        local ok, err = xpcall(f, debug.traceback)
        if not ok then
          io.stderr:write(err, "\n")
          os.exit(1)
        end
      end)
    end,
    sleep = sleep,
    run = function()
      repeat copas.step(1) until stopped
    end,
    stop = function() stopped = true end,
    module = copas,
  }
end

local function callbacks(sleep, run, stop)
  return {
    start = function(f)
      sleep(0, function()
        coroutine.wrap(function()
          local ok, err = xpcall(f, debug.traceback)
          if not ok then
            io.stderr:write(err, "\n")
            os.exit(1)
          end
        end)()
      end)
    end,
    sleep = function(seconds)
      local co = coroutine.running()
      sleep(seconds, function() coroutine.resume(co) end)
      coroutine.yield()
    end,
    run = run, stop = stop,
  }
end

function loops.luv()
  local uv = require "luv"
  return callbacks(function(seconds, f)
    local timer = uv.new_timer()
    timer:start(math.ceil(seconds * 1000), 0, function()
      timer:close()
      f()
    end)
  end, uv.run, function() end)
end

function loops.uloop()
  local uloop = require "support.uloop"
  package.loaded.uloop = uloop
  uloop.init()
  return callbacks(function(seconds, f)
    local timer
    timer = uloop.timer(function()
      timer:cancel()
      f()
    end, math.ceil(seconds * 1000))
  end, uloop.run, uloop.cancel)
end

function loops.eco()
  local eco = require "support.eco"
  package.loaded.eco = eco
  return { start = eco.run, sleep = eco.sleep, run = eco.loop, stop = function() end }
end

return loops
