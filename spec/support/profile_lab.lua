--- What specs of profiles need: a server that sends back what it gets, profiles of emulated modules, and dialogues.

local Emulator = require "hayes.emulator"
local dialects = require "hayes.dialect"
local files = require "support.files"
local hayes = require "hayes"
local lab = require "support.lab"
local probes = require "hayes.profile.probe"
local Process = require "support.process"
local socket = require "socket"
local writer = require "hayes.profile.writer"

local profile_lab = {}

--- Starts the server; its port, and what ends it.
function profile_lab.echo()
  local port, log = Process.free_port(), lab.folder() .. "/echo.log"
  local server = Process.start({ "/usr/bin/python3", "spec/support/echo_server.py", port }, { log = log })
  for _ = 1, 2000 do
    local file = io.open(log)
    local ready = file and file:read "l" == "ready"
    if file then file:close() end
    if ready then return port, server end
    socket.sleep(0.01)
  end
  error "the echo server did not start"
end

--- The names of the emulator's quirks for one kind of module, those for any among them.
---@param module "EC200U"|"Ai-WB2"
function profile_lab.quirks(module)
  local names, part = {}, "any"
  for _, quirk in ipairs(assert(Emulator.quirks())) do
    part = ({ ["eg800k-566"] = "EC200U", dissconnect = "Ai-WB2" })[quirk.name] or part
    if part == "any" or part == module then names[#names + 1] = quirk.name end
  end
  return names
end

--- What `hayes probe` writes about the module at an address.
---@param options? { yes: boolean?, echo: table? }
function profile_lab.probe(address, options)
  local modem <close> = assert(hayes.open(address, { dialect = dialects.get "base" }))
  local asked = { detect = dialects.detect, version = hayes._VERSION }
  for name, value in pairs(options or {}) do asked[name] = value end
  return writer.text(assert(probes.run(modem, asked)))
end

--- The lines of a dialogue: opening, who are you, a connection, what it carries, and what came of that.
function profile_lab.dialogue(address, open_options)
  local lines = {}
  open_options = open_options or {}
  open_options.trace = function(line)
    if line:sub(29, 29) ~= "-" then lines[#lines + 1] = line:sub(29) end -- remarks name the port
  end
  local modem <close> = assert(hayes.open(address, open_options))
  assert(modem:identify())
  local sock = assert(modem.tcp.open(lab.HOST, 7))
  assert(sock:send "hello")
  local received = sock:receive(5) -- firmware that misstates lengths ends the connection
  sock:close()
  lines[#lines + 1] = "= " .. tostring(received)
  return lines
end

--- A file with this text.
function profile_lab.file(text)
  return files.write(lab.folder() .. "/module.lua", text)
end

return profile_lab
