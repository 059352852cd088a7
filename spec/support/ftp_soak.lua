--- Rounds of FTP transfers over links that break, by programs that are killed. A seed decides all of a round.

local check = require "hayes.check"
local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"
local folders = require "support.folder"
local plan = require "support.ftp_soak_plan"
local Process = require "support.process"
local proftpd = require "support.proftpd"
local Server = require "support.ftp_server"

local Soak = {}
Soak.__index = Soak

--- Rounds side by side.
local AT_ONCE = 6

local ALL = ftp_lab.bytes(400000)

function Soak.start()
  local folder = lab.folder()
  return setmetatable({ servers = { pyftpdlib = Server.start(folder, { name = "soak" }), proftpd = proftpd.start(folder) },
    rounds = 0, failures = {}, by_kind = {}, slowest = { seconds = 0 } }, Soak)
end

function Soak:close()
  for _, server in pairs(self.servers) do server:close() end
end

-- One round

local Round = {}
Round.__index = Round

--- What is there before, on the side that receives.
local function put_there(round, write)
  if round.there == "begun" then write(ALL:sub(1, round.at)) end
  if round.there == "foreign" then write(("foreign line\n"):rep(round.at // 13 + 1)) end
end

function Round:prepare()
  local of = self.plan
  if of.upload then
    if of.ours == "file" then ftp_lab.write(self.here, self.bytes) end
    put_there(of, function(part) self.server:put(of.name, part) end)
  else
    self.server:put(of.name, self.bytes)
    if of.ours == "file" then put_there(of, function(part) ftp_lab.write(self.here .. ".part", part) end) end
  end
end

function Round:remove()
  local there = self.server.root .. "/" .. self.plan.name
  for _, path in ipairs { self.here, self.here .. ".part", self.link, there, there .. ".part" } do os.remove(path) end
  Process.run { "rm", "-rf", self.flash }
end

--- Plugs the module in; the same one, with what its flash holds.
function Round:plug()
  self.emulator = assert(hayes.emulator { link = self.link, flash = self.flash, quirks = self.plan.quirks,
    resolve = { [lab.HOST] = "127.0.0.1", ["ftp.example"] = "127.0.0.1" } })
  if plan.has(self.plan, "stall") then
    assert(self.emulator:control(("ftp timeout %d"):format(plan.TIMEOUT * 1000)))
  end
end

--- What happens around a program until it is over: data that stall go on again, a module that has hung up comes back.
function Round:watch(modem)
  while not self.is_over do
    if modem.closed_with and self.hangs_up then
      self.hangs_up = false
      self.emulator:close()
      hayes.sleep(0.3)
      self:plug()
    end
    if plan.has(self.plan, "stall") and hayes.now() >= self.stall_ends_at then
      self.emulator:control "ftp stall off"
      self.stall_ends_at = hayes.now() + self.plan.stall_ends
    end
    hayes.sleep(0.05)
  end
end

function Round:account()
  local kind = self.plan.tls
  if kind then return ftp_lab.secure(self.server, kind) end
  return ftp_lab.account(self.server)
end

--- An LTN12 source of the bytes, in pieces of a few lengths.
local function source_of(bytes)
  local at, turn = 1, 0
  return function()
    if at > #bytes then return nil end
    turn = turn + 1
    local piece = bytes:sub(at, at + 700 * (turn % 7))
    at = at + #piece
    return piece
  end
end

--- What cannot be read a second time is begun anew by the program, once for each break.
function Round:put_stream(ftp, options)
  local done, err
  for _ = 0, #self.plan.faults * 2 do
    done, err = ftp:put(source_of(self.bytes), self.plan.name, options)
    if done or not err.origin then break end
    self.stream_broke = true
    hayes.sleep(0.5)
  end
  return done, err
end

function Round:put(ftp, options)
  local ours = self.plan.ours
  if ours == "stream" then return self:put_stream(ftp, options) end
  options.resume = true
  local source = ours == "file" and self.here or ours == "module" and self.inside or { data = self.bytes }
  return ftp:put(source, self.plan.name, options)
end

--- What has come, nil and the error.
function Round:get(modem, ftp, options)
  local ours, name = self.plan.ours, self.plan.name
  if ours == "data" then return ftp:get(name, nil, options) end
  local done, err
  if ours == "stream" then
    local parts = {}
    done, err = ftp:get(name, function(bytes)
      parts[#parts + 1] = bytes
      return 1
    end, options)
    return done and table.concat(parts), err
  end
  done, err = ftp:get(name, ours == "file" and self.here or self.inside, options)
  if not done then return nil, err end
  if ours == "file" then return ftp_lab.read(self.here) end
  return modem.file.read(self.inside)
end

--- What one run of the program has stored or got; nil and the error if it failed.
function Round:transfer(modem)
  assert(modem.network.attach { apn = "internet" })
  local ftp <close>, err = modem.ftp.open(self:account())
  if not ftp then return nil, err end
  local options = { piece = self.plan.piece or nil }
  if not self.plan.upload then return self:get(modem, ftp, options) end
  local done
  done, err = self:put(ftp, options)
  return done and self.server:get(self.plan.name), err
end

function Round:run_program()
  local trace = os.getenv "HAYES_SOAK_TRACE" -- what the names of the files begin with, which end in the seed
  local modem <close> = assert(hayes.open(self.link, { trace = trace and trace .. self.plan.seed }))
  for _, fault in ipairs(self.plan.faults) do
    assert(self.emulator:control(("ftp %s %d"):format(fault[1], fault[2])))
  end
  self.hangs_up = plan.has(self.plan, "hangup")
  self.stall_ends_at = hayes.now() + self.plan.stall_ends
  local watching = hayes.spawn(self.watch, self, modem)
  local result, err = self:transfer(modem)
  self.is_over = true
  watching:join()
  return result, err
end

--- A program that is killed, and leaves the module as it stands.
function Round:run_killed()
  local killed = self.plan.killed
  if killed.stalled_at then assert(self.emulator:control(("ftp stall %d"):format(killed.stalled_at))) end
  local words = { "lua5.4", "spec/support/ftp_program.lua", self.link, self.plan.upload and "put" or "get",
    self.plan.ours == "file" and self.here or self.inside, self.plan.name }
  for name, value in pairs(self:account()) do words[#words + 1] = name .. "=" .. value end
  local process = Process.start(words, { ours = true, signal = "KILL", log = os.getenv "HAYES_SOAK_LOG" })
  hayes.sleep(killed.after)
  process:close()
  assert(self.emulator:control "ftp clear")
end

--- The file that the module sends, put there by an earlier program.
function Round:fill_module()
  local modem <close> = assert(hayes.open(self.link))
  assert(modem.file.upload({ data = self.bytes }, self.inside, { replace = true }))
end

--- nil; or what was wrong.
function Round:run()
  self:remove()
  self:prepare()
  self:plug()
  if self.plan.ours == "module" and self.plan.upload then self:fill_module() end
  if self.plan.killed then self:run_killed() end
  local result, err = self:run_program()
  if not result then return ("failed: %s"):format(err) end
  if result ~= self.bytes then return ("wrong bytes: %d in place of %d"):format(#result, #self.bytes) end
end

function Round:__close()
  self.is_over = true
  if self.emulator then self.emulator:close() end
  self:remove()
end

--- Runs the round of a seed: nil; or what was wrong with it.
function Soak:round(seed)
  local of = plan.of(seed)
  local base = folders.absolute(lab.folder()) .. "/soak" .. seed
  local round <close> = setmetatable({ plan = of, server = self.servers[of.server], bytes = ALL:sub(1, of.size),
    here = base, link = base .. ".tty", flash = base .. ".flash", inside = "UFS:" .. of.name }, Round)
  local began = hayes.now()
  local wrong = round:run()
  local seconds = hayes.now() - began
  if not wrong and seconds > plan.longest(of) then
    wrong = ("it took %.0f s, and its breaks allow %.0f s"):format(seconds, plan.longest(of))
  end
  self:note(of, seconds, wrong)
  return wrong
end

-- The record

function Soak:note(of, seconds, wrong)
  self.rounds = self.rounds + 1
  if seconds > self.slowest.seconds then self.slowest = { seconds = seconds, round = of } end
  local kinds = { of.upload and "upload" or "download", "ours: " .. of.ours, of.server, "TLS: " .. tostring(of.tls) }
  for _, fault in ipairs(of.faults) do kinds[#kinds + 1] = "break: " .. fault[1] end
  if #of.faults == 0 then kinds[#kinds + 1] = "no break" end
  if of.killed then kinds[#kinds + 1] = "killed" end
  local seen = {}
  for _, kind in ipairs(kinds) do
    local count = self.by_kind[kind] or { rounds = 0, failed = 0 }
    self.by_kind[kind] = count
    if not seen[kind] then
      count.rounds = count.rounds + 1
      if wrong then count.failed = count.failed + 1 end
    end
    seen[kind] = true
  end
  if wrong then
    self.failures[#self.failures + 1] = ("%s: %s"):format(plan.describe(of), wrong)
    if self.tells then io.stderr:write(self.failures[#self.failures], "\n") end
  end
end

--- The figures of all rounds, for people.
function Soak:summary()
  local lines = { ("%d rounds, %d failed; the slowest took %.1f s (%s)"):format(self.rounds, #self.failures,
    self.slowest.seconds, plan.describe(self.slowest.round)) }
  for _, kind in ipairs(check.names(self.by_kind)) do
    local count = self.by_kind[kind]
    lines[#lines + 1] = ("  %-20s %4d rounds, %d failed"):format(kind, count.rounds, count.failed)
  end
  return table.concat(lines, "\n")
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
