--- One run of a plan: the world, the line, the module, the program, and what is found wrong.

local builtin = require "hayes.loop.builtin"
local errors = require "hayes.error"
local farewell = require "hayes.modem.farewell"
local faults = require "simulation.faults"
local hayes = require "hayes"
local Line = require "simulation.line"
local Module = require "simulation.module"
local oracle = require "simulation.oracle"
local program = require "simulation.program"
local quectel = require "simulation.quectel"
local Random = require "simulation.random"
local stream = require "simulation.stream"
local verification = require "simulation.verification"
local wait = require "hayes.wait"
local World = require "simulation.world"

local Run = { errors = errors, hayes = hayes }
Run.__index = Run

--- What may still be waited for when no time-out was given, seconds: the notes give TLS 150 s and 300 s more, which may pass
--- twice when the first answer gets lost.
local LONGEST = 1000

--- hayes.open, whatever becomes of its commands; answers that come late add to it, since each holds up the next command.
local LONGEST_OPENING = 120

--- The library lets a module alone for so long after data mode, seconds.
local LONGEST_SILENCE = 1.1

--- Within this a module answers a command that nothing but a merged or delayed word keeps back, seconds.
local PATIENCE = 1.5

--- What is not sent is checked against what the module has taken, and need not be on stderr, too.
function farewell.tell(sender)
  sender:report()
  farewell.forget(sender)
end

local HARM = { none = 0, slow = 1, loss = 2, damage = 3 }

---@param plan table
---@param options { only: table<integer, true>?, trace: (fun(line: string))? }
function Run.new(plan, options)
  local self = setmetatable({ plan = plan, world = World.new(), links = {}, calls = {}, handles = {}, outcomes = {},
    counts = {}, users = {}, error_owners = {}, watched = setmetatable({}, { __mode = "k" }),
    banner_lines = {}, cut_lines = {}, troubles = {},
    harm = 0, armed = false, digest = 0, restarts = 0, restarted_at = 0, noticed = 0, noticed_at = 0,
    reports = {}, injected = {} }, Run)
  self.world.tracing = options.trace or false
  stream.choose(plan.data_mode and "plain" or plan.transparent and "ends" or "all")
  self.random = function(purpose) return Random.new(plan.seed, purpose) end
  self.line = Line.new(self, plan.line)
  self.module = Module.new(self, plan.kind or quectel, plan.module)
  self.at = {} -- faults by where and number
  for _, fault in ipairs(plan.faults) do
    if not options.only or options.only[fault.number] then
      local where = faults.kinds[fault.kind].where
      local by_number = self.at[where] or {}
      self.at[where] = by_number
      by_number[fault.at] = by_number[fault.at] or {}
      table.insert(by_number[fault.at], fault)
    end
  end
  return self
end

-- Faults

--- So many bytes may have been harmed from now on.
function Run:harmed(harm)
  self.harm = math.max(self.harm, HARM[harm])
  if self.acting then
    self.acting.harm = math.max(self.acting.harm, HARM[harm])
  else
    table.insert(self.troubles, { harm = HARM[harm], over = self.world.now })
  end
end

--- The harm of the faults that took place after this time, or still did; nil: there were none.
---@param since number
function Run:harm_since(since)
  local most
  for _, trouble in ipairs(self.troubles) do
    if trouble.over >= since then most = math.max(most or 0, trouble.harm) end
  end
  return most
end

--- Nothing that the line carries from here on is beyond doubt.
function Run:line_changed()
  for _, link in ipairs(self.links) do link:spoil() end
  self.changed = true
end

--- After a time-out, and the time to get back in step with the module, nothing of what was late is to come.
local LATE_FOR = 10

--- Data of data mode is late by so many seconds: what is pushed meanwhile is in doubt, too.
function Run:data_late(seconds)
  self.late_until = self.world.now + seconds + LATE_FOR
  for _, link in ipairs(self.links) do link:doubt() end
end

--- The library need not hear of the end of the connections that a command (nil: all) is about.
---@param text? string
function Run:doubt_ends(text)
  local id = text and math.tointeger(tonumber(text:match("^AT%+%u+=(%d+)")))
  for _, link in ipairs(self.links) do
    if not text or link.conn and link.conn.id == id then link.end_in_doubt = true end
  end
end

--- A byte of the host was changed: what the module has taken from it for these connections is in doubt.
function Run:host_changed()
  self:line_changed()
  for _, link in ipairs(self.links) do link.host_changed = true end
end

function Run:module_restarts()
  self.restarts = self.restarts + 1
  self.restarted_at = self.world.now
end

--- How long a fault may be felt: the module's time for a command whose answer got lost is 150 s; else the library gets
--- in step with it within some seconds.
local FELT_FOR = { [0] = 30, 30, 160, 160 }

--- Whether a call that began then may have failed because of a fault.
---@param began number
function Run:excuses(began)
  for _, trouble in ipairs(self.troubles) do
    if (trouble.excuses or trouble.harm > 0) and trouble.over + FELT_FOR[trouble.harm] >= began then return true end
  end
  return false
end

--- A module that has restarted says this: its lines look like an answer.
function Run:note_banner(word)
  self.banner_at = self.world.now
  for line in word:gmatch("[^\r\n]+") do self.banner_lines[line] = true end
end

--- Whether what the module gets now was written when it had begun to tell of a restart, and before the library had read
--- that.
function Run:is_from_before_notice()
  local told_now = self.banner_at ~= nil and self.world.now - self.banner_at < 0.1
  return told_now and (self.noticed < self.restarts or self.line:written_since() <= self.noticed_at)
end

--- A restart has cut the words of a module after these: what stands behind their last line end has none, and the echo of
--- the next command follows it at once.
function Run:note_cut(words)
  local left = words:match("[^\r\n]+$")
  if left then self.cut_lines[left] = true end
end

local function act(self, fault, what)
  local kind = faults.kinds[fault.kind]
  if self.world.tracing then self.world:trace("fault %s", faults.describe(fault)) end
  local before = self.acting
  local trouble = { harm = 0, over = self.world.now + (fault.seconds or 0), excuses = kind.excuses or false }
  self.acting = trouble
  local acted = kind.act(self, fault, what)
  self.acting = before
  if acted == false then
    self.world:trace("fault %d has nothing to do", fault.number)
    return
  end
  self.harm = math.max(self.harm, HARM[kind.harm])
  trouble.harm = math.max(trouble.harm, HARM[kind.harm])
  table.insert(self.troubles, trouble)
  self.injected[fault.number] = true
end

--- The faults that have their place here.
function Run:inject(where, number, what)
  local here = self.armed and self.at[where]
  local list = here and here[number - self.armed[where]]
  for _, fault in ipairs(list or {}) do act(self, fault, what) end
end

--- From now on there are faults.
function Run:arm()
  self.armed = { word = self.line.words, block = self.line.blocks, write = self.line.writes, command = self.module.count,
    read = self.module.reads or 0, call = 0, handler = 0 }
  for at, list in pairs(self.at.time or {}) do
    for _, fault in ipairs(list) do
      self.world:after(at, function() if self.armed then act(self, fault) end end)
    end
  end
end

function Run:disarm()
  self.armed = false
  self.line:let_go()
end

-- What is noted

function Run:add_link(link)
  self.links[#self.links + 1] = link
end

--- The last link to this host.
function Run:link_to(host)
  for i = #self.links, 1, -1 do
    if self.links[i].host == host then return self.links[i] end
  end
end

local function mix(self, text)
  local digest, rest = self.digest, #text % 8
  for i = 1, #text - rest, 8 do digest = (digest ~ string.unpack("<i8", text, i)) * 0x100000001B3 end
  for i = #text - rest + 1, #text do digest = (digest ~ text:byte(i)) * 0x100000001B3 end
  self.digest = digest
end

--- One more of what is counted beside faults: how often something that is checked has come about.
function Run:count(what)
  self.counts[what] = (self.counts[what] or 0) + 1
end

-- The modem: another one once the port has come back under another name

--- f(modem) is called with this modem and each that follows.
function Run:with_modem(f)
  self.users[#self.users + 1] = f
  f(self.modem)
end

function Run:use_modem(modem)
  self.modem = modem
  for _, f in ipairs(self.users) do f(modem) end
end

function Run:note_written(bytes) mix(self, bytes) end

--- What has become of a call: it is part of what two runs of the same plan have in common.
function Run:note(text)
  mix(self, text)
  self.world:trace("%s", text)
end

-- Calls

--- Does f(...) as a task of its own, which a fault may cancel; gives what task:join gives.
function Run:call(call, f, ...)
  local record = { call = call, name = call.name, timeout = call.timeout, cancel_in = false, dropped = false, reads = false,
    since = self.world.now - self.world.jumped }
  self:inject("call", call.id, record)
  -- The time-out of a command counts from when it goes out, and as long before.
  record.limit = call.limit or (record.timeout or LONGEST) * (call.name == "at" and 2 or 1) + 0.1
  if call.name == "hayes.open" then record.limit = LONGEST_OPENING end -- the time-out is that of each command
  self.calls[#self.calls + 1] = record
  record.task = hayes.spawn(f, record, ...)
  local results = table.pack(record.task:join())
  for i, other in ipairs(self.calls) do
    if other == record then table.remove(self.calls, i) end
  end
  local err = results[2]
  if not results[1] and not errors.is(err) then self.world:note_failure("call %d (%s) raised: %s", call.id, call.name, err) end
  return table.unpack(results, 1, results.n)
end

--- The module keeps an answer back for so many seconds.
function Run:delay_opening(seconds)
  for _, record in ipairs(self.calls) do
    if record.name == "hayes.open" then record.limit = record.limit + seconds end
  end
end

--- While the port takes nothing, a command has not gone out; nor in the silence after data mode.
local function seconds_allowed(self, record)
  if record.name ~= "at" then return record.limit end
  local full_for = self.line.full_until - self.world.jumped - record.since
  local silent = (self.module.escaped_at or 0) > record.since and LONGEST_SILENCE or 0
  return record.limit + math.max(0, full_for) + silent
end

local function check_calls(self)
  local acted = false
  for _, record in ipairs(self.calls) do
    local waited = self.world.now - self.world.jumped - record.since
    local allowed = seconds_allowed(self, record)
    if waited > allowed then
      self.world:fail("call %d (%s) has waited for %.1f s; it may take %.1f s", record.call.id, record.name, waited, allowed)
    end
    if record.reads then record.reads:check_told(record) end
    if record.cancel_in then
      record.cancel_in = record.cancel_in > 0 and record.cancel_in - 1
      if not record.cancel_in then
        self.world:trace("call %d (%s) is cancelled", record.call.id, record.name)
        record.task:cancel()
        acted = true
      end
    end
  end
  return acted
end

--- After each step. True: something was done that the loop has to see.
function Run:check_step()
  if self.world.failure then error({ failure = self.world.failure }, 0) end
  return check_calls(self)
end

-- The run

--- Collects what has been dropped. The collector comes at no other time: when it would come by itself, no seed decides.
function Run.collect()
  collectgarbage()
  collectgarbage("stop")
end

local function catch_reports(self)
  local report = wait.report
  wait.report = function(what, err)
    local text = ("%s: %s"):format(what, tostring(err))
    self.world:trace("reported: %s", text)
    if text:find("planned error", 1, true) then return end
    -- What is left of a damaged block may look like answers.
    if text:find("another program speaks", 1, true) and self.harm >= HARM.damage then return end
    local impatient = self.modem and self.modem.timeout_s < PATIENCE -- hayes.open was given that
    local again = self.restarted_at > self.noticed_at -- what was noticed may have been data that reads like a restart
    if text:find("start-up after a restart", 1, true) and (self.harm > 0 or again or self.restarts > 1 or impatient) then
      return
    end
    self.world:note_failure("reported: %s", text)
  end
  return function() wait.report = report end
end

--- Runs it. nil; or what was wrong.
function Run:go()
  local world = self.world
  local undo = catch_reports(self)
  world.waiting = function()
    local names = {}
    for i, record in ipairs(self.calls) do names[i] = ("call %d (%s)"):format(record.call.id, record.name) end
    return ": " .. table.concat(names, ", ")
  end
  world.on_step = function() return self:check_step() end
  world:enter()
  local wall_clock = wait.wall_clock
  wait.wall_clock = function() return verification.WALL_CLOCK + math.floor(world.now) end
  local ok, err = xpcall(function()
    hayes.run(program.main, self)
    oracle.check_end(self, builtin)
    oracle.check_memory(self)
  end, function(err) return type(err) == "table" and err.failure and err or debug.traceback(tostring(err), 2) end)
  world.leave()
  undo()
  wait.wall_clock = wall_clock
  if self.clean then self.clean() end
  if ok and not world.failure then return nil end
  return world.failure or type(err) == "table" and err.failure or tostring(err)
end

Run.stream = stream

return Run
