--- The only place in the library that waits, and the only one that reads a clock.
---
--- A caller that is a task of the loop in use is suspended; any other (a plain script, a REPL, a coroutine of the
--- caller's own) blocks, and the loop runs meanwhile. Which it is, is asked of the loop, never of
--- `coroutine.isyieldable`.

local check = require "hayes.check"
local errors = require "hayes.error"
local builtin = require "hayes.loop.builtin"
local foreign = require "hayes.loop.foreign"
local mask = require "hayes.display.mask"
local time_of_day = require "hayes.time_of_day"

local wait = {}

local loop = builtin

--- Seconds of a clock that never goes back.
wait.now = builtin.now

--- A simulation's clock in place of the host's; nil: the host's again.
function wait.set_clock(clock)
  builtin.set_clock(clock)
  wait.now = builtin.now
  time_of_day.set_clock(clock)
end

--- Seconds since 1970, UTC, as far as the host knows.
function wait.wall_clock()
  return os.time()
end

--- The task that runs now; nil: none of the loop's.
wait.running = builtin.running

-- Who waits for whom

--- What a caller that is no task of the loop's is called: a plain script, which blocks.
local PROGRAM = {}

--- Tasks of the program's own that have not ended; those of the library are not counted.
local program_tasks = 0

--- The task of the program's (or the program itself) that waits for what is done now, and the time until which it does,
--- if that is limited. nil: nobody, it is background work.
---@return table?, number?
function wait.caller()
  local task = loop.running()
  if not task then return PROGRAM end
  return task.caller or nil, task.deadline or nil
end

--- Is this the caller for whom something is done now? False where that cannot be told: coroutines of another event
--- loop are all one caller.
---@param caller table? of wait.caller
function wait.is_caller(caller)
  return caller ~= nil and caller == wait.caller() and not (caller == PROGRAM and foreign.in_use())
end

--- Can nobody but this caller do anything before it goes on?
---@param caller table of wait.caller
function wait.is_alone(caller)
  if caller == PROGRAM then return program_tasks == 0 and not foreign.in_use() end
  return caller.group and program_tasks == 1 and not caller.ended
end

--- The job (job.lua) that the running task does, if it does one.
function wait.job()
  local task = loop.running()
  return task and task.job or nil
end

--- The task that runs now, also from a coroutine of the caller's own inside it; nil: none of the loop's.
wait.innermost_task = builtin.resumed

-- Waiters

---@class hayes.waiter
---@field fired boolean
local Waiter = {}
Waiter.__index = Waiter
wait.Waiter = Waiter

--- Something that callers wait for and that happens once.
---@return hayes.waiter
function wait.waiter()
  return setmetatable({ fired = false, first = false, second = false, third = false, task = false, others = false },
    Waiter)
end

--- Makes room for what fire() will write: it must not fail once something has happened. `others` comes last.
local function make_room(waiter)
  waiter.first, waiter.second, waiter.third = false, false, false
  waiter.task, waiter.others = waiter.task or false, false
end

--- Lets a task go on, or a coroutine of another loop (loop/foreign.lua).
local function go_ahead(waiting)
  if waiting.go_ahead then return waiting:go_ahead() end
  loop.resume(waiting)
end

--- It has happened; the up to three values given here are what wait() returns. Any further call changes nothing.
function Waiter:fire(first, second, third)
  if not self.fired then
    self.first, self.second, self.third = first, second, third
    self.fired = true
  end
  -- Again where there was no memory for these calls before.
  if self.task then go_ahead(self.task) end
  if self.others then
    for task in pairs(self.others) do go_ahead(task) end
  end
end

--- Any number of tasks may wait for the same thing.
local function add_task(waiter, task)
  if not waiter.task then
    waiter.task = task
  else
    waiter.others = waiter.others or {}
    waiter.others[task] = true
  end
end

local function remove_task(waiter, task)
  if waiter.task == task then
    waiter.task = false
  else
    waiter.others[task] = nil
  end
end

--- A task that C has called back cannot be suspended. Raised before anything is noted anywhere.
local function check_suspendable()
  if coroutine.isyieldable() then return end
  check.fail("hayes", "a task cannot wait inside a callback of string.gsub, table.sort and the like, or a metamethod "
    .. "that they call: make the call before that and use its result there, or wrap it in a coroutine: "
    .. "coroutine.wrap(function() … end)()")
end

--- The task was cancelled when what it waited for had just come: it has not heard of that yet.
local function hear_of_cancel(task)
  if not task.cancel_due then return end
  task.cancel_due = false
  error(task.cancelled, 0)
end

local function suspend(waiter, task, deadline)
  check_suspendable()
  hear_of_cancel(task)
  local timer = deadline and loop.new_timer(task, deadline) or false
  add_task(waiter, task)
  task.timer = timer
  task.waiting = true
  loop.suspend()
  remove_task(waiter, task)
  loop.unschedule(task)
  task.waiting = false
  if waiter.fired then return end
  hear_of_cancel(task)
  if task.cancelled then error(task.cancelled, 0) end
end

--- The same for a coroutine of the program's own loop.
local Visit = {}
function Visit:__close()
  remove_task(self.waiter, self.place)
  self.place:leave()
end

local function suspend_foreign(waiter, place, deadline)
  check_suspendable()
  local _visit <close> = setmetatable({ waiter = waiter, place = place }, Visit)
  place:enter()
  add_task(waiter, place)
  if deadline then place.timer = loop.new_timer(place, deadline) end
  repeat place:wait() until waiter.fired or deadline and wait.now() >= deadline
end

--- No loop suspends the caller: it blocks, and the library's loop runs meanwhile.
local function block(waiter, deadline)
  if not deadline or deadline > builtin.now() then
    foreign.warn_of_blocking()
    repeat builtin.iterate(deadline) until waiter.fired or deadline and builtin.now() >= deadline
  end
  builtin.run_ready() -- handlers of events that came before it
end

--- Waits until it has happened: gives what fire() was given, or nil, "timeout" once the deadline (of wait.now)
--- passes.
---@param deadline? number
function Waiter:wait(deadline)
  if deadline ~= deadline then error("the deadline is NaN; it must be a number", 2) end
  if not self.fired then
    if self.others == nil then make_room(self) end
    local task = loop.running()
    if task then
      suspend(self, task, deadline)
    else
      local place, in_callback = foreign.place()
      if in_callback then
        check.fail("hayes", "a callback of the event loop cannot wait: make the call in a coroutine, "
          .. "coroutine.wrap(function() … end)(), or in a task, hayes.spawn(function() … end)")
      end
      if place then suspend_foreign(self, place, deadline) else block(self, deadline) end
    end
  end
  if self.fired then return self.first, self.second, self.third end
  return nil, "timeout"
end

--- Waits for so many seconds.
function wait.sleep(seconds)
  wait.waiter():wait(wait.now() + seconds)
end

local Watch = {}
Watch.__index = Watch
function Watch:advance() self.waiter:fire(true) end
function Watch:__close() builtin.unwatch(self.fd, self) end

--- Waits until a descriptor has input, or (output) room for output: true; nil, "timeout" once the deadline (of
--- wait.now) passes. It must stay open meanwhile.
---@param fd integer
---@param output boolean
---@param deadline? number
function wait.descriptor(fd, output, deadline)
  local watch <close> = setmetatable({ fd = fd, waiter = wait.waiter() }, Watch)
  builtin.watch(fd, watch, output)
  return watch.waiter:wait(deadline)
end

-- Tasks

--- How long a failed task is given to be joined before it is reported, seconds.
local REPORT_AFTER = 1

---@class hayes.task a coroutine that the library runs, of hayes.spawn()
local Task = {}
Task.__index = Task
Task.__name = "hayes.task"

function Task:__tostring()
  local state = "running"
  if self.ended then
    state = self.ended[1] and "done" or self.cancelled and "cancelled"
      or "failed: " .. mask.text(tostring(self.ended[2]))
  end
  return "hayes.task: " .. state
end

--- Tells of an error that no caller can be given.
function wait.report(what, err)
  io.stderr:write("hayes: ", what, ": ", mask.text(tostring(err)), "\n")
end

local function report_failure(task) -- but not of what an interrupt has cut off, which the main program was told
  if task.reported or errors.is_interrupt(task.ended[2]) then return end
  task.reported = true
  wait.report("a task has failed", task.ended[2])
end

--- Reports a task that has failed when nobody can join it any more: it has been collected, or the program ends.
local Last = { __gc = function(last)
  if not last.task.joined then report_failure(last.task) end
end }

--- The loop's timer: for a task that waits, the time to give up; for one that has failed, to have been joined.
---@package
function Task:due()
  if not self.ended then return loop.resume(self) end
  if not self.joined then report_failure(self) end
end

local function leave_group(group, task, ok)
  if not group.tasks[task] then return end
  group.tasks[task] = nil
  group.count = group.count - 1
  if group.count == 0 then group.waiter:fire() end
  if not ok and task == group.main then
    for other in pairs(group.tasks) do other:cancel() end
  end
  if not ok and not task.cancelled then group.failed[#group.failed + 1] = task end
end

local NO_MEMORY = { false, "not enough memory", n = 2 }

--- Those who wait for it are told first: what comes after may fail for want of memory. If it does, this is called
--- again.
---@package
function Task:finish(ok, ...)
  if not self.ended then
    local packed, ended = pcall(table.pack, ok, ...)
    self.ended = packed and ended or NO_MEMORY
  end
  if self.counted then
    self.counted = false
    program_tasks = program_tasks - 1
  end
  for _, waiter in ipairs(self.joiners) do waiter:fire() end
  if self.group then leave_group(self.group, self, ok) end
  if not ok and not self.joined and not self.cancelled then
    if self.detached then return report_failure(self) end
    self.last = setmetatable({ task = self }, Last)
    loop.schedule(self, wait.now() + REPORT_AFTER)
  end
end

local Joiner = setmetatable({}, { __index = Waiter })
Joiner.__index = Joiner

--- One that gives up waiting is waited for no more.
function Joiner:__close()
  if self.fired then return end
  local joiners = self.of.joiners
  for i, joiner in ipairs(joiners) do
    if joiner == self then return table.remove(joiners, i) end
  end
end

--- Waits for the task to end: true and what its function returned; nil and the error if it raised, was cancelled,
--- or did not end in time.
---@param timeout? number seconds, 0 to 1,000,000,000
---@return true?, any ... what its function returned, or the error: `cancelled`, `timeout`, or what it raised
function Task:join(timeout)
  check.value("task:join", "the time-out", timeout, { type = "number|nil", min = 0, max = 1e9 })
  self.joined = true
  if not self.ended then
    local joiner <close> = setmetatable({ fired = false, task = false, of = self }, Joiner)
    self.joiners[#self.joiners + 1] = joiner
    joiner:wait(timeout and wait.now() + timeout)
  end
  local ended = self.ended
  if not ended then
    return nil, errors.timeout(("the task has not ended within %g s"):format(timeout))
  end
  if ended[1] then return true, table.unpack(ended, 2, ended.n) end
  return nil, ended[2]
end

local CANCELLED = errors.new { name = "cancelled", message = "the task was cancelled" }

--- Makes the task raise where it waits; what it holds is closed on the way. A task that has ended is left alone.
function Task:cancel()
  if self.ended or self.cancelled then return end
  self.cancelled, self.cancel_due = CANCELLED, true
  if loop.running() == self then hear_of_cancel(self) end
  if self.waiting then loop.resume(self) end
end

--- A task that does not run yet. All fields are there, see loop/builtin.lua.
local function new_task(group, detached, f, ...)
  local task = setmetatable({
    group = group, detached = detached, joiners = {}, ended = false, cancelled = false, cancel_due = false,
    joined = false, reported = false, waiting = false, timer = false, in_line = false, place = 0, next_ready = false,
    coroutine = false, arguments = false, caller = false, deadline = false, job = false, counted = false, last = false,
  }, Task)
  foreign.notice()
  loop.prepare(task, function(...)
    if task.cancelled then error(task.cancelled, 0) end
    return f(...)
  end, ...)
  return task
end

--- It is the program's own, and not the library's.
local function count_in(task)
  task.caller, task.counted = task, true
  program_tasks = program_tasks + 1
end

local function start(detached, f, ...)
  local task = new_task(false, detached, f, ...)
  count_in(task)
  loop.resume(task)
  return task
end

--- One that could not be started, for want of memory, is not waited for.
local function start_in_group(group, f, ...)
  local task = new_task(group, false, f, ...)
  group.tasks[task] = true
  group.count = group.count + 1
  count_in(task)
  loop.resume(task)
  return task
end

--- Starts f as a task of its own, beside the one that runs now.
---@return hayes.task
function wait.spawn(f, ...)
  local running = loop.running()
  if running and running.group then return start_in_group(running.group, f, ...) end
  return start(false, f, ...)
end

--- Starts f as a task of the library's that nobody waits for: an error is reported at once.
function wait.spawn_detached(f, ...)
  local task = new_task(false, true, f, ...)
  loop.resume(task)
  return task
end

--- The same for a handler of the program's.
function wait.spawn_handler(f, ...)
  return start(true, f, ...)
end

--- The same for a job: it is part of what the caller does, which waits for it until the deadline if there is one.
---@param job table
---@param deadline number?
function wait.spawn_job(job, deadline, f, ...)
  local caller, outer = wait.caller()
  local task = new_task(false, true, f, ...)
  task.job, task.caller, task.deadline = job, caller or false, deadline or outer or false
  loop.resume(task)
  return task
end

--- The wait for them was interrupted, or there was no memory for it: nobody is there for what they would do.
local function cancel_rest(group)
  for task in pairs(group.tasks) do task:cancel() end
end

--- Runs f and every task that it spawns to their end; gives what f returned. If f raises, the others are cancelled
--- and the error is raised; so is that of a task which nobody has joined.
function wait.run(f, ...)
  local group <close> = setmetatable({ tasks = {}, count = 0, failed = {}, waiter = wait.waiter(), main = false },
    { __close = cancel_rest })
  local main = start_in_group(group, f, ...)
  group.main = main
  main.joined = true
  group.waiter:wait()
  if not main.ended[1] then error(main.ended[2], 0) end
  local failure
  for _, task in ipairs(group.failed) do
    if not task.joined then
      report_failure(task)
      failure = failure or task
    end
  end
  if failure then error(failure.ended[2], 0) end
  return table.unpack(main.ended, 2, main.ended.n)
end

-- Modems

--- From now on the loop serves this modem, until wait.detach.
function wait.attach(modem)
  builtin.attach(modem)
  foreign.notice()
end

function wait.detach(modem, fd)
  builtin.unschedule(modem)
  builtin.detach(modem, fd)
end

--- Calls owner:go_on() in the next round of the loop, unless wait.not_soon takes that back. Neither allocates.
wait.soon, wait.not_soon = builtin.soon, builtin.not_soon

--- wait.schedule(owner, at) calls owner:due(now) at that time, in place of an earlier wish of the same owner.
wait.schedule = builtin.schedule

--- Takes such a wish back. Allocates nothing.
wait.unschedule = builtin.unschedule

--- wait.want_output(fd, wanted): whether the modem's port has output to take that it did not take at once.
wait.want_output = builtin.want_output

--- Lets the loop go round once; it waits for nothing.
function wait.go_round()
  if loop.running() then return wait.sleep(0) end
  foreign.notice()
  builtin.iterate(0)
end

--- The event loop of the program's own (loop/foreign.lua), which serves the library from now on; nil: none any more.
wait.use = foreign.use

--- Whether there is such a loop.
wait.is_within_another = foreign.in_use

--- Seconds until there is something to do for the loop even if no descriptor stirs, 0: it waits to be done; nil: there
--- is no such time.
wait.timeout = builtin.timeout

--- For other loops: a descriptor object that is readable when wait.iterate(0) has something to do; nil where the system
--- has no such thing.
wait.loop_descriptor = builtin.descriptor

--- Serves whatever is to be served without waiting longer than until the deadline (of wait.now). Whoever calls this
--- from another loop asks wait.timeout() next.
function wait.iterate(deadline)
  builtin.iterate(deadline, true)
end

return wait
