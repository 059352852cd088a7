--- Files of a Quectel module: uploads, downloads, reading and writing parts, lists.

local acts = require "simulation.scenes.files_program"
local compose = require "simulation.scenes.compose"
local faults = require "simulation.faults"
local flash = require "simulation.scenes.flash"
local files_oracle = require "simulation.scenes.files_oracle"
local plan = require "simulation.plan"
local Random = require "simulation.random"

local files = { acts = acts }

--- Faults of the flash.
files.kinds, files.gentle = faults.with({
  ["flash full"] = { where = "time", harm = "none", excuses = true,
    make = function(random, fault) fault.seconds = random:real() ^ 2 * 30 end,
    act = function(run, fault)
      run.module.flash_full_until = run.world.now + fault.seconds
    end },
  ["late cancel"] = faults.late_cancel,
}, { ["late cancel"] = 4, reboot = 5, ["command flip"] = 4, ["command drop"] = 4 })

local kind = compose { flash }

--- Nothing of files has a time-out over all, seconds.
local LIMIT = 1000

local function size_of(random)
  if random:chance(0.1) then return 0 end
  return random:pick { random:small(200), random:small(6000), random:small(30000), 1024 * random:int(1, 4) }
end

local function uploading(random)
  return { name = "upload", size = size_of(random), source = random:pick { "data", "path" }, replace = random:chance(0.6),
    silence = random:chance(0.5) and random:int(1, 20) or nil, acknowledge = random:chance(0.2) or nil }
end

local function downloading(random)
  return { name = "download", sink = random:pick { "string", "function", "path" } }
end

local function reading(random)
  return { name = "read", offset = random:chance(0.5) and random:small(4000) or nil,
    length = random:chance(0.5) and random:small(9000) or nil }
end

local function writing(random) return { name = "write", place = random:real(), size = size_of(random) } end
local function asking(random) return { name = random:pick { "list", "size", "space", "size" } } end
local function deleting() return { name = "delete" } end

local WHOLE = { uploading, uploading, downloading, downloading, reading, asking, deleting }
local PARTS = { writing, writing, reading, asking, downloading }

local function plan_user(random, made, number)
  local in_parts = random:chance(0.5)
  local actor = { kind = "files", starts = random:chance(0.5) and random:real() * 3 or 0, in_parts = in_parts,
    file = ("f%d.bin"):format(number), prefix = random:chance(0.5) and "UFS:" or "" }
  actor.calls = plan.lane(random, made, 1 + random:small(7), in_parts and PARTS or WHOLE)
  for _, call in ipairs(actor.calls) do call.limit = LIMIT end
  if actor.calls[1].name ~= "write" and random:chance(0.7) then
    local id, pause = actor.calls[1].id, actor.calls[1].pause
    actor.calls[1] = in_parts and writing(random) or uploading(random)
    actor.calls[1].id, actor.calls[1].pause, actor.calls[1].limit = id, pause, LIMIT
  end
  return actor
end

function files.plan(seed)
  local random = Random.new(seed, "files plan")
  local made = plan.begin(seed, random)
  made.kind, made.data_phases = kind, true
  made.module.flash_size = random:pick { 200000, 200000, 40000 }
  made.module.lists_storage, made.module.open_is_418 = random:chance(0.5), random:chance(0.3)
  for i = 1, random:int(1, 4) do made.actors[i] = plan_user(random, made, i) end
  plan.add_companions(random, made)
  made.words = made.words * 3 -- each call takes some commands
  made.kinds, made.gentle = files.kinds, files.gentle
  made.faults = faults.choose(Random.new(seed, "files faults"), made)
  return made
end

function files.begin() end

files.check_rest = files_oracle.check_rest
files.leftovers = files_oracle.leftovers

return files
