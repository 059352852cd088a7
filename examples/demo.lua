--- `make demo`: the main job with no hardware. A module in software, a TLS web server with a chain made on the spot,
--- and examples/quickstart.lua between them; then the same with a CA that did not sign the server's certificate.

package.path = "spec/?.lua;" .. package.path

local hayes = require "hayes"
local pki = require "support.pki"
local Process = require "support.process"

local HOST = "files.example.com"
local MEBIBYTE = 1024 * 1024

local folder = "build/demo"

local function fail(why)
  print("FAILED: " .. tostring(why))
  os.exit(1)
end

local function main()
  Process.run { "rm", "-rf", folder }
  Process.run { "mkdir", "-p", folder }
  print("Making a root, an intermediate and a server's certificate for " .. HOST)
  pki.make(folder, HOST)
  Process.run({ "sh", "-c", ("head -c %d /dev/urandom > file.bin"):format(MEBIBYTE) }, { folder = folder })
  local sum = Process.run({ "sha256sum", "file.bin" }, { folder = folder }):match("^%x+")

  local port = Process.free_port()
  local _server <close> = Process.start { arg[-1] or "lua5.4", "spec/support/https_server.lua", port, folder,
    folder .. "/chain.pem", folder .. "/server.key" }
  Process.wait_for_port(port)
  print(("A TLS web server listens on 127.0.0.1:%d, and a module in software is started"):format(port))

  local emulator <close> = assert(hayes.emulator { module = "EC200U", flash = folder .. "/flash",
    resolve = { [HOST] = "127.0.0.1:" .. port } })
  local quickstart = { arg[-1] or "lua5.4", "examples/quickstart.lua", "-p", emulator.address, "--apn", "internet",
    "--url", ("https://%s/file.bin"):format(HOST), "--ca", folder .. "/root.pem", "--sha256", sum }
  print("\n$ lua5.4 " .. table.concat(quickstart, " ", 2) .. "\n")
  io.stdout:flush()
  if not os.execute(Process.quote(quickstart)) then fail("quickstart.lua did not succeed") end

  print("\nThe same connection, checked against a CA that has nothing to do with the server:\n")
  local modem <close> = assert(hayes.open(emulator.address))
  local sock, err = modem.ssl.open(HOST, 443, { ca = folder .. "/other.pem" })
  if sock then fail("the connection was not refused under a wrong CA") end
  print(tostring(err))
  print("What to try: " .. err.hint)
  if err.name ~= "ssl_handshake_fail" then fail("that is not the refusal that was to be shown") end
  print("\nDone: a verified exchange was made, and an unverifiable one refused.")
end

local ok, err = xpcall(main, debug.traceback)
if not ok then fail(err) end
