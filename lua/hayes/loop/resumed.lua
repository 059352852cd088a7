--- For loops that cannot be asked whose a coroutine is: who has resumed it. One that the loop has not resumed itself (a
--- generator, say) is its caller's own business.

local resumed = {}

local LUA_RIDX_MAINTHREAD <const> = 1
local main = debug.getregistry()[LUA_RIDX_MAINTHREAD]
local resume = coroutine.resume

--- The coroutine that this thread, which has been suspended by that, has resumed.
local function resumed_by(thread)
  local call = debug.getinfo(thread, 0, "f")
  if not call then return nil end
  local _, inner
  if call.func == resume then
    _, inner = debug.getlocal(thread, 0, 1)
  else
    _, inner = debug.getupvalue(call.func, 1) -- of coroutine.wrap
  end
  return type(inner) == "thread" and inner or nil
end

--- The thread that has resumed the coroutine that runs; nil: this is the main thread.
function resumed.resumer()
  local running, is_main = coroutine.running()
  if is_main then return nil end
  local thread = main
  repeat
    local inner = resumed_by(thread)
    if inner == running then return thread end
    thread = inner
  until not thread
end

--- Whether the main thread has resumed it.
function resumed.by_main()
  return resumed.resumer() == main
end

--- The source of the function that has resumed it; nil: this is the main thread.
function resumed.source()
  local thread = resumed.resumer()
  local info = thread and debug.getinfo(thread, 1, "S")
  return info and info.source
end

--- The first argument of the C function by which the main thread has resumed a coroutine.
function resumed.argument_of_main()
  if not debug.getinfo(main, 0, "f") then return nil end
  local _, value = debug.getlocal(main, 0, 1)
  return value
end

--- Whether the main thread is in this function, at whatever depth.
function resumed.main_is_in(f)
  local level = 0
  while true do
    local info = debug.getinfo(main, level, "f")
    if not info then return false end
    if info.func == f then return true end
    level = level + 1
  end
end

--- What drivers of loops without coroutines of their own have in common (foreign.lua): a coroutine that a callback or
--- the main chunk has resumed is the loop's.
---@param run function  of the loop, which calls the callbacks
---@return table driver  without start()
function resumed.driver(run)
  local driver = {}

  function driver.running(unasked)
    return resumed.by_main() and (not unasked or resumed.main_is_in(run))
  end

  function driver.in_callback()
    return select(2, coroutine.running()) and resumed.main_is_in(run)
  end

  function driver.suspend()
    coroutine.yield()
  end

  function driver.wake(place)
    local ok, err = coroutine.resume(place.coroutine)
    if not ok then error(debug.traceback(place.coroutine, tostring(err)), 0) end
  end

  return driver
end

return resumed
