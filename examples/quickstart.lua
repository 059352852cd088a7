--- A verified TLS exchange through a module, step by step.
---
---   lua5.4 examples/quickstart.lua -p /dev/ttyUSB2 --apn internet
---   lua5.4 examples/quickstart.lua -p /dev/ttyUSB0 --ssid home --password secret
---
--- The CA goes into the module's flash, a TLS 1.2 connection is opened that is verified against it, and a file is
--- fetched over HTTP/1.1 by LuaSocket's own socket.http.

local hayes = require "hayes"
local http = require "socket.http"
local ltn12 = require "ltn12"

local settings = {
  port = "/dev/ttyUSB2", baud = 115200, apn = "internet",
  url = "https://valid-isrgrootx1.letsencrypt.org/", ca = "/etc/ssl/certs/ISRG_Root_X1.pem", sha256 = nil,
}

local usage = [[
usage: quickstart.lua [-p PORT] [--baud N] [--apn APN] [--user NAME] [--password WORD] [--pin PIN]
                      [--ssid NAME] [--url URL] [--ca FILE] [--sha256 HEX]
  -p PORT        the module: /dev/ttyUSB2, tcp:host:port, emulator, emulator:Ai-WB2
  --apn APN      of the operator, for a cellular module; --user, --password and --pin if it wants them
  --ssid NAME    of the access point, for a Wi-Fi module; --password of that
  --url URL      what to fetch (https)
  --ca FILE      the CA that the server is checked against, PEM
  --sha256 HEX   what the file's SHA-256 must be
]]

local function fail(err)
  print("FAILED: " .. tostring(err))
  if type(err) == "table" and err.hint then print("What to try: " .. err.hint) end
  os.exit(1)
end

local function wrong_use(why)
  io.stderr:write(usage, "quickstart.lua: ", why, "\n")
  os.exit(2)
end

local i = 1
while i <= #arg do
  local name = arg[i] == "-p" and "port" or arg[i]:match("^%-%-(%w+)$")
  if not name or not usage:find(("[--%s "):format(name), 1, true) and name ~= "port" then
    wrong_use("there is no option " .. arg[i])
  end
  settings[name] = arg[i + 1] or wrong_use(arg[i] .. " needs a value")
  i = i + 2
end

local baud = math.tointeger(tonumber(settings.baud)) or wrong_use("--baud is no number: " .. settings.baud)
if not settings.url:find "^https://" then wrong_use("--url does not begin with https://: " .. settings.url) end
if not settings.url:find "^https://[^/:]" then wrong_use("--url names no host: " .. settings.url) end
local ca, no_ca = io.open(settings.ca)
if not ca then wrong_use("the CA cannot be read: " .. no_ca) end
local _, unreadable = ca:read(0)
ca:close()
if unreadable then wrong_use(("the CA cannot be read: %s: %s"):format(settings.ca, unreadable)) end

--- What the library raises is wrong use: what it says, without the place in the sources.
local function checked(f, ...)
  local outcome = table.pack(pcall(f, ...))
  local raised = tostring(outcome[2])
  if outcome[1] then return table.unpack(outcome, 2, outcome.n) end
  if raised:find("interrupted!", 1, true) then error(raised, 0) end
  wrong_use((raised:gsub("^%S+:%d+: ", "")))
end

--- Shows the dialogue as it comes, up to the open connection.
local showing = true
local function show(line)
  local mark, text = line:match("^%S+ ([<>]) (.*)$")
  if not mark or not showing then return end
  print("    " .. mark .. " " .. text)
  if text:find("^%+QSSLOPEN") or text:find("^connect success") then
    showing = false
    print("    …")
  end
end

local function sha256(bytes)
  local name = os.tmpname()
  local file = assert(io.open(name, "wb"))
  file:write(bytes)
  file:close()
  local pipe = assert(io.popen("sha256sum " .. name))
  local sum = pipe:read("a"):match("^%x+")
  pipe:close()
  os.remove(name)
  return sum
end

print("Opening " .. settings.port)
local modem, err = checked(hayes.open, settings.port, { baud = baud, trace = show })
if not modem then fail(err) end

local module = modem:identify()
print(("%s %s, %s"):format(module.manufacturer, module.model, module.revision))

--- The only step in which cellular and Wi-Fi modules differ.
local function go_on_line()
  if modem.wifi then return modem.wifi.join { ssid = settings.ssid, password = settings.password } end
  return modem.network.attach { apn = settings.apn, user = settings.user, password = settings.password,
    pin = settings.pin }
end

if modem.wifi and not settings.ssid then fail("this is a Wi-Fi module: say --ssid NAME") end
local connection
connection, err = checked(go_on_line)
if not connection then fail(err) end
print("On line with address " .. connection.ip)

local body = {}
local started = hayes.now()
local create, lasterror = checked(modem.ssl.factory,
  { ca = settings.ca, version = not modem.wifi and "tls1.2" or nil })
local ok, status = http.request { url = settings.url, sink = ltn12.sink.table(body), create = create }
if not ok then fail(lasterror() or status) end
if status ~= 200 then fail("the server answered with status " .. status) end
local seconds = hayes.now() - started

local bytes = table.concat(body)
local sum = sha256(bytes)
print(("Fetched %s: %d bytes in %.2f s, %.0f kB/s"):format(settings.url, #bytes, seconds, #bytes / seconds / 1000))
print("SHA-256 " .. sum)
if settings.sha256 and settings.sha256 ~= sum then fail("the file is not what it should be: " .. settings.sha256) end

if modem.wifi then
  print("Not proved: that the server is who it says it is. The module was given the CA; no firmware of its kind is "
    .. "known to check servers against it.")
else
  print("Proved: the server's chain ends in the CA in the module's flash, its certificate names the host, its dates "
    .. "are good" .. (settings.sha256 and ", and every byte arrived." or "."))
end
modem:close()
