--- Files of a given size to an FTP server and back through a module in software whose line has no speed of its own: what
--- the library takes of processor and memory. Usage: transfer.lua MIB. Prints resident memory in front of the transfers,
--- and at its highest behind each.

package.path = "spec/?.lua;" .. package.path

local hayes = require "hayes"
local Process = require "support.process"
local Server = require "support.ftp_server"
local pki = require "support.pki"

local MIB = tonumber(arg[1] or 1024)
local folder = (os.getenv "HAYES_BUILD" or "build") .. "/bench/transfer"

local function memory(name)
  for line in io.lines "/proc/self/status" do
    local kib = line:match("^" .. name .. ":%s*(%d+) kB")
    if kib then return tonumber(kib) / 1024 end
  end
end

local function sum(path) return Process.run({ "sha256sum", path }):match("^%x+") end

Process.run { "rm", "-rf", folder }
Process.run { "mkdir", "-p", folder }
pki.make(folder, "files.example.com")
Process.run { "sh", "-c", ("head -c %d /dev/urandom > %s/file.bin"):format(MIB << 20, folder) }
local server <close> = Server.start(folder)
local emulator <close> = assert(hayes.emulator { resolve = { ["files.example.com"] = "127.0.0.1" } })
local modem <close> = assert(hayes.open(emulator.address))
assert(modem.network.attach { apn = "internet" })
local ftp <close> = assert(modem.ftp.open { host = "files.example.com", port = server.port, user = "user",
  password = "secret" })

local function tell(what, done)
  print(("%-8s %5d MiB in %6.1f s, %5.1f MiB/s; %.1f s of processor; at most %.1f MiB resident"):format(what,
    done.bytes >> 20, done.seconds, done.bytes / done.seconds / 2 ^ 20, os.clock(), memory "VmHWM"))
end

print(("before           %.1f MiB resident"):format(memory "VmRSS"))
tell("upload", assert(ftp:put(folder .. "/file.bin", "file.bin", { progress = function() end })))
tell("download", assert(ftp:get("file.bin", folder .. "/back.bin", { progress = function() end })))
assert(sum(folder .. "/file.bin") == sum(folder .. "/back.bin"), "the file has changed on its way")
Process.run { "rm", "-rf", folder }
