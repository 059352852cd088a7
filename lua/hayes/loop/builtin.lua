--- The library's own event loop: tasks (coroutines), timers, and the open modems. It runs while anything in the
--- library waits, be it in `hayes.run` or in a plain script that blocks in a call.
---
--- Any allocation may fail, and raises then. So whatever allocates comes before what is noted, and what wakes a task or
--- ends a modem allocates nothing: fields that it writes are there from the start.

local core = require "hayes.core"

local loop = {}

local pollset = core.pollset()
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
  wait = function(deadline, stirred) return pollset:wait(deadline, stirred) end,
}

local clock = host_clock

--- Seconds of a clock that never goes back.
loop.now = core.now

--- nil: the host's clock again.
function loop.set_clock(other)
  clock = other or host_clock
  loop.now = clock.now
end

-- Timers: a binary heap of { at, owner }; an owner with `timer ~= entry` has been served or cancelled meanwhile.

local heap, heap_size = {}, 0

local function heap_push(entry)
  local i = heap_size + 1
  heap[i] = entry
  heap_size = i
  while i > 1 do
    local parent = i // 2
    if heap[parent].at <= entry.at then break end
    heap[i] = heap[parent]
    i = parent
  end
  heap[i] = entry
end

local function heap_pop()
  local top, last = heap[1], heap[heap_size]
  heap[heap_size] = nil
  heap_size = heap_size - 1
  if heap_size == 0 then return top end
  local i = 1
  while true do
    local child = i * 2
    if child > heap_size then break end
    if child < heap_size and heap[child + 1].at < heap[child].at then child = child + 1 end
    if last.at <= heap[child].at then break end
    heap[i] = heap[child]
    i = child
  end
  heap[i] = last
  return top
end

--- A timer that counts once it is owner.timer: owner:due(now) is called when its time has come, unless owner.timer is
--- another one by then.
function loop.new_timer(owner, at)
  if at ~= at then error("the time is NaN; it must be a number", 2) end
  local entry = { at = at, owner = owner }
  heap_push(entry)
  return entry
end

--- Calls owner:due(now) once the time has come, in place of an earlier wish of the same owner.
function loop.schedule(owner, at)
  owner.timer = loop.new_timer(owner, at)
end

local function next_timer()
  while heap_size > 0 and heap[1].owner.timer ~= heap[1] do heap_pop() end
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
    heap_pop()
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

--- Puts a suspended task in line to go on; one that is in line already keeps its place.
function loop.resume(task)
  if task.in_line then return end
  placed = placed + 1
  task.in_line, task.place, task.next_ready = true, placed, false
  if last_ready then last_ready.next_ready = task else first_ready = task end
  last_ready = task
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

--- A task that has ended, and the memory to finish it was lacking then.
local function left_over()
  return resumed and coroutine.status(resumed.coroutine) == "dead" and resumed
end

local function finish_left_over()
  local task = left_over()
  if not task then return end
  resumed = nil
  coroutine.close(task.coroutine)
  task:finish(false, "not enough memory")
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
  local fd = modem:pollfd()
  attached[modem] = true
  local done, err = pcall(pollset.add, pollset, fd, modem)
  if done then return end
  attached[modem] = nil
  error(err, 0)
end

function loop.detach(modem, fd)
  attached[modem] = nil
  pollset:remove(fd)
end

--- The modems that the loop serves, as the keys of a table.
function loop.attached()
  return attached
end

--- Whether to wait also until the port takes more output.
function loop.want_output(fd, wanted)
  pollset:modify(fd, wanted)
end

--- Calls object:advance(now) when there is input on a descriptor, or (output) room for output, until loop.unwatch. The
--- loop does not keep the object. Several may watch one descriptor.
function loop.watch(fd, object, output)
  pollset:add(fd, object, output)
end

function loop.unwatch(fd, object)
  pollset:remove(fd, object)
end

-- An interrupt in the middle of a round would lose a timer that has left the heap, or a task that has left its line. It
-- counts while the loop waits for ports, and behind the round. (Programs that call core.catch_interrupts only.)

local hold, release = core.hold_interrupts, core.release_interrupts

local Held = setmetatable({}, { __close = function() release() end })

--- Runs the tasks that are in line now, uninterrupted.
function loop.run_ready()
  hold()
  local _held <close> = Held
  run_ready()
end

--- One round: tasks in line, then wait for ports, timers or the deadline (nil: none), then serve what stirred.
function loop.iterate(deadline)
  hold()
  local _held <close> = Held
  if first_ready or left_over() then
    run_ready()
    deadline = 0 -- something may have come of it that the caller waits for
  end
  local at = (due_first <= due_last or first_soon or serving_soon) and 0 or next_timer()
  if at and (not deadline or at < deadline) then deadline = at end
  release()
  local count, time = clock.wait(deadline, stirring)
  hold()
  for i = 1, count do
    local modem = stirring[i]
    stirring[i] = nil
    going_on = modem
    modem:advance(time)
    going_on = false
  end
  serve_soon()
  if at and at <= time then serve_timers(time) end
end

return loop
