--- Keeps a connection for months: looks at it, and brings it back by the steps of the module's notes, with pauses that
--- grow and restarts that are counted.
---
--- It knows no module: a dialect says how its connection is looked at and brought back, in a "way" (`keep` of the
--- dialect table). The keeper decides when. It is one task, and what may take long (an attempt, a probe, a restart) is
--- a task of its own, so that it can be given up when the program detaches the connection or closes the keeper.

local check = require "hayes.check"
local errors = require "hayes.error"
local Events = require "hayes.events"
local options = require "hayes.keeper.options"
local Patience = require "hayes.keeper.patience"
local probe = require "hayes.keeper.probe"
local State = require "hayes.keeper.state"
local wait = require "hayes.wait"

--- A connection that has stood for so long (seconds) is steady: when it is lost, the pauses begin anew.
local STEADY = 60

--- So many looks, or probes, fail in a row before the connection counts as lost.
local PATIENT_LOOKS = 3

--- Longest time for a module to come back after a restart, seconds.
local RESTART_SECONDS = 90

---@class hayes.keeper.way  how a dialect's connection is looked at and brought back. Its functions may wait, but for
---  listen() and needs_person(), and are given up by cancelling their task
---@field look fun(self): table|false|nil, hayes.error?  the connection, at no cost of data; false and why: there is
---  none; nil and the error: the module does not tell
---@field bring_up fun(self): table?, hayes.error?  brings it up, within a time of its own; changes nothing while it is
---@field renew fun(self): table?, hayes.error?  takes it down and brings it up, because no data passes
---@field restart? fun(self): true?, hayes.error?  tells the module to restart
---@field needs_person fun(self, err: hayes.error): boolean?  whether neither another attempt nor a restart can help
---@field listen fun(self, tell: fun(what: "lost"|"again"|"off"|"on", err: hayes.error?)): hayes.subscription[]
---  tells that it is lost, that another attempt may succeed now, that the program has taken it down or brought it up

---@class hayes.keeper keeps the connection of a modem, of modem:keep()
---@field package work hayes.task|false  what is under way
---@field package lost hayes.error|false why it is lost, as somebody has just told
---@field package again boolean  another attempt may succeed now
---@field package off boolean    the program has taken it down
local Keeper = {}
Keeper.__index = Keeper
Keeper.__name = "hayes.keeper"

function Keeper:__tostring()
  return ("hayes.keeper: %s, %s"):format(self.modem.address, self.current)
end

-- What is told

local function tell(self, name, line, fields)
  local event = fields or {}
  event.name, event.line, event.fields, event.state = name, line, {}, self.current
  local trace = self.modem.trace
  if trace and name ~= "state" then trace:remark(wait.now(), "keeper: " .. line) end
  self.listeners:emit(event)
end

--- Another state begins; `next_at`: when it tries again.
local function set(self, state, next_at)
  self.next_at = next_at or false
  if self.current == state then return end
  self.current = state
  tell(self, "state", state)
end

local function in_words(connection)
  local address = connection.ip or connection.ip6
  return address and (" (%s)"):format(address) or ""
end

--- The connection is there. Gives the time until the next look.
local function up(self, connection)
  local now = wait.now()
  self.connection, self.unclear = connection, 0
  if self.current ~= "attached" then
    local seconds, attempts = now - self.down_at, self.attempts
    self.up_at, self.attempts, self.err, self.has_given_up = now, 0, false, false
    set(self, "attached")
    tell(self, "up", ("the connection is up%s"):format(in_words(connection)),
      { connection = connection, seconds = seconds, attempts = attempts })
  elseif now - self.up_at >= STEADY then
    self.patience:steady()
  end
  return self.options.check
end

--- It is lost.
local function down(self, err)
  local now = wait.now()
  if now - self.up_at >= STEADY then self.patience:steady() else self.patience:failed() end
  self.down_at, self.connection, self.err, self.misses = now, false, err, 0
  set(self, "attaching")
  tell(self, "down", "the connection is lost: " .. err, { err = err })
end

--- Waits for the next attempt. Gives the time until then.
local function put_off(self, err)
  if self.off then return 0 end
  local seconds = self.patience:pause()
  local was = self.current
  local state = self.modem.closed_with and "gone" or self.way:needs_person(err) and "failed" or "waiting"
  self.err = err
  set(self, state, wait.now() + seconds)
  local name = state ~= "waiting" and state ~= was and state or "waiting"
  tell(self, name, ("%s; the next attempt is in %s"):format(err, State.duration(seconds)), { err = err,
    seconds = seconds, attempts = self.attempts })
  return seconds
end

-- What takes long

local CANCELLED = errors.new { name = "cancelled", message = "the attempt was given up" }

local Work = { __close = function(work)
  work.keeper.work = false
  work.task:cancel()
end }

--- Does f(...) as a task of its own, which is cancelled when it is not wanted any more.
local function do_work(self, f, ...)
  local task = wait.spawn_detached(f, ...)
  self.work = task
  local _work <close> = setmetatable({ keeper = self, task = task }, Work)
  local ended, result, err = task:join()
  if ended then return result, err end
  if task.cancelled then return nil, CANCELLED end
  wait.report("the keeper has failed", result)
  return nil, errors.internal(result)
end

--- Does what the program gave; it can break nothing.
local function do_programs(self, what, f)
  local ok, err = do_work(self, function()
    local returned = table.pack(xpcall(f, debug.traceback, self.modem))
    if returned[1] then return returned[2], returned[3] end
    if not self.over then wait.report(("the function %s of modem:keep has failed"):format(what), returned[2]) end
    return nil, errors.new { name = "failed", message = ("the function %s has raised an error"):format(what) }
  end)
  if ok then return true end
  return nil, errors.is(err) and err or errors.new { name = "failed",
    message = ("the function %s says: %s"):format(what, tostring(err)) }
end

--- Waits until something has been told, or the deadline passes.
local function wait_for_news(self, deadline)
  self.news = wait.waiter()
  self.news:wait(deadline)
end

-- The module

--- The port is open and the module takes commands.
local function reach(self)
  local modem = self.modem
  if modem.closed_with then
    if self.current ~= "gone" then
      set(self, "gone")
      tell(self, "gone", tostring(modem.closed_with), { err = modem.closed_with })
    end
    local ok, err = do_work(self, modem.reopen, modem)
    if not ok then return nil, err end
    set(self, "attaching")
  end
  local deadline = wait.now() + RESTART_SECONDS
  while modem.starting and not modem.lost and not modem.closed_with and not self.off do
    if wait.now() >= deadline then
      return nil, errors.new { name = "no_answer", origin = "port",
        message = ("the module on %s has not come back within %d s"):format(modem.address, RESTART_SECONDS) }
    end
    wait_for_news(self, deadline)
  end
  local err = modem.closed_with or modem.lost
  if err then return nil, err end
  return true
end

--- Restarts the module and waits for it to begin to start.
local function restart(self, err)
  local modem, budget, wanted = self.modem, self.options.budget, self.options.restart
  self.patience:restart(wait.now())
  self.err, self.restarted = err, false
  set(self, "restarting")
  tell(self, "restart", ("restarting the module (%d of %d in %s): %s"):format(self.patience:restarted(wait.now()),
    budget.restarts, State.duration(budget.per), err), { err = err })
  local ok
  if wanted == true then
    ok, err = do_work(self, self.way.restart, self.way)
  else
    ok, err = do_programs(self, "restart", wanted)
  end
  if not ok then return put_off(self, errors.within(err, "restarting the module")) end
  local deadline = wait.now() + RESTART_SECONDS
  while not self.restarted and not modem.closed_with and not self.off and wait.now() < deadline do
    wait_for_news(self, deadline)
  end
  return 0
end

--- Is there a way to restart the module as it is now? A command does not reach one that does not answer.
local function can_restart(self)
  local modem, wanted = self.modem, self.options.restart
  if wanted ~= true then return wanted end
  return self.way.restart and not modem.closed_with and not modem.lost
end

--- What another task does for a while is no reason to restart anything.
local PASSING = { busy = true, cancelled = true, reboot = true, closed = true }

--- Another attempt has failed. Gives the time until the next.
local function fail(self, err)
  local patience = self.patience
  patience:failed()
  self.attempts = self.attempts + 1
  if not patience:is_restart_due() or not can_restart(self) or PASSING[err.name] or self.way:needs_person(err) then
    return put_off(self, err)
  end
  local now = wait.now()
  local from = patience:restart_from(now)
  if from and from <= now then return restart(self, err) end
  local used = patience:restarted(now)
  if from and used >= self.options.budget.restarts and not self.has_given_up then
    self.has_given_up = true
    tell(self, "gave_up", ("%d restart%s of the module have not helped; there is no other for %s: %s"):format(used,
      used == 1 and "" or "s", State.duration(from - now), err), { err = err, seconds = from - now })
  end
  return put_off(self, err)
end

-- The connection

--- Does data pass? True where that is not to be tried now; nil and why not.
local function data_passes(self)
  local wanted, target, now = self.options.probe, self.options.target, wait.now()
  local is_due = self.current ~= "attached" or self.misses > 0 or now >= self.probe_at
  if not wanted or not is_due then return true end
  local ok, err
  if target then
    ok, err = do_work(self, probe.connect, self.modem, target)
  else
    ok, err = do_programs(self, "probe", wanted)
  end
  if not ok then return nil, err end
  self.probe_at, self.misses = wait.now() + self.options.probe_every, 0
  return true
end

local function no_data(err)
  return errors.new { name = "no_data", message = "the module has a connection, and no data passes: " .. err,
    hint = err.hint }
end

--- Brings it up, once. Gives the time until the next look or attempt.
local function attempt(self, bring_up)
  set(self, "attaching")
  local number = self.attempts + 1
  tell(self, "attempt", ("attempt %d"):format(number), { attempts = number, err = self.err or nil })
  local connection, err = do_work(self, bring_up, self.way)
  self.tried_at = wait.now()
  if self.off then return 0 end
  if connection then
    local ok
    ok, err = data_passes(self)
    if ok then return up(self, connection) end
    err = no_data(err)
  end
  return fail(self, err)
end

--- The module says that there is a connection.
local function look_closer(self, connection)
  local ok, err = data_passes(self)
  if ok then return up(self, connection) end
  self.misses = self.misses + 1
  if self.current == "attached" then
    if self.misses < PATIENT_LOOKS then return self.options.check end
    down(self, no_data(err))
  end
  return attempt(self, self.way.renew)
end

--- The module does not say whether there is one.
local function look_again(self, err)
  if self.current ~= "attached" then return fail(self, err) end
  self.unclear = self.unclear + 1
  if self.unclear < PATIENT_LOOKS then return math.min(self.options.check, self.options.backoff.first) end
  down(self, err)
  return fail(self, err)
end

--- A connection in data mode has the line, and keeps it until the program ends that: nothing is sent then.
local function is_line_kept(modem)
  return modem.online and modem.online:keeps_line()
end

--- Looks, and does what there is to be done. Gives the time until the next round, seconds.
local function go_round(self)
  local modem, was_attached = self.modem, self.current == "attached"
  local lost = self.lost
  if was_attached and lost and (modem.closed_with or modem.starting) then down(self, lost) end
  local ok, err = reach(self)
  if self.off then return 0 end
  if not ok then return self.current == "attached" and look_again(self, err) or fail(self, err) end
  if is_line_kept(modem) then return self.options.check end
  lost, self.lost = self.lost or lost, false
  local found, why = do_work(self, self.way.look, self.way)
  if self.off then return 0 end
  if found then return look_closer(self, found) end
  if found == nil then return look_again(self, why) end
  if self.current == "attached" then
    down(self, lost or why)
    -- One that is lost again and again is not brought up again at once.
    if self.patience.failures > 1 then return put_off(self, self.err) end
  end
  return attempt(self, self.way.bring_up)
end

-- Its task

--- Waits for the next round, for so many seconds; less if something is told meanwhile.
local function rest(self, seconds)
  local ends = wait.now() + seconds
  while not self.over do
    if self.off then
      self.lost, self.again = false, false
      wait_for_news(self)
      ends = wait.now()
    else
      if self.lost and self.current == "attached" then return end
      -- URCs that come all the time do not do away with the pauses.
      if self.again then ends = math.min(ends, self.tried_at + self.options.backoff.first) end
      self.again = false
      if wait.now() >= ends then return end
      wait_for_news(self, ends)
    end
  end
end

local function is_over(self)
  local modem = self.modem
  if modem.closed_with and (modem.ended or not modem.again) then self:close() end
  return self.over
end

local function run(self)
  while not is_over(self) do
    local ok, seconds = xpcall(go_round, debug.traceback, self)
    if self.over then return end
    if not ok then
      wait.report("the keeper of the modem on " .. self.modem.address .. " has failed", seconds)
      seconds = self.options.backoff.most
    end
    rest(self, seconds)
  end
end

-- What the modem tells

local function wake(self)
  self.news:fire(true)
end

--- What the way tells (hayes.keeper.way, listen); what the keeper does itself is no news.
local function hear(self, what, err)
  if self.over or self.work and wait.running() == self.work then return end
  if what == "lost" then
    self.lost = err
  elseif what == "again" then
    self.again = true
  elseif what == "off" then
    self.off = true
    if self.work then self.work:cancel() end
    self.connection, self.err, self.attempts, self.down_at = false, false, 0, wait.now()
    set(self, "off")
  elseif self.off then
    self.off = false
    set(self, "attaching")
  else
    self.again = true
  end
  wake(self)
end

local function listen(self)
  local modem = self.modem
  local list = self.way:listen(function(what, err) hear(self, what, err) end)
  local function on(name, f) list[#list + 1] = modem:listen(name, f) end
  on("reboot", function()
    self.restarted = true
    self.lost = self.lost or errors.reboot()
    wake(self)
  end)
  on("closed", function()
    self.lost, self.again = modem.closed_with, true
    wake(self)
  end)
  for _, name in ipairs { "ready", "resync" } do
    on(name, function()
      if self.current ~= "attached" then self.again = true end
      wake(self)
    end)
  end
  return list
end

--- modem:keep (modem.lua), for a modem that has no keeper.
---@param modem hayes.modem
---@param given any
---@return hayes.keeper?, hayes.error?
---@package
function Keeper.start(modem, given)
  local read, make = options.read(modem, given)
  if not read then return nil, make end
  if modem.closed_with and (modem.ended or not modem.again) then return nil, modem.closed_with end
  if type(make) == "string" then make = require(make) end
  local way = make(modem, read.wanted, "modem:keep")
  if modem.keeper then
    return nil, errors.new { name = "busy", message = ("the modem on %s has a keeper already"):format(modem.address),
      hint = "Close that one first: keeper:close()." }
  end
  local now = wait.now()
  local self = setmetatable({
    modem = modem, way = way, options = read, patience = Patience.new(read, math.random), listeners = Events.new(),
    current = "attaching", down_at = now, up_at = now, tried_at = -math.huge, probe_at = now,
    next_at = false, connection = false, err = false, attempts = 0, misses = 0, unclear = 0, has_given_up = false,
    work = false, lost = false, again = false, off = false, restarted = false, over = false, task = false,
    news = wait.waiter(), subscriptions = {},
  }, Keeper)
  modem.keeper = self
  self.subscriptions = listen(self)
  self.task = wait.spawn_detached(run, self)
  return self
end

-- For programs

--- How the connection stands. Nothing is sent.
---@return hayes.keeper.state
function Keeper:state()
  local now = wait.now()
  return State.new { state = self.current, since = self.connection and self.up_at or self.down_at,
    attempts = self.attempts, error = self.err or nil, next = self.next_at or nil,
    restarts = self.patience:restarted(now), connection = self.connection or nil, now = now }
end

local EVENTS = { "state", "up", "down", "attempt", "waiting", "failed", "gone", "restart", "gave_up", "closed" }

---@class hayes.keeper.event: hayes.event what a keeper has to tell. It prints as a sentence
---@field state string     as keeper:state() has it
---@field err? hayes.error  down, waiting, failed, gone, restart, gave_up: why; attempt: why the last one has failed
---@field seconds? number   up: for how long there was no connection; waiting, failed, gone: until the next attempt;
---  gave_up: until the next restart
---@field attempts? integer attempt: which one it is; up, waiting, failed: how many have failed
---@field connection? table up: what modem.network.attach or modem.wifi.join gave

--- Calls handler(event), as a task of its own, for every such event. `up`: there is a connection. `down`: it is lost.
--- `attempt`: it is being brought back. `waiting`: that has failed, and is tried again. `failed`: so it has, and it
--- takes a person (a SIM card that wants a PIN, a network that refuses the card, a wrong password). `gone`: the port
--- has. `restart`: the module is about to be restarted. `gave_up`: the restarts of the budget are used up. `closed`:
--- the keeper is, by close() or with its modem. `state`: each change of state, in addition.
---@param event string its name
---@param handler fun(event: hayes.keeper.event) may call anything, also commands on the modem
---@return hayes.subscription
function Keeper:on(event, handler)
  check.value("keeper:on", "the event", event, { values = EVENTS })
  check.value("keeper:on", "the handler", handler, { type = "callable" })
  return self.listeners:on(event, handler)
end

--- Waits until there is a connection: gives it. nil and the error when the time is over first; that is why the last
--- attempt has failed, if one has.
---
--- Errors: `timeout`, `closed`, those of modem.network.attach or modem.wifi.join.
---@param timeout? number seconds, 0 to 1,000,000,000 (without end)
---@return table?, hayes.error?
function Keeper:ready(timeout)
  check.value("keeper:ready", "the time-out", timeout, { type = "number|nil", min = 0, max = 1e9 })
  local deadline = timeout and wait.now() + timeout
  while self.current ~= "attached" do
    if self.over then return nil, self.closed_with end
    local left = deadline and deadline - wait.now()
    local event, err = nil, nil
    if not left or left > 0 then event, err = self.listeners:wait("up", left) end
    if not event and err ~= "timeout" and err then return nil, err end
    if not event and self.current ~= "attached" then
      return nil, self.err or errors.timeout(("there is no connection after %g s"):format(timeout))
    end
  end
  return self.connection
end

--- Ends it; the connection stays as it is. An attempt under way is given up after the command that the module is
--- working on. Any number of times; closing the modem does it, too.
---@return true
function Keeper:close()
  if self.over then return true end
  self.over = true
  self.closed_with = self.modem.closed_with or errors.closed("the keeper of the modem on " .. self.modem.address)
  self.modem.keeper = false
  for _, subscription in ipairs(self.subscriptions) do subscription:cancel() end
  self.connection, self.err, self.down_at = false, false, wait.now()
  set(self, "closed")
  tell(self, "closed", "the keeper was closed")
  self.listeners:close(self.closed_with)
  for _, task in ipairs { self.task, self.work or self.task } do
    if task ~= wait.running() then task:cancel() end
  end
  return true
end

Keeper.__close = Keeper.close

check.methods(Keeper, "keeper", { "close", "on", "ready", "state" })

return Keeper
