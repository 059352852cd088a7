--- The kinds of faults: where each takes place, how much of the streams' honesty survives it, what it is planned with,
--- and what it does.
---
--- harm: "none" (all must be as if it had not been, or end with a clear error); "slow" (what has a time-out may run out of
--- it); "loss" (the module says less than it does, or refuses what it would have done); "damage" (bytes of the line are
--- changed).

local check = require "hayes.check"
local verification = require "simulation.verification"

local faults = {}

---@class hayes.simulation.fault_kind
---@field where "word"|"block"|"write"|"command"|"read"|"call"|"time"|"handler"
---@field harm "none"|"slow"|"loss"|"damage"
---@field excuses? true calls may fail because of it
---@field make? fun(random, fault) further fields
---@field act fun(run, fault, what): boolean? false: there was nothing to do
local kinds = {}
faults.kinds = kinds

local function seconds(least, most)
  return function(random, fault) fault.seconds = least + random:real() ^ 2 * (most - least) end
end

-- Words

kinds.split = { where = "word", harm = "none", act = function(_, _, word)
  word.pieces = true
  return #word.bytes > 1
end }

--- A download is asked about where words that may be its end have a pause behind them.
local function pause_behind(run, word)
  if word.about.kind == "data" and run.plan.data_phases then run.acting.excuses = true end
end

kinds.merge = { where = "word", harm = "none", act = function(run, _, word)
  pause_behind(run, word)
  word.held = true
end }

kinds.delay = { where = "word", harm = "none", make = seconds(0.01, 5), act = function(run, fault, word)
  -- Data that comes when the library has left data mode may read like a restart, or like what another connection pushes.
  if fault.seconds > 1 and word.about.kind == "data" then run:data_late(fault.seconds) end
  if fault.seconds > 1 then run:harmed(word.about.kind == "data" and "loss" or "slow") end
  pause_behind(run, word)
  word.delay = fault.seconds
end }

--- Words of data mode: nothing may stand in front of them.
local function is_of_data_mode(run, word)
  local about = word.about
  if run.world.now < (run.module.settles_until or 0) then return true end
  -- The host hears of the end of data mode after the module has left it.
  local line_is_online = run.module.online or run.modem and run.modem.online
  return line_is_online or about.kind == "data" or about.kind == "escaped"
    or about.kind == "closed" and about.conn.mode == 2
end

kinds.urc = { where = "word", harm = "none", make = function(random, fault) fault.which = random:int(1, 100) end,
  act = function(run, fault, word)
    local module = run.module
    local urcs = module.kind.other_urcs
    if is_of_data_mode(run, word) or word.about.kind == "urc" then return false end
    local boots = module.boots
    run.line:say(urcs[fault.which % #urcs + 1], { kind = "urc" })
    if module.boots ~= boots then word.bytes = "" end -- it has restarted in the middle of the URC
  end }

local function place(random, fault) fault.place = random:real() end

--- Where in the word the fault is; everything that is passed on from here may be wrong.
local function change(run, fault, word, f)
  local bytes = word.bytes
  if bytes == "" then return end -- another fault has left nothing of it
  local at = math.floor(fault.place * #bytes) + 1
  run:line_changed()
  word.bytes = f(bytes:sub(1, at - 1), bytes:sub(at, at), bytes:sub(at + 1))
end

kinds.drop = { where = "word", harm = "damage", make = place, act = function(run, fault, word)
  change(run, fault, word, function(before, _, behind) return before .. behind end)
end }

kinds.double = { where = "word", harm = "damage", make = place, act = function(run, fault, word)
  change(run, fault, word, function(before, byte, behind) return before .. byte .. byte .. behind end)
end }

local function flip_bit(random, fault)
  place(random, fault)
  fault.bit = 1 << random:int(0, 7)
end

local function flipped(byte, bit) return string.char(byte:byte() ~ bit) end

kinds.flip = { where = "word", harm = "damage", make = flip_bit, act = function(run, fault, word)
  change(run, fault, word, function(before, byte, behind) return before .. flipped(byte, fault.bit) .. behind end)
end }

kinds["nul flood"] = { where = "word", harm = "loss", make = function(random, fault) fault.count = random:small(3000) end,
  act = function(run, fault, word)
    if is_of_data_mode(run, word) then return false end
    word.bytes = ("\0"):rep(fault.count) .. word.bytes
  end }

kinds.garbage = { where = "word", harm = "damage", make = function(random, fault)
  local bytes = {}
  for i = 1, random:small(200) do bytes[i] = string.char(random:int(0, 255)) end
  fault.bytes = table.concat(bytes)
end, act = function(run, fault, word)
  run:line_changed()
  word.bytes = fault.bytes .. word.bytes
end }

kinds["short block"] = { where = "block", harm = "damage", make = place, act = function(run, fault, word)
  local from = word.bytes:find("\n", 3, true)
  if not from then return false end
  run:line_changed()
  local bytes = math.max(1, math.floor(fault.place * word.about.bytes))
  word.bytes = word.bytes:sub(1, from) .. word.bytes:sub(from + 1 + bytes)
end }

kinds.reboot = { where = "word", harm = "none", excuses = true, make = function(random, fault)
  place(random, fault)
  fault.seconds = 0.5 + random:real() * 12
  fault.banner = random:pick { "whole", "whole", "whole", "garbled", "missing" }
end, act = function(run, fault, word)
  if fault.banner ~= "whole" then
    run:harmed "loss"
    run:doubt_ends()
  end
  if fault.banner == "garbled" then run.garbled_until = run.world.now + fault.seconds + 30 end
  -- The rest of what is announced, or of a line in data mode, may be taken for what comes next.
  local kind = word.about.kind
  if kind == "push" or kind == "block" or kind == "connect" or is_of_data_mode(run, word) then
    run:line_changed()
    run.block_cut = run.block_cut or fault.banner == "missing"
    run.banner_lost = run.banner_lost or kind == "push" -- what is announced may take it in
  end
  word.bytes = word.bytes:sub(1, math.floor(fault.place * #word.bytes))
  run:note_cut(word.bytes)
  run.line:let_go()
  run:module_restarts()
  run.module:reboot(fault.seconds, fault.banner)
end }

-- Bytes of the host

local function change_write(fault, chunk, f)
  if chunk.bytes == "" then return end
  local at = math.floor(fault.place * #chunk.bytes) + 1
  chunk.bytes = f(chunk.bytes:sub(1, at - 1), chunk.bytes:sub(at, at), chunk.bytes:sub(at + 1))
end

kinds["command drop"] = { where = "write", harm = "damage", make = place, act = function(run, fault, chunk)
  run:host_changed()
  change_write(fault, chunk, function(before, _, behind) return before .. behind end)
end }

kinds["command flip"] = { where = "write", harm = "damage", make = flip_bit, act = function(run, fault, chunk)
  run:host_changed()
  change_write(fault, chunk, function(before, byte, behind) return before .. flipped(byte, fault.bit) .. behind end)
end }

kinds["tty full"] = { where = "write", harm = "none", make = seconds(0.01, 20), act = function(run, fault)
  if fault.seconds > 1 then run:harmed "slow" end
  return run.line:fill_up(fault.seconds)
end }

-- Commands

kinds["late answer"] = { where = "command", harm = "slow", make = seconds(0.1, 40), act = function(run, fault, command)
  run.late_answers = (run.late_answers or 0) + 1
  command.late = fault.seconds
  run:delay_opening(fault.seconds)
end }

--- Commands that end with CONNECT. What the server sends behind one that is lost may hold another.
local function enters_data_mode(text)
  return text:find("OPEN=.*,2$") or text:find("^AT%+QISWTMD=.*,2$") or text == "ATO"
end

kinds["lost answer"] = { where = "command", harm = "loss", act = function(_, _, command)
  if enters_data_mode(command.text) then return false end
  command.lost = true
end }
kinds.deaf = { where = "command", harm = "loss", act = function(_, _, command) command.deaf = true end }

kinds.refused = { where = "command", harm = "loss", make = function(random, fault)
  fault.answer = random:pick { "\r\nERROR\r\n", "\r\n+CME ERROR: 3\r\n", "\r\n+CME ERROR: 100\r\n" }
end, act = function(_, fault, command) command.refused = fault.answer end }

kinds["send fail"] = { where = "command", harm = "none", make = seconds(0.01, 30), act = function(run, fault)
  run.module.full_until = run.world.now + fault.seconds
end }

-- Reads of the module's buffers: those of plans in which connections are switched with data unread

kinds["lost read"] = { where = "read", harm = "loss", act = function(_, _, command) command.lost = true end }

kinds["late read"] = { where = "read", harm = "slow", make = seconds(0.1, 40), act = kinds["late answer"].act }

-- The network and the host, at some time

kinds["server closes"] = { where = "time", harm = "none", make = function(random, fault) fault.which = random:int(1, 100) end,
  act = function(run, fault)
    local up = {}
    for _, link in ipairs(run.links) do
      if link.up and not link.ended and link.conn then up[#up + 1] = link end
    end
    return #up > 0 and up[fault.which % #up + 1]:finish()
  end }

kinds.pdpdeact = { where = "time", harm = "none", excuses = true,
  make = function(random, fault) fault.closed = random:chance(0.5) end,
  act = function(run, fault) return run.module.kind.lose_context(run.module, fault.closed) end }

kinds["port gone"] = { where = "time", harm = "none", excuses = true, make = seconds(0.1, 20), act = function(run, fault)
  return run.line:unplug("hung up", fault.seconds)
end }

kinds["port renamed"] = { where = "time", harm = "none", excuses = true, make = seconds(0.1, 20), act = function(run, fault)
  if not run.line:unplug("hung up", fault.seconds) then return false end
  run.line:rename()
end }

kinds["settings changed"] = { where = "time", harm = "none", make = verification.plan_change,
  act = verification.change }

kinds.stall = { where = "time", harm = "slow", make = seconds(1, 30), act = function(run, fault)
  -- In data mode what the library asks meanwhile would come right behind the data, and be taken for such.
  for _, link in ipairs(run.links) do
    if link.conn and link.conn.mode == 2 then return false end
  end
  if run.module:is_transferring() then run:harmed "damage" end -- the same of a transfer
  run.line:stall(fault.seconds)
end }

kinds["clock jump"] = { where = "time", harm = "slow", make = seconds(0.5, 200), act = function(run, fault)
  -- What comes meanwhile is late.
  if run.plan.transparent and (run.module.online or run.modem and run.modem.online) then
    run:data_late(fault.seconds)
    if run.plan.data_mode then run:harmed "loss" end
  end
  if run.module:is_transferring() then run:harmed "loss" end -- the rest of a file may read like a restart then
  run.world:jump(fault.seconds)
end }

-- Calls

kinds.cancel = { where = "call", harm = "none", make = function(random, fault) fault.steps = random:small(60) - 1 end,
  act = function(_, fault, call) call.cancel_in = fault.steps end }

kinds["time-out"] = { where = "call", harm = "none", make = seconds(0, 5), act = function(_, fault, call)
  local opens = call.name == "open" or call.name == "hayes.open"
  call.timeout = opens and math.max(0.1, fault.seconds) or fault.seconds
end }

kinds.collect = { where = "call", harm = "none", act = function(_, _, call)
  if call.name ~= "close" then return false end
  call.dropped = true
end }

kinds["handler error"] = { where = "handler", harm = "none", act = function(_, _, event) event.raises = true end }

local names = {}
for _, name in ipairs(check.names(kinds)) do
  if kinds[name].where ~= "read" then names[#names + 1] = name end
end
faults.names = names

--- Kinds without loss or damage, from which runs without any doubt are made.
local gentle = {}
for _, name in ipairs(names) do
  if kinds[name].harm == "none" or kinds[name].harm == "slow" then gentle[#gentle + 1] = name end
end

--- Kinds that make answers come when nobody expects them any more.
local belated = { "late answer", "late answer", "late answer", "delay", "time-out", "cancel", "split", "merge" }

local function number_in(random, made, where)
  if made.counts and made.counts[where] then return random:int(1, made.counts[where]) end
  if where == "call" then return random:int(1, math.max(1, made.calls)) end
  if where == "handler" then return random:int(1, 10) end
  if where == "block" then return random:small(20) end
  if made.opening.under_faults and random:chance(0.3) then return random:int(1, where == "word" and 50 or 20) end
  return random:int(1, math.max(4, made.words))
end

--- Kinds of one scene; gives the names of all that it has, and of the gentle ones among them. Those of `often` stand in
--- both several times.
---@param more table
---@param often? table<string, integer>
function faults.with(more, often)
  local all, some = { table.unpack(names) }, { table.unpack(gentle) }
  for _, name in ipairs(check.names(more)) do
    kinds[name] = more[name]
    all[#all + 1] = name
    if more[name].harm == "none" or more[name].harm == "slow" then some[#some + 1] = name end
  end
  for name, times in pairs(often or {}) do
    for _ = 2, times do
      all[#all + 1] = name
      if kinds[name].harm ~= "loss" and kinds[name].harm ~= "damage" then some[#some + 1] = name end
    end
  end
  table.sort(all)
  table.sort(some)
  return all, some
end

--- Cancels that come later than those of sockets: a transfer takes many steps.
faults.late_cancel = { where = "call", harm = "none", make = function(random, fault)
  if random:chance(0.5) then fault.steps = random:int(1, 300) else fault.seconds = random:real() ^ 2 * 8 end
end, act = function(run, fault, call)
  if fault.steps then call.cancel_in = fault.steps else run.world:after(fault.seconds, function() call.cancel_in = 0 end) end
end }

--- The faults of a plan: a few, often of the kinds that leave no excuse.
function faults.choose(random, made)
  local from = random:chance(0.6) and (made.gentle or gentle) or made.kinds or names
  if made.talks and random:chance(0.7) then from = belated end
  local one_kind = random:chance(0.2) and random:pick(from)
  local list = {}
  for i = 1, random:small(14) do
    local name = one_kind or random:pick(from)
    local kind = kinds[name]
    local fault = { number = i, kind = name }
    if kind.where == "time" then
      fault.at = random:real() ^ 2 * 40
    else
      fault.at = number_in(random, made, kind.where)
    end
    if kind.make then kind.make(random, fault) end
    list[i] = fault
  end
  return list
end

--- Reads that are answered too late, or not at all.
function faults.add_reads(random, list)
  for _ = 1, random:int(1, 2) do
    local fault = { number = #list + 1, kind = random:pick { "lost read", "late read" }, at = random:small(8) }
    local make = kinds[fault.kind].make
    if make then make(random, fault) end
    list[#list + 1] = fault
  end
end

--- One line of the trace.
function faults.describe(fault)
  local fields = {}
  for name, value in pairs(fault) do
    if name ~= "kind" and name ~= "number" and name ~= "at" then
      fields[#fields + 1] = ("%s %s"):format(name, math.type(value) == "float" and ("%.3f"):format(value)
        or type(value) == "string" and ("%q"):format(value) or tostring(value))
    end
  end
  table.sort(fields)
  return ("%d: %s at %s %s %s"):format(fault.number, fault.kind, kinds[fault.kind].where,
    math.type(fault.at) == "float" and ("%.2f"):format(fault.at) or fault.at, table.concat(fields, ", "))
end

return faults
