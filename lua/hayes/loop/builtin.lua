--- The library's own event loop: tasks (coroutines), timers, and the open modems. It runs while anything in the
--- library waits, be it in `hayes.run` or in a plain script that blocks in a call.
---
--- Any allocation may fail, and raises then. So whatever allocates comes before what is noted, and what wakes a task or
--- ends a modem allocates nothing: fields that it writes are there from the start.

local core = require "hayes.core"

local loop = {}

local pollset = core.pollset()
local poll = pollset.wait
local stirring = {}
local attached = setmetatable({}, { __mode = "k" }) -- modems
local tasks = setmetatable({}, { __mode = "k" }) -- by coroutine
local first_ready, last_ready, placed = false, false, 0 -- a list of tasks, linked by `next_ready`, numbered by `place`
local resumed -- the task that was resumed last and has not been suspended since; nil: none

--- Time and the wait for ports. A simulation puts its own in place of these.
local host_clock = {
  now = core.now,
  --- Waits until ports stir or the deadline has come (nil: none; 0: at once); puts the ports' modems into a list. Gives
  --- how many there are, and the time.
  wait = function(deadline, stirred) return poll(pollset, deadline, stirred) end,
  --- How many rounds of tasks that wake each other run before the ports are polled again. A clock without it: 1.
  rounds = 4,
}

local clock = host_clock

-- For the loops of others, which wait for one descriptor in place of all that this one waits for. What is to be done
-- earlier than they know of makes that descriptor readable.

local outside = true -- nobody is in loop.iterate
local wake = false   -- a signal; false: no other loop has asked
local known = false  -- the time of the next timer as they know it; false: none
local Woken = {}
Woken.__index = Woken
function Woken.advance() end -- iterate() has taken it back already
local woken = setmetatable({}, Woken)

local function call_other_loop()
  if wake and outside then wake:set(true) end
end

--- Makes it call iterate(), for something that this file does not know of.
loop.call_other_loop = call_other_loop

--- Whether nobody is in iterate(): neither a task nor the library itself runs.
function loop.is_outside() return outside end

--- A descriptor, as an object of its own, that is readable when iterate(0) would do something; nil where the system has
--- none.
function loop.descriptor()
  if not wake then
    local signal = core.signal()
    if not signal then return nil end
    pollset:add(signal:fd(), woken)
    wake = signal
    call_other_loop()
  end
  return pollset:descriptor()
end

--- Seconds of a clock that never goes back.
loop.now = core.now

--- nil: the host's clock again.
function loop.set_clock(other)
  clock = other or host_clock
  loop.now = clock.now
end

-- Timers: a binary heap of { at, owner, place }.

local heap, heap_size = {}, 0

--- Makes the heap this long, with this entry at the given place or where it belongs from there; `removed` is out of it.
--- Even a call may find no memory, for the stack: nothing is called in the middle of it.
local function put(entry, place, size, removed)
  if size < heap_size then heap[heap_size] = nil end
  heap_size = size
  if removed then removed.place = false end
  if entry == removed then return end
  while place > 1 do
    local parent = heap[place // 2]
    if parent.at <= entry.at then break end
    heap[place], parent.place = parent, place
    place = place // 2
  end
  while place * 2 <= size do
    local below = place * 2
    if below < size and heap[below + 1].at < heap[below].at then below = below + 1 end
    local child = heap[below]
    if entry.at <= child.at then break end
    heap[place], child.place = child, place
    place = below
  end
  heap[place], entry.place = entry, place
end

local function remove(entry)
  put(heap[heap_size], entry.place, heap_size - 1, entry)
end

--- A timer that counts once it is owner.timer: owner:due(now) is called when its time has come, unless loop.unschedule
--- comes first.
function loop.new_timer(owner, at)
  if at ~= at then error("the time is NaN; it must be a number", 2) end
  local entry = { at = at, owner = owner, place = false }
  heap[heap_size + 1] = entry -- there may be no memory for it
  put(entry, heap_size + 1, heap_size + 1)
  if not known or at < known then call_other_loop() end
  return entry
end

--- The owner has no timer any more.
function loop.unschedule(owner)
  local entry = owner.timer
  if not entry then return end
  owner.timer = false
  if entry.place then remove(entry) end
end

--- Calls owner:due(now) once the time has come, in place of an earlier wish of the same owner.
function loop.schedule(owner, at)
  local entry = loop.new_timer(owner, at)
  loop.unschedule(owner)
  owner.timer = entry
end

--- How many timers there are.
function loop.timers()
  return heap_size
end

local function next_timer()
  return heap_size > 0 and heap[1].at or nil
end

local due, due_first, due_last = {}, 1, 0 -- taken from the heap, and not yet served

--- Those that are due now; what they schedule for a time that is over has its turn in the next round, behind the ports.
--- If one of them raises, the others are served in the next round, too.
local function serve_timers(time)
  while true do
    local at = next_timer()
    if not at or at > time then break end
    due[due_last + 1] = heap[1]
    due_last = due_last + 1
    remove(heap[1])
  end
  local last = due_last
  while due_first <= last do
    local entry = due[due_first]
    due[due_first] = nil
    due_first = due_first + 1
    local owner = entry.owner
    if owner.timer == entry then
      owner.timer = false
      owner:due(time)
    end
  end
end

-- Tasks

--- The task that is running now if it is one of this loop's, and not a coroutine of the caller's own inside it.
function loop.running()
  return resumed and tasks[coroutine.running()]
end

--- The task that is running now, also where a coroutine of the caller's own runs inside it.
function loop.resumed()
  return resumed or nil
end

--- How many tasks have not ended.
function loop.tasks()
  local count = 0
  for thread in pairs(tasks) do
    if coroutine.status(thread) ~= "dead" then count = count + 1 end
  end
  return count
end

--- Puts a suspended task in line to go on; one that is in line already keeps its place.
function loop.resume(task)
  if task.in_line then return end
  placed = placed + 1
  task.in_line, task.place, task.next_ready = true, placed, false
  if last_ready then last_ready.next_ready = task else first_ready = task end
  last_ready = task
  call_other_loop()
end

local function take_ready()
  local task = first_ready
  first_ready = task.next_ready
  if not first_ready then last_ready = false end
  task.in_line, task.next_ready = false, false
  return task
end

--- Suspends the running task until it is resumed.
loop.suspend = coroutine.yield

--- Makes a task that calls f(...) once it is resumed. When it ends, task:finish(ok, ...) is called with what f
--- returned, or with its error, which is given a traceback if it is a string. The table has the fields `in_line`,
--- `place` and `next_ready`.
function loop.prepare(task, f, ...)
  task.coroutine = coroutine.create(f)
  task.arguments = table.pack(...)
  tasks[task.coroutine] = task
end

local function with_traceback(task, err)
  if type(err) ~= "string" or err == "not enough memory" then return err end
  local ok, text = pcall(debug.traceback, task.coroutine, err)
  return ok and text or err
end

local function after_resume(task, before, ok, ...)
  if coroutine.status(task.coroutine) == "dead" then
    tasks[task.coroutine] = nil
    if ok then
      task:finish(true, ...)
    else
      local err = with_traceback(task, (...))
      coroutine.close(task.coroutine)
      task:finish(false, err)
    end
  end
  resumed = before
end

local cut_by = false -- the error by which a round was left, other than for want of memory

--- A task that has ended, and could not be finished then: an interrupt came, or the memory for it was lacking.
local function left_over()
  return resumed and coroutine.status(resumed.coroutine) == "dead" and resumed
end

local function finish_left_over()
  local task = left_over()
  if not task then return end
  resumed = nil
  coroutine.close(task.coroutine)
  task:finish(false, cut_by or "not enough memory")
end

local function resume_task(task)
  local arguments = task.arguments
  local before = resumed
  resumed = task
  if arguments then
    task.arguments = nil
    after_resume(task, before, coroutine.resume(task.coroutine, table.unpack(arguments, 1, arguments.n)))
  elseif coroutine.status(task.coroutine) == "suspended" then
    after_resume(task, before, coroutine.resume(task.coroutine))
  else
    resumed = before
  end
end

--- Runs the tasks that are in line now; those that get in line meanwhile have their turn next time.
local function run_ready()
  finish_left_over()
  local last = placed
  while first_ready and first_ready.place <= last do resume_task(take_ready()) end
end

-- What must be gone on with when it has failed for want of memory

local first_soon, serving_soon = false, false -- lists of owners, linked by `next_soon`

--- Calls owner:go_on() in the next round, unless loop.not_soon takes that back. The owner has the fields `soon` and
--- `next_soon`, false until then.
function loop.soon(owner)
  if owner.soon then return end
  owner.soon, owner.next_soon = true, first_soon
  first_soon = owner
  call_other_loop()
end

function loop.not_soon(owner)
  if first_soon ~= owner then return end -- it stands behind another one: to go on with what is over does nothing
  first_soon = owner.next_soon
  owner.soon, owner.next_soon = false, false
end

local going_on = false -- whose turn() or go_on() is called

local function serve_soon()
  -- Even a call may find no memory, for the stack: that one is gone on with now.
  if going_on and going_on.go_on then loop.soon(going_on) end
  going_on = false
  if not serving_soon then serving_soon, first_soon = first_soon, false end
  while serving_soon do
    local owner = serving_soon
    serving_soon = owner.next_soon
    owner.soon, owner.next_soon = false, false
    going_on = owner
    local done, err = pcall(owner.go_on, owner)
    if done or err ~= "not enough memory" then going_on = false end
    if not done then error(err, 0) end
  end
end

-- Modems

--- From now on the loop waits for this modem and calls modem:advance(now) when its port is ready or its
--- deadline passes.
function loop.attach(modem)
  local fd = modem.fd
  attached[modem] = true
  local done, err = pcall(pollset.add, pollset, fd, modem)
  if done then return end
  attached[modem] = nil
  error(err, 0)
end

function loop.detach(modem, fd)
  attached[modem] = nil
  pollset:remove(fd)
  call_other_loop()
end

--- The modems that the loop serves, as the keys of a table.
function loop.attached()
  return attached
end

--- Whether to wait also until the port takes more output.
function loop.want_output(fd, wanted)
  pollset:modify(fd, wanted)
end

--- There may be nothing else that keeps them, and the tasks that they wake.
local watchers = {} -- luacheck: ignore 241

--- Calls object:advance(now) when there is input on a descriptor, or (output) room for output, until loop.unwatch.
--- Several may watch one descriptor.
function loop.watch(fd, object, output)
  watchers[object] = true
  pollset:add(fd, object, output)
end

function loop.unwatch(fd, object)
  watchers[object] = nil
  pollset:remove(fd, object)
end

--- The time at which iterate(0) has something to do even if no port stirs: 0: now; nil: never.
local function next_time()
  if first_ready or left_over() or due_first <= due_last or first_soon or serving_soon then return 0 end
  return next_timer()
end

--- Seconds until iterate(0) has something to do even if no descriptor stirs; nil: there is no such time.
function loop.timeout()
  local at = next_time()
  known = at or false
  return at and math.max(0, at - loop.now())
end

--- Makes the descriptor readable when timeout() is over, too, for loops without timers.
function loop.set_alarm()
  loop.timeout()
  pollset:alarm(known or nil)
end

--- Whether there is anything that a loop must go on for: an open modem, a task, a timer.
function loop.has_work()
  return next(attached) ~= nil or next_time() ~= nil
end

-- An interrupt in the middle of a round would lose a timer that has left the heap, or a task that has left its line. It
-- counts while the loop waits for ports, and behind the round. (Programs that call core.catch_interrupts only.)

local hold, release = core.hold_interrupts, core.release_interrupts

local Held = setmetatable({}, { __close = function(_, err)
  cut_by = err ~= "not enough memory" and err or false
  release()
end })

--- Runs the tasks that are in line now, uninterrupted.
function loop.run_ready()
  if not first_ready and not resumed then return end
  hold()
  local _held <close> = Held
  run_ready()
end

local function iterate(deadline)
  if first_ready or resumed and left_over() then
    for _ = 1, clock.rounds or 1 do
      loop.run_ready()
      if not first_ready then break end
    end
    deadline = 0 -- something may have come of it that the caller waits for
  end
  local at = (due_first <= due_last or first_soon or serving_soon) and 0 or next_timer()
  if at and (not deadline or at < deadline) then deadline = at end
  local count, time = clock.wait(deadline, stirring)
  hold()
  local _held <close> = Held
  for i = 1, count do
    local modem = stirring[i]
    stirring[i] = nil
    going_on = modem
    modem:advance(time)
    going_on = false
  end
  if first_soon or serving_soon or going_on then serve_soon() end
  if at and at <= time then serve_timers(time) end
end

local function come_outside(before, polls, ok, ...)
  outside = before
  local at = before and not polls and next_time()
  if at and (not known or at < known) then call_other_loop() end
  if not ok then error(..., 0) end
end

--- One round: tasks in line, then wait for ports, timers or the deadline (nil: none), then serve what stirred.
---@param deadline? number
---@param polls? boolean another loop calls this, and asks timeout() next
function loop.iterate(deadline, polls)
  if not wake then return iterate(deadline) end
  wake:set(false)
  local before = outside
  outside = false
  come_outside(before, polls, pcall(iterate, deadline))
end

return loop
