--- A gateway that stays on line for months: what programs of this machine send to a UDP port goes to a TCP server,
--- through a cellular module, a line for each datagram. A keeper brings the connection back; this program opens its
--- socket again.
---
---     lua5.4 examples/gateway.lua /dev/ttyUSB2 internet 127.0.0.1:7000 collector.example:9000
---     echo "21.5 degrees" | nc -u -q0 127.0.0.1 7000

local hayes = require "hayes"
local socket = require "socket"

if #arg ~= 4 then
  io.stderr:write "usage: gateway.lua PORT APN ADDRESS:PORT HOST:PORT\n"
  os.exit(2)
end
local near, near_port = arg[3]:match "^(.*):(%d+)$"
local far, far_port = arg[4]:match "^(.*):(%d+)$"

local modem <close> = assert(hayes.open(arg[1]))
local keeper <close> = assert(modem:keep { network = { apn = arg[2] } })
for _, name in ipairs { "up", "down", "waiting", "failed", "gone", "restart", "gave_up" } do
  keeper:on(name, function(event) io.stderr:write(os.date "!%F %T ", name, ": ", tostring(event), "\n") end)
end

local input = assert(socket.udp())
assert(input:setsockname(near, tonumber(near_port)))
input:settimeout(0)

local link
while true do
  local line = input:receive()
  while line do
    link = link or keeper:ready() and modem.tcp.open(far, math.tointeger(far_port))
    if link and link:send(line .. "\n") then
      line = nil
    else
      link = link and link:close() and nil
      hayes.sleep(1) -- until the server, or the connection, is back
    end
  end
  hayes.sleep(0.05)
end
