--- What specs with real TLS need: certificates made once a run, an emulator, and a modem on it that is on line.

local folder = require "support.folder"
local hayes = require "hayes"
local pki = require "support.pki"

local lab = { HOST = "server.example" }

local made

--- The folder with the certificates.
function lab.folder()
  if not made then
    made = folder.new "lab"
    pki.make(made, lab.HOST)
  end
  return made
end

--- An emulator on which lab.HOST is a port of this host, and an open modem on it. Options are those of hayes.emulator.
function lab.modem(port, options, open_options)
  options = options or {}
  options.resolve = options.resolve or { [lab.HOST] = port and "127.0.0.1:" .. port }
  local emulator = assert(hayes.emulator(options))
  local modem, err = hayes.open(emulator.address, open_options)
  if not modem then
    emulator:close()
    error(tostring(err), 2)
  end
  modem.emulator = emulator
  return modem, emulator
end

--- The same, with a data connection.
function lab.online(port, options, open_options)
  local modem, emulator = lab.modem(port, options, open_options)
  assert(modem.network.attach { apn = "internet" })
  return modem, emulator
end

--- The same of an Ai-WB2, which has joined an access point.
function lab.joined(port, options, open_options)
  local of = { module = "Ai-WB2" }
  for name, value in pairs(options or {}) do of[name] = value end
  local modem, emulator = lab.modem(port, of, open_options)
  assert(modem.wifi.join { ssid = "hayes", password = "a, \"b\"" })
  return modem, emulator
end

return lab
