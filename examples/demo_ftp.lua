--- `make demo-ftp`: 8 MiB to an FTP server and back, over explicit TLS that is verified, through a module in software
--- on a line of 921600 baud, with the link cut twice in the middle each way; compared by SHA-256, and with what the
--- line could do at best.

package.path = "spec/?.lua;" .. package.path

local hayes = require "hayes"
local pki = require "support.pki"
local Process = require "support.process"
local Server = require "support.ftp_server"

local HOST, BAUD, SIZE = "files.example.com", 921600, tonumber(os.getenv "DEMO_BYTES" or 8 * 1024 * 1024)

local folder = os.getenv "DEMO_FOLDER" or "build/demo-ftp"

local function fail(why)
  print("\nFAILED: " .. tostring(why))
  os.exit(1)
end

local function sum(path)
  return Process.run({ "sha256sum", path }):match("^%x+")
end

--- On a terminal a line that is written over, elsewhere a new one now and then.
local on_terminal = os.execute "test -t 1"
local last_shown = 0
local function show(done, total, rate)
  if hayes.now() - last_shown < (on_terminal and 0.2 or 15) then return end
  last_shown = hayes.now()
  io.write(("%s  %5.1f %% of %d KiB, %3.0f KiB/s%s"):format(on_terminal and "\r" or "", done * 100 / total,
    total // 1024, rate / 1024, on_terminal and "" or "\n"))
  io.flush()
end

local function tell(what, done, cuts)
  local limit = SIZE * 10 / BAUD
  print(("%s%s: %d bytes in %.1f s; the line alone needs %.1f s (%.0f %%)\n  cut %s"):format(
    on_terminal and "\r\27[K" or "", what, done.bytes, done.seconds, limit, 100 * limit / done.seconds, cuts))
end

local function main()
  Process.run { "rm", "-rf", folder }
  Process.run { "mkdir", "-p", folder }
  pki.make(folder, HOST)
  Process.run({ "sh", "-c", ("head -c %d /dev/urandom > file.bin"):format(SIZE) }, { folder = folder })
  local server <close> = Server.start(folder)
  local emulator <close> = assert(hayes.emulator { baud = BAUD, flash = folder .. "/flash",
    resolve = { [HOST] = "127.0.0.1" } })
  print(("An FTP server with TLS listens on 127.0.0.1:%d, a module in software on %s"):format(server.port,
    emulator.address))

  local modem <close> = assert(hayes.open(emulator.address, { baud = BAUD }))
  assert(modem.network.attach { apn = "internet" })
  local ftp <close> = assert(modem.ftp.open { host = HOST, port = server.port, user = "user", password = "secret",
    tls = "explicit", ca = folder .. "/root.pem" })

  local third = SIZE // 3
  local function cut_twice()
    assert(emulator:control(("ftp drop data %d"):format(third)))
    assert(emulator:control(("ftp drop control %d"):format(third)))
  end
  local cuts = ("after %d bytes (data connection), and after as many again (control connection)"):format(third)
  cut_twice()
  tell("Upload", assert(ftp:put(folder .. "/file.bin", "file.bin", { progress = show })), cuts)
  cut_twice()
  tell("Download", assert(ftp:get("file.bin", folder .. "/back.bin", { progress = show })), cuts)

  local sums = { sum(folder .. "/file.bin"), sum(server.root .. "/file.bin"), sum(folder .. "/back.bin") }
  print(("SHA-256 of the file  %s\n        on server    %s\n        and back     %s"):format(table.unpack(sums)))
  if sums[1] ~= sums[2] or sums[1] ~= sums[3] then fail("they differ") end
  print "Done: whole, and once."
end

local ok, err = xpcall(main, debug.traceback)
if not ok then fail(err) end
