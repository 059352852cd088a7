--- What a keeper does, round by round: looks at the connection, and brings it back if it is lost. Each step gives the
--- time until the next round.

local errors = require "hayes.error"
local probe = require "hayes.keeper.probe"
local State = require "hayes.keeper.state"
local wait = require "hayes.wait"
local work = require "hayes.keeper.work"

local rounds = {}

--- A connection that has stood for so long (seconds) is steady: when it is lost, the pauses begin anew.
local STEADY = 60

--- So many looks, or probes, fail in a row before the connection counts as lost.
local PATIENT_LOOKS = 3

--- Longest time for a module to come back after a restart, seconds.
local RESTART_SECONDS = 90

--- Longest time for the functions `probe` and `restart` of the program, seconds: one that waits for ever must not end
--- the keeping. Power that is switched off is not to stay off, so `restart` has more of it than any module needs.
local PROBE_SECONDS, SWITCHING_SECONDS = 120, 300

-- What is told

function rounds.tell(self, name, line, fields)
  local event = fields or {}
  event.name, event.line, event.fields, event.state = name, line, {}, self.current
  local trace = self.modem.trace
  if trace and name ~= "state" then trace:remark(wait.now(), "keeper: " .. line) end
  self.listeners:emit(event)
end

--- Another state begins; `next_at`: when it tries again.
function rounds.set(self, state, next_at)
  self.next_at = next_at or false
  if self.current == state then return end
  self.current = state
  rounds.tell(self, "state", state)
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
    self.told_failed = false
    rounds.set(self, "attached")
    rounds.tell(self, "up", ("the connection is up%s"):format(in_words(connection)),
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
  rounds.set(self, "attaching")
  rounds.tell(self, "down", "the connection is lost: " .. err, { err = err })
end

--- Waits for the next attempt. Gives the time until then.
local function put_off(self, err)
  if self.off then return 0 end
  local seconds = self.patience:pause()
  local was, told = self.current, self.told_failed
  local state = self.modem.closed_with and "gone" or self.way:needs_person(err) and "failed" or "waiting"
  self.err = err
  rounds.set(self, state, wait.now() + seconds)
  self.told_failed = state == "failed" and err.name
  -- Each thing that takes a person is told once.
  local is_new = state == "failed" and told ~= err.name or state == "gone" and was ~= "gone"
  local name = is_new and state or "waiting"
  rounds.tell(self, name, ("%s; the next attempt is in %s"):format(err, State.duration(seconds)), { err = err,
    seconds = seconds, attempts = self.attempts })
  return seconds
end

-- The module

--- The port is open and the module takes commands.
local function reach(self)
  local modem = self.modem
  if modem.closed_with then
    if self.current ~= "gone" then
      rounds.set(self, "gone")
      rounds.tell(self, "gone", tostring(modem.closed_with), { err = modem.closed_with })
    end
  end
  -- Also while the program opens it again: this waits for that.
  if modem.closed_with or modem.starting then
    local was_gone = self.current == "gone"
    local ok, err = work.run(self, modem.reopen, modem)
    if was_gone then self.tried_at = wait.now() end
    if not ok then return nil, err end
    if was_gone then rounds.set(self, "attaching") end
  end
  local deadline = wait.now() + RESTART_SECONDS
  while modem.starting and not modem.lost and not modem.closed_with and not self.off do
    if wait.now() >= deadline then
      return nil, errors.new { name = "no_answer", origin = "port",
        message = ("the module on %s has not come back within %d s"):format(modem.address, RESTART_SECONDS) }
    end
    work.wait_for_news(self, deadline)
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
  rounds.set(self, "restarting")
  local number = self.patience:restarted(wait.now())
  rounds.tell(self, "restart", ("restarting the module (%d of %d in %s): %s"):format(number, budget.restarts,
    State.duration(budget.per), err), { err = err })
  local ok
  if wanted == true then
    ok, err = work.run(self, self.way.restart, self.way)
  else
    ok, err = work.run_programs(self, "restart", SWITCHING_SECONDS, wanted)
  end
  -- A module that restarts at once does not always get its OK out.
  local begun = ok or self.restarted or modem.closed_with
  if not begun then return put_off(self, errors.within(err, "restarting the module")) end
  local deadline = wait.now() + RESTART_SECONDS
  while not self.restarted and not modem.closed_with and not self.off and wait.now() < deadline do
    work.wait_for_news(self, deadline)
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
  if self.off then return 0 end
  local patience, budget = self.patience, self.options.budget
  patience:failed()
  self.attempts = self.attempts + 1
  if not patience:is_restart_due() or not can_restart(self) or PASSING[err.name] or self.way:needs_person(err) then
    return put_off(self, err)
  end
  local now = wait.now()
  local from = patience:restart_from(now)
  if from and from <= now then return restart(self, err) end
  local used = patience:restarted(now)
  if from and used >= budget.restarts and not self.has_given_up then
    self.has_given_up = true
    local words = "restarting the module has not helped (%d of %d in %s); the next restart is in %s: %s"
    rounds.tell(self, "gave_up", words:format(used, budget.restarts, State.duration(budget.per),
      State.duration(from - now), err), { err = err, seconds = from - now })
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
    ok, err = work.run(self, probe.connect, self.modem, target)
  else
    ok, err = work.run_programs(self, "probe", PROBE_SECONDS, wanted)
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
  rounds.set(self, "attaching")
  local number = self.attempts + 1
  rounds.tell(self, "attempt", ("attempt %d"):format(number), { attempts = number, err = self.err or nil })
  local connection, err = work.run(self, bring_up, self.way)
  self.tried_at = wait.now()
  if not connection then return fail(self, err) end
  if self.off then return 0 end
  local passes, why = data_passes(self)
  if self.off then return 0 end
  if passes then return up(self, connection) end
  return fail(self, no_data(why))
end

--- The module says that there is a connection.
local function look_closer(self, connection)
  local ok, err = data_passes(self)
  if self.off then return 0 end
  if ok then return up(self, connection) end
  self.misses = self.misses + 1
  local attached, patient = self.current == "attached", self.misses < PATIENT_LOOKS
  if patient and attached then return self.options.check end
  if patient then
    self.patience:missed()
    return put_off(self, no_data(err))
  end
  if attached then down(self, no_data(err)) end
  self.misses = 0
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
function rounds.go(self)
  local modem, was_attached = self.modem, self.current == "attached"
  local lost = self.lost
  self.lost, self.again = false, false -- also where the look has to wait: it will show
  if was_attached and lost and (modem.closed_with or modem.starting) then
    down(self, lost)
    if self.patience.failures > 1 then return put_off(self, lost) end
  end
  local ok, err = reach(self)
  if self.off then return 0 end
  if not ok then return self.current == "attached" and look_again(self, err) or fail(self, err) end
  if is_line_kept(modem) then return self.options.check end
  lost, self.lost = self.lost or lost, false
  local found, why = work.run(self, self.way.look, self.way)
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

return rounds
