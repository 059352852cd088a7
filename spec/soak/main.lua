--- make soak: mixed use of a modem in software with real servers for so many seconds, the module being restarted each
--- minute. Prints what the program holds after each round, and fails when any of it grows.
--- Usage: lua5.4 spec/soak/main.lua SECONDS

package.path = "spec/?.lua;" .. package.path

local check = require "hayes.check"
local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"
local Meter = require "soak.meter"
local Process = require "support.process"
local Server = require "support.ftp_server"
local uses = require "soak.uses"

local seconds = assert(tonumber(arg[1]), "how many seconds?")
local REBOOT_EVERY <const> = 60
local WARM_UP <const> = 3 -- rounds

local folder = lab.folder()
Process.run { "mkdir", "-p", folder .. "/www" }
ftp_lab.write(folder .. "/www/page", uses.BYTES)
local of = { ftp = Server.start(folder, { name = "soak" }), https_port = Process.free_port(), outcomes = {}, wrong = {} }
local web <close> = Process.start { "lua5.4", "spec/support/https_server.lua", of.https_port, folder .. "/www",
  folder .. "/chain.pem", folder .. "/server.key" }
Process.wait_for_port(of.https_port)
of.modem, of.emulator = lab.online(nil, { resolve = { [lab.HOST] = "127.0.0.1", ["ftp.example"] = "127.0.0.1" } })
of.modem.emulator = nil -- it is closed here

local meter, began, round = Meter.new(), hayes.now(), 0
local reboot_at = began + REBOOT_EVERY

local function restart()
  of.emulator:control "reboot"
  of.modem:wait("reboot", 20)
  for _ = 1, 5 do
    if of.modem.network.attach { apn = "internet", timeout = 60 } then return end
    hayes.sleep(1)
  end
  of.wrong[#of.wrong + 1] = "the network is not there again after a restart"
end

while hayes.now() - began < seconds or round < WARM_UP + 3 do
  round = round + 1
  local disturb = hayes.now() >= reboot_at and restart or nil
  if disturb then reboot_at = hayes.now() + REBOOT_EVERY end
  uses.round(of, disturb)
  hayes.run(hayes.sleep, 2) -- what was left in the middle comes to its end
  print(("%6.0f s  round %3d  %s"):format(hayes.now() - began, round, Meter.show(meter:take())))
  io.stdout:flush()
end
of.modem:close()
web:close()
of.emulator:close()
of.ftp:close()

for _, name in ipairs(check.names(of.outcomes)) do print(("%6d  %s"):format(of.outcomes[name], name)) end
local grown = meter:grown(WARM_UP)
for _, words in ipairs(of.wrong) do print("wrong: " .. words) end
for _, words in ipairs(grown) do print("grows: " .. words) end
os.exit(#of.wrong == 0 and #grown == 0)
