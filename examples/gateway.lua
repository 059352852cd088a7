--- A gateway that stays on line for months: what programs of this machine send to a UDP port goes to a TCP server,
--- through a cellular module, a line for each datagram. A keeper brings the connection back; this program opens its
--- socket again.
---
---     lua5.4 examples/gateway.lua /dev/ttyUSB2 internet 127.0.0.1:7000 collector.example:9000
---     echo "21.5 degrees" | nc -u -q0 127.0.0.1 7000

local hayes = require "hayes"
local socket = require "socket"

local near, near_port = (arg[3] or ""):match "^(.+):(%d+)$"
local far, far_port = (arg[4] or ""):match "^(.+):(%d+)$"
if #arg ~= 4 or not near or not far then
  io.stderr:write "usage: gateway.lua PORT APN ADDRESS:PORT HOST:PORT\n"
  os.exit(2)
end

local function log(...) io.stderr:write(os.date "!%F %T ", table.concat({ ... }, ": "), "\n") end

local modem <close> = assert(hayes.open(arg[1]))
local keeper <close> = assert(modem:keep { network = { apn = arg[2] } })
for _, name in ipairs { "up", "down", "waiting", "failed", "gone", "restart", "gave_up" } do
  keeper:on(name, function(event) log(name, tostring(event)) end)
end

local input = assert(socket.udp())
assert(input:setsockname(near, tonumber(near_port)))
input:settimeout(0)

local link
local pause = 1 -- an attempt to reach a server that is down costs data: from one to the next it grows up to a minute

local function connected()
  if link then return true end
  if not keeper:ready() then return false end
  local err
  link, err = modem.tcp.open(far, math.tointeger(far_port))
  pause = link and 1 or math.min(2 * pause, 60)
  if not link then log("server", tostring(err), ("again in %d s"):format(pause)) end
  return link ~= nil
end

local function send(line)
  local sent, err = link:send(line .. "\n")
  if sent then return true end
  log("server", tostring(err))
  link:close()
  link = nil
  return false
end

local function forward(line)
  while not (connected() and send(line)) do hayes.sleep(pause) end
end

local function serve()
  while true do
    local datagram = input:receive()
    while datagram do
      forward((datagram:gsub("\r?\n$", "")))
      datagram = input:receive()
    end
    hayes.sleep(0.05)
  end
end

local _, why = pcall(serve) -- which ends by Ctrl-C, and by mistakes in it
log("ended", tostring(why))
keeper:close()
modem:close()
os.exit(1)
