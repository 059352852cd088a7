--- FTP by the client of a Quectel module: sessions with uploads, downloads and single commands.

local compose = require "simulation.scenes.compose"
local faults = require "simulation.faults"
local files = require "simulation.scenes.files"
local flash = require "simulation.scenes.flash"
local ftp_module = require "simulation.scenes.ftp_module"
local ftp_oracle = require "simulation.scenes.ftp_oracle"
local ftp_transfer = require "simulation.scenes.ftp_transfer"
local plan = require "simulation.plan"
local Random = require "simulation.random"

local ftp = { acts = require "simulation.scenes.ftp_program" }

local kind = compose { flash, ftp_module, ftp_transfer }

-- Faults

local function seconds(least, most)
  return function(random, fault) fault.seconds = least + random:real() ^ 2 * (most - least) end
end

ftp.kinds, ftp.gentle = faults.with({
  ["flash full"] = faults.kinds["flash full"],
  ["session lost"] = { where = "time", harm = "none", excuses = true,
    act = function(run) return ftp_module.lose_session(run.module) end },
  ["server silent"] = { where = "time", harm = "none", excuses = true, make = seconds(1, 120),
    act = function(run, fault) run.module.server.silent_until = run.world.now + fault.seconds end },
  ["server down"] = { where = "time", harm = "none", excuses = true, make = seconds(0.1, 60),
    act = function(run, fault)
      run.module.server.down_until = run.world.now + fault.seconds
      ftp_module.lose_session(run.module)
    end },
  ["data lost"] = { where = "transfer", harm = "none", excuses = true, make = function(random, fault)
    fault.place = random:real()
    fault.code = random:pick { 607, 608, 616, 618 }
    fault.drops = random:chance(0.3)
  end, act = function(_, fault, what)
    what.breaks_at = math.floor(fault.place * (what.size or 3000))
    what.code, what.drops_carrier = fault.code, fault.drops
  end },
  ["no data connection"] = { where = "transfer", harm = "none", excuses = true, make = function(random, fault)
    fault.code = random:pick { 615, 615, 617, 602 }
  end, act = function(_, fault, what)
    what.refuses = fault.code
  end },
  ["lost result"] = { where = "command", harm = "loss", act = function(_, _, command) command.result_lost = true end },
  ["late cancel"] = faults.late_cancel,
}, { ["late cancel"] = 6, ["data lost"] = 3, reboot = 2 })

-- The plan

--- A transfer has no time-out over all: each attempt has those of its commands, and there are some pauses.
local function limit_of(retries) return 2000 * (retries + 1) end

local function size_of(random)
  if random:chance(0.08) then return 0 end
  return random:pick { random:small(300), random:small(6000), random:small(60000) }
end

--- Not so small that there are more than twenty.
local function piece_of(random, size) return size // 20 + 1 + random:small(20000) end

local function putting(random)
  local call = { name = "put", size = size_of(random), path = random:pick { "p1.bin", "p2.bin" },
    source = random:pick { "data", "data", "path", "path", "function", "flash" },
    verify = random:pick { true, true, true, "content", "content", false } }
  if call.source == "function" then
    call.piece = random:chance(0.3) and piece_of(random, call.size) or nil
    if call.verify == "content" then call.verify = true end
    return call
  end
  if call.source == "data" and random:chance(0.5) then call.resume = true end
  if call.source ~= "flash" and random:chance(0.4) then call.piece = piece_of(random, call.size) end
  if random:chance(0.2) then call.existing = random:pick { "replace", "refuse", "beside" } end
  return call
end

local function getting(random)
  local call = { name = "get", sink = random:pick { "string", "function", "path", "path", "flash", "flash" },
    path = random:pick { "g1.bin", "g1.bin", "g2.bin", "g3.bin", "p1.bin", "missing.bin" },
    verify = random:pick { true, true, false } }
  if call.sink == "path" and random:chance(0.3) then call.verify = "content" end
  if call.sink ~= "flash" and random:chance(0.4) then call.piece = piece_of(random, 60000) end
  return call
end

local function single(random)
  return { name = random:pick { "size", "names", "entries", "delete", "rename", "pwd" },
    path = random:pick { "p1.bin", "p2.bin" } }
end

local CHOICES = { putting, putting, putting, getting, getting, single }

--- Of a file of unknown length the module is given the time of a long one, at each attempt.
local LONG = 5400

local function plan_session(random, made)
  local retries = random:pick { 0, 1, 2, 4, 8 }
  local session = { options = { host = "ftp.example", user = "me", password = "secret", retries = retries,
    timeout = random:pick { 20, 20, 60, 90 } } }
  local limit = limit_of(retries)
  session.open = plan.call(made, { name = "open", limit = limit })
  session.calls = plan.lane(random, made, random:int(1, 6), CHOICES)
  for _, call in ipairs(session.calls) do
    call.limit = call.sink == "flash" and made.server.no_size and limit + LONG * (retries + 1) or limit
  end
  session.close = plan.call(made, { name = "close", limit = limit })
  return session
end

local function plan_server(random)
  return {
    latency = random:pick { 0.05, 0.2, 2 }, rate = random:pick { 3000, 3000, 20000, 200000 },
    no_rest = random:chance(0.08), no_size = random:chance(0.08), no_times = random:chance(0.2),
    no_mlsd = random:chance(0.3), no_overwrite = random:chance(0.3), truncates = random:chance(0.5),
    holds = random:chance(0.3) and random:real() * 5 or 0,
    files = { ["g1.bin"] = random:int(1, 60000), ["g2.bin"] = size_of(random), ["g3.bin"] = size_of(random),
      ["p1.bin"] = random:chance(0.4) and size_of(random) or nil },
  }
end

function ftp.plan(seed)
  local random = Random.new(seed, "ftp plan")
  local made = plan.begin(seed, random)
  made.kind, made.data_phases = kind, true
  made.module.flash_size, made.module.lists_storage = random:pick { 400000, 400000, 30000 }, random:chance(0.5)
  made.module.lost_is_closed, made.module.activates_itself = random:chance(0.5), random:chance(0.5)
  made.server = plan_server(random)
  -- In a file of unknown length nobody can tell words that end data mode, nor others with a pause behind them.
  made.data_mode = made.server.no_size
  if made.server.no_size then made.server.latency, made.server.rate = 0.05, 200000 end
  for i = 1, random:pick { 1, 1, 1, 2 } do
    local actor = { kind = "ftp", number = i, starts = i > 1 and random:real() * 5 or 0, sessions = {} }
    for n = 1, random:pick { 1, 1, 2 } do actor.sessions[n] = plan_session(random, made) end
    made.actors[i] = actor
  end
  plan.add_companions(random, made)
  made.words = made.words * 8
  made.counts = { transfer = math.max(1, made.calls) }
  made.kinds, made.gentle = ftp.kinds, ftp.gentle
  made.faults = faults.choose(Random.new(seed, "ftp faults"), made)
  return made
end

function ftp.begin(run) run.armed.transfer = 0 end

ftp.check_rest = ftp_oracle.check_rest

function ftp.leftovers(run, modem)
  return files.leftovers(run, modem) or ftp_oracle.leftovers(run)
end

return ftp
