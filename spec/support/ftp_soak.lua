--- Rounds of FTP transfers over links that break and programs that are killed. A seed decides all of a round.

local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"
local Server = require "support.ftp_server"

local Soak = {}
Soak.__index = Soak

--- No round takes longer than its breaks allow, seconds: each costs a pause and a login.
Soak.LONGEST = 60

--- Rounds side by side.
local AT_ONCE = 6

local ALL = ftp_lab.bytes(400000)
local SIZES = { 1, 511, 512, 513, 4096, 65536, 100000, 250000, 400000 }
local KINDS = { false, false, "explicit", "implicit" }
local FAULTS = { "drop data", "drop control", "drop pdp", "reboot" }

function Soak.start()
  return setmetatable({ server = Server.start(lab.folder(), { name = "soak" }), rounds = 0, slowest = { seconds = 0 },
    failures = {} }, Soak)
end

function Soak:close() self.server:close() end

local function pick(list) return list[math.random(#list)] end

--- What one seed says.
local function plan(seed)
  math.randomseed(seed)
  local round = { seed = seed, name = "f" .. seed, size = pick(SIZES), upload = math.random(2) == 1, faults = {} }
  round.tls = pick(KINDS)
  round.ours = pick { "file", "file", "data" }
  -- What is there already: nothing, a part of the file, something else.
  round.there = pick { "nothing", "begun", "foreign" }
  round.at = math.random(0, round.size)
  round.piece = pick { false, false, 30000 }
  for i = 1, math.random(0, 3) do
    round.faults[i] = { pick(FAULTS), math.random(0, round.size) }
  end
  round.killed_at = math.random(4) == 1 and math.random() * 0.5
  return round
end

function Soak.describe(round)
  local faults = {}
  for i, fault in ipairs(round.faults) do faults[i] = fault[1] .. " " .. fault[2] end
  return ("seed %d: %s of %d bytes, %s, TLS %s, there: %s (%d), piece %s, breaks: %s, killed: %s"):format(round.seed,
    round.upload and "upload" or "download", round.size, round.ours, round.tls, round.there, round.at, round.piece,
    table.concat(faults, ", "), round.killed_at)
end

local function put_there(round, write)
  if round.there == "begun" then write(ALL:sub(1, round.at)) end
  if round.there == "foreign" then write(("foreign line\n"):rep(round.at // 13 + 1)) end
end

local function prepare(self, round)
  local here = lab.folder() .. "/soak" .. round.seed
  local there = self.server.root .. "/" .. round.name
  for _, path in ipairs { here, here .. ".part", there, there .. ".part" } do os.remove(path) end
  local bytes = ALL:sub(1, round.size)
  if round.upload then
    ftp_lab.write(here, bytes)
    put_there(round, function(part) self.server:put(round.name, part) end)
  else
    self.server:put(round.name, bytes)
    put_there(round, function(part) ftp_lab.write(here .. ".part", part) end)
  end
  return here, bytes
end

local function account(self, round)
  if round.tls then return ftp_lab.secure(self.server, round.tls) end
  return ftp_lab.account(self.server)
end

--- One run of the program; gives what it has got or stored, nil and the error if it failed.
local function run_program(self, round, emulator, here, bytes)
  local modem <close> = assert(hayes.open(emulator.address, { trace = os.getenv "HAYES_SOAK_TRACE" }))
  assert(modem.network.attach { apn = "internet" })
  local ftp <close>, err = modem.ftp.open(account(self, round))
  if not ftp then return nil, err end
  local options = { piece = round.piece or nil }
  if round.upload then
    options.resume = true
    local done
    done, err = ftp:put(round.ours == "file" and here or { data = bytes }, round.name, options)
    return done and self.server:get(round.name), err
  end
  if round.ours == "data" then
    return (ftp:get(round.name, nil, options))
  end
  local done
  done, err = ftp:get(round.name, here, options)
  return done and ftp_lab.read(here), err
end

--- A program that is killed: its modem is closed, and the module stays as it is.
local function run_killed(self, round, emulator, here)
  local modem = assert(hayes.open(emulator.address))
  local task = hayes.spawn(function()
    assert(modem.network.attach { apn = "internet" })
    local ftp = assert(modem.ftp.open(account(self, round)))
    return ftp:put(here, round.name)
  end)
  hayes.sleep(round.killed_at)
  modem:close()
  task:cancel()
  task:join(Soak.LONGEST)
end

--- nil; or what was wrong.
local function try(self, round, emulator)
  local here, bytes = prepare(self, round)
  if round.killed_at and round.upload then run_killed(self, round, emulator, here) end
  for _, fault in ipairs(round.faults) do assert(emulator:control(("ftp %s %d"):format(fault[1], fault[2]))) end
  local result, err = run_program(self, round, emulator, here, bytes)
  if not result then return ("failed: %s"):format(err) end
  if result ~= bytes then return ("wrong bytes: %d in place of %d"):format(#result, #bytes) end
end

--- Runs the round of a seed: nil; or what was wrong with it.
function Soak:round(seed)
  local round = plan(seed)
  local emulator <close> = assert(hayes.emulator { resolve = { [lab.HOST] = "127.0.0.1", ["ftp.example"] = "127.0.0.1" } })
  local began = hayes.now()
  local wrong = try(self, round, emulator)
  local seconds = hayes.now() - began
  os.remove(lab.folder() .. "/soak" .. seed)
  os.remove(self.server.root .. "/" .. round.name)
  self.rounds = self.rounds + 1
  if seconds > self.slowest.seconds then self.slowest = { seconds = seconds, round = round } end
  if not wrong and seconds > Soak.LONGEST then wrong = ("it took %.0f s"):format(seconds) end
  if not wrong then return nil end
  local words = ("%s: %s"):format(Soak.describe(round), wrong)
  self.failures[#self.failures + 1] = words
  return words
end

--- Runs the rounds of these seeds, some of them side by side: most of the time is waiting.
function Soak:run(first, last)
  hayes.run(function()
    local next_seed = first
    for _ = 1, AT_ONCE do
      hayes.spawn(function()
        while next_seed <= last do
          local seed = next_seed
          next_seed = seed + 1
          self:round(seed)
        end
      end)
    end
  end)
end

return Soak
