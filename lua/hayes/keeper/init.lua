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
local rounds = require "hayes.keeper.rounds"
local State = require "hayes.keeper.state"
local wait = require "hayes.wait"
local work = require "hayes.keeper.work"

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
---@field package told_failed string|false  name of the error that takes a person, which has been told
---@field package again boolean  another attempt may succeed now
---@field package off boolean    the program has taken it down
local Keeper = {}
Keeper.__index = Keeper
Keeper.__name = "hayes.keeper"

function Keeper:__tostring()
  return ("hayes.keeper: %s, %s"):format(self.modem.address, self.current)
end

-- Its task

--- Waits for the next round, for so many seconds; less if something is told meanwhile.
local function rest(self, seconds)
  local ends = wait.now() + seconds
  while not self.over do
    if self.off then
      self.lost, self.again = false, false
      work.wait_for_news(self)
      ends = wait.now()
    else
      if self.lost and self.current == "attached" then return end
      -- URCs that come all the time do not do away with the pauses.
      if self.again then ends = math.min(ends, self.tried_at + self.options.backoff.first) end
      self.again = false
      if wait.now() >= ends then return end
      work.wait_for_news(self, ends)
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
    local ok, seconds = xpcall(rounds.go, debug.traceback, self)
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
    self.again = self.current ~= "attached"
  elseif what == "off" then
    self.off = true
    if self.work then self.work:cancel() end
    self.connection, self.err, self.attempts, self.down_at = false, false, 0, wait.now()
    rounds.set(self, "off")
  elseif self.off then
    self.off = false
    rounds.set(self, "attaching")
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
    self.lost = modem.closed_with
    if not self.work then self.again = true end -- the attempt under way tells it by failing
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
    told_failed = false,
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
--- `attempt`: it is being brought back. `waiting`: an attempt has failed, and another one follows. `failed`: an attempt
--- has failed, and it takes a person (a SIM card that wants a PIN, a network that refuses the card, a wrong password).
--- `gone`: the port is gone. `failed` and `gone` are told once; further attempts that fail are told as `waiting`.
--- `restart`: the module is about to be restarted. `gave_up`: the restarts of the budget are used up. `closed`: the
--- keeper was closed, by close() or with its modem. `state`: each change of state, in addition.
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
--- Errors: `timeout`, `closed`, `no_data` (the probe), `not_joined`, `function_failed`, those of
--- modem.network.attach, modem.wifi.join and modem:reopen.
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
  rounds.set(self, "closed")
  rounds.tell(self, "closed", "the keeper was closed")
  self.listeners:close(self.closed_with)
  for _, task in ipairs { self.task, self.work or self.task } do
    if task ~= wait.running() then task:cancel() end
  end
  return true
end

Keeper.__close = Keeper.close

check.methods(Keeper, "keeper", { "close", "on", "ready", "state" })

return Keeper
