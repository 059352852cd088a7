--- The event loop of the program's own, which hayes.use() was told of: it serves the library, and its coroutines are
--- suspended where they wait for something of the library's.
---
--- A driver is a table of functions:
---
---     running()     whether the coroutine that runs is one of the loop's, and not one of the caller's own inside it
---     in_callback() (or nil) whether a callback of the loop's runs, which cannot wait
---     suspend(place) suspends the coroutine that runs until wake(place); it may come back earlier
---     wake(place)   lets it go on. Called from pump.step, at its end
---     start(pump)   from now on, while pump.wanted(), the loop calls pump.step() when the descriptor pump.fd is
---                   readable or pump.timeout() seconds (nil: no limit) are over. Called again and again; nothing is to
---                   be done when the loop serves the library already, or cannot yet
---
--- `place` is a table for the driver's use. pump.set_alarm() makes pump.fd readable when the time is over, for loops
--- that have no timers.

local builtin = require "hayes.loop.builtin"

local foreign = {}

local driver = false
local descriptor -- an object that closes it when it is collected
local pump = {}
local woken, woken_count, served_count = {}, 0, 0 -- places in line, by the number of their turn
local waiting = 0 -- coroutines

local function has_line()
  return served_count < woken_count
end

--- Serves whatever is to be served without waiting. What a coroutine raises that is woken here goes to the loop; the
--- others keep their turns, in the next step.
function pump.step()
  builtin.iterate(0, true)
  local last = woken_count
  while served_count < last do
    served_count = served_count + 1
    local place = woken[served_count]
    woken[served_count] = nil
    place.in_line = false
    if place.waits then driver.wake(place) end
  end
end

function pump.timeout()
  local seconds = builtin.timeout()
  return has_line() and 0 or seconds
end

function pump.wanted()
  return waiting > 0 or has_line() or builtin.has_work()
end

function pump.set_alarm()
  builtin.set_alarm()
  if has_line() then builtin.call_other_loop() end
end

--- Whether a loop was told of.
function foreign.in_use() return driver ~= false end

--- nil: none any more. False: this system has no descriptor that stands for others (epoll).
function foreign.use(new)
  driver = new or false
  if not driver then return end
  descriptor = descriptor or builtin.descriptor()
  if not descriptor then
    driver = false
    return false
  end
  pump.fd = descriptor:fd()
  driver.start(pump)
  return true
end

--- There is something to serve.
function foreign.notice()
  if driver then driver.start(pump) end
end

local Place = {}
Place.__index = Place

--- What a waiter (wait.lua) does in place of putting a task in line.
function Place:go_ahead()
  if self.in_line then return end
  self.in_line = true
  woken_count = woken_count + 1
  woken[woken_count] = self
  builtin.call_other_loop()
end

--- The loop's timer.
Place.due = Place.go_ahead

--- The coroutine no longer waits there.
function Place:leave()
  self.waits = false
  builtin.unschedule(self)
  waiting = waiting - 1
  if not pump.wanted() then builtin.call_other_loop() end -- which ends, if there is nothing else for it
end

--- Where the coroutine that runs can wait, if it is one of the loop's; nil: it is not, and whether a callback of the
--- loop's runs, which cannot wait.
function foreign.place()
  if not driver or not builtin.is_outside() then return nil end
  if not driver.running() then
    return nil, driver.in_callback and driver.in_callback()
  end
  return setmetatable({ coroutine = coroutine.running(), waits = false, in_line = false, timer = false }, Place)
end

--- Suspends the coroutine, which is the place's, until it is woken; it may come back earlier.
function Place:wait()
  driver.start(pump)
  driver.suspend(self)
end

--- It is about to wait there.
function Place:enter()
  self.waits = true
  waiting = waiting + 1
end

-- Loops that nobody has told of

local names = { "copas", "cqueues", "luv", "uloop", "eco" } -- the drivers are called like the modules
local loaded = package.loaded
local warned = false

--- Says once what to call when a coroutine or callback of a loop blocks that loop.
function foreign.warn_of_blocking()
  -- Called at each wait, most often with none of them loaded: a loop over `names` would cost more.
  if not (loaded.copas or loaded.cqueues or loaded.luv or loaded.uloop or loaded.eco) then return end
  if warned or driver or not builtin.is_outside() then return end
  for _, name in ipairs(names) do
    if loaded[name] then
      local other = require("hayes.loop." .. name)
      if other.running(true) or other.in_callback and other.in_callback() then
        warned = true
        io.stderr:write(('hayes: a call blocks the event loop of %s, and all that runs in it; hayes.use "%s" makes it '
          .. "wait in the loop\n"):format(name, name))
        return
      end
    end
  end
end

return foreign
