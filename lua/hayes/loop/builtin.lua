--- The library's own event loop: tasks (coroutines), timers, and the open modems. It runs while anything in the
--- library waits, be it in `hayes.run` or in a plain script that blocks in a call.

local core = require "hayes.core"

local loop = {}

local pollset = core.pollset()
local stirring = {}
local attached = setmetatable({}, { __mode = "k" }) -- modems
local tasks = setmetatable({}, { __mode = "k" }) -- by coroutine
local ready, ready_first, ready_last = {}, 1, 0
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
  heap_size = heap_size + 1
  local i = heap_size
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

--- Calls owner:due(now) once the time has come, unless owner.timer is another entry by then.
function loop.schedule(owner, at)
  if at ~= at then error("the time is NaN; it must be a number", 2) end
  local entry = { at = at, owner = owner }
  owner.timer = entry
  heap_push(entry)
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

--- Puts a suspended task in line to go on; one that is in line already keeps its place.
function loop.resume(task)
  if task.in_line then return end
  ready[ready_last + 1] = task -- what may fail for want of memory comes before what counts on it
  ready_last = ready_last + 1
  task.in_line = true
end

--- Suspends the running task until it is resumed.
loop.suspend = coroutine.yield

--- Puts a new task in line to call f(...). When it ends, task:finish(ok, ...) is called with what f returned, or
--- with its error, which is given a traceback if it is a string.
function loop.spawn(task, f, ...)
  task.coroutine = coroutine.create(f)
  task.arguments = table.pack(...)
  tasks[task.coroutine] = task
  loop.resume(task)
end

local function after_resume(task, before, ok, ...)
  resumed = before
  if coroutine.status(task.coroutine) ~= "dead" then return end
  if ok then return task:finish(true, ...) end
  local err = ...
  if type(err) == "string" then err = debug.traceback(task.coroutine, err) end
  coroutine.close(task.coroutine)
  task:finish(false, err)
end

local function resume_task(task)
  task.in_line = false
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
function loop.run_ready()
  local last = ready_last
  while ready_first <= last do
    local task = ready[ready_first]
    ready[ready_first] = nil
    ready_first = ready_first + 1
    resume_task(task)
  end
end

-- Modems

--- From now on the loop waits for this modem and calls modem:turn(now) when its port stirs or its deadline passes.
function loop.attach(modem)
  attached[modem] = true
  pollset:add(modem:pollfd(), modem)
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
  pollset:want(fd, wanted)
end

--- Calls object:turn(now) when there is input on a descriptor, or (output) room for output, until loop.unwatch. The
--- loop does not keep the object.
function loop.watch(fd, object, output)
  pollset:add(fd, object, output)
end

function loop.unwatch(fd)
  pollset:remove(fd)
end

--- One round: tasks in line, then wait for ports, timers or the deadline (nil: none), then serve what stirred.
function loop.iterate(deadline)
  if ready_first <= ready_last then
    loop.run_ready()
    deadline = 0 -- something may have come of it that the caller waits for
  end
  local at = due_first <= due_last and 0 or next_timer()
  if at and (not deadline or at < deadline) then deadline = at end
  local count, time = clock.wait(deadline, stirring)
  for i = 1, count do
    local modem = stirring[i]
    stirring[i] = nil
    modem:turn(time)
  end
  if at and at <= time then serve_timers(time) end
end

return loop
