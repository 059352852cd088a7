--- What a round of the FTP soak does: its seed decides all of it.

local plan = {}

local SIZES = { 1, 511, 512, 513, 4096, 65536, 100000, 250000, 400000 }
local KINDS = { false, false, "explicit", "implicit" }
local FAULTS = { "drop data", "drop control", "drop pdp", "reboot", "stall", "hangup" }

--- Where bytes come from or go to on this side: a path, a string, an LTN12 source or sink, a file of the module.
local SIDES = { "file", "file", "data", "stream", "module" }

--- Habits of firmware that concern transfers.
local QUIRKS = { "", "", "ftp-refused-later", "ftp-no-carrier", "ftp-put-609", "ftp-615-poisons", "ftp-eof-550",
  "ftp-escape-aborts" }

--- The module's own time-out where the data stall, seconds; and how often they go on again.
plan.TIMEOUT, plan.LONGEST_STALL = 1.5, 3

--- Seconds that a break may cost beyond the time of the transfer: pauses, and a login that fails once because of it.
local COSTS = { ["drop data"] = 6, ["drop control"] = 6, ["drop pdp"] = 8, reboot = 12, hangup = 12,
  stall = 2 * plan.LONGEST_STALL + 6 }

--- For a round that nothing breaks, among others on a busy machine, seconds.
local BASE = 20

local function pick(list) return list[math.random(#list)] end

---@param seed integer
function plan.of(seed)
  math.randomseed(seed * 0x9E3779B97F4A7C15, ~seed) -- small seeds alone begin alike
  local round = { seed = seed, name = "f" .. seed, size = pick(SIZES), upload = math.random(2) == 1, faults = {} }
  round.server = pick { "pyftpdlib", "proftpd" }
  round.tls = pick(KINDS)
  round.ours = pick(SIDES)
  -- What is there already: nothing, a part of the file, something else.
  round.there = pick { "nothing", "begun", "foreign" }
  round.at = math.random(0, round.size)
  round.piece = round.ours ~= "module" and pick { false, false, 30000 }
  round.quirks = pick(QUIRKS)
  for i = 1, math.random(0, 3) do
    round.faults[i] = { pick(FAULTS), math.random(0, round.size) }
    if round.faults[i][1] == "hangup" then break end -- the emulator that comes after it knows of no others
  end
  round.stall_ends = 0.3 + math.random() * (plan.LONGEST_STALL - 0.3)
  local can_be_killed = round.ours == "file" or round.ours == "module"
  if can_be_killed and math.random(3) == 1 then
    round.killed = { after = math.random() * 1.5, stalled_at = math.random(2) == 1 and math.random(0, round.size) }
  end
  return round
end

--- The longest time that its breaks allow it, seconds.
function plan.longest(round)
  local seconds = BASE + (round.killed and 10 or 0)
  for _, fault in ipairs(round.faults) do seconds = seconds + COSTS[fault[1]] end
  return seconds
end

--- Whether a fault of this kind is among its breaks.
function plan.has(round, kind)
  for _, fault in ipairs(round.faults) do
    if fault[1] == kind then return true end
  end
  return false
end

function plan.describe(round)
  local faults = {}
  for i, fault in ipairs(round.faults) do faults[i] = fault[1] .. " " .. fault[2] end
  local killed = round.killed and ("after %.2f s%s"):format(round.killed.after,
    round.killed.stalled_at and ", stalled at " .. round.killed.stalled_at or "") or "no"
  return ("seed %d: %s of %d bytes, ours: %s, %s, TLS %s, there: %s (%d), piece %s, quirks %q, breaks: %s, killed: %s")
    :format(round.seed, round.upload and "upload" or "download", round.size, round.ours, round.server, round.tls,
    round.there, round.at, round.piece, round.quirks, table.concat(faults, ", "), killed)
end

return plan
