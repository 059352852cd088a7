--- A gateway that stays on line for months: what programs of this machine send to a UDP port goes to a TCP server,
--- through a cellular module, a line for each datagram. A keeper brings the connection back; this program opens its
--- socket again.
---
---     lua5.4 examples/gateway.lua /dev/ttyUSB2 internet 127.0.0.1:7000 collector.example:9000
---     echo "21.5 degrees" > /dev/udp/127.0.0.1/7000     # in bash

local hayes = require "hayes"
local socket = require "socket"

--- The two halves of ADDRESS:PORT; nil where it is something else.
local function address(text)
  local host, digits = (text or ""):match "^(.+):(%d+)$"
  local port = math.tointeger(tonumber(digits))
  if port and port >= 1 and port <= 65535 then return host, port end
end

local near, near_port = address(arg[3])
local far, far_port = address(arg[4])
if #arg ~= 4 or not near or not far then
  io.stderr:write "usage: gateway.lua PORT APN ADDRESS:PORT HOST:PORT\n"
  os.exit(2)
end

local function log(...) io.stderr:write(os.date "!%F %T ", table.concat({ ... }, ": "), "\n") end

--- What a gateway cannot begin without: the value, or a sentence and the end.
local function unless_failed(value, err, what)
  if value then return value end
  log(what or "cannot start", tostring(err))
  if type(err) == "table" and err.hint then log("what to try", err.hint) end
  os.exit(1)
end

--- What the library raises is wrong use, told like a failure without the place in the sources.
local function checked(f, ...)
  local is_right, value, err = pcall(f, ...)
  if is_right then return value, err end
  return nil, (tostring(value):gsub("^%S+:%d+: ", ""))
end

local modem <close> = unless_failed(checked(hayes.open, arg[1]))
unless_failed(modem.network, "this is a Wi-Fi module: let modem:keep have wifi = { ssid = …, password = … }")
local keeper <close> = unless_failed(checked(modem.keep, modem, { network = { apn = arg[2] } }))
for _, name in ipairs { "up", "down", "waiting", "failed", "gone", "restart", "gave_up" } do
  keeper:on(name, function(event) log(name, tostring(event)) end)
end

local input = unless_failed(socket.udp())
local is_bound, reason = input:setsockname(near, near_port)
unless_failed(is_bound, reason, arg[3])
input:settimeout(0)

local link
local pause = 1 -- an attempt to reach a server that is down costs data: from one to the next it grows up to a minute

local function connected()
  if link then return true end
  if not keeper:ready() then return false end
  local err
  link, err = modem.tcp.open(far, far_port)
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
local is_interrupt = tostring(why):find("interrupted!", 1, true)
log("ended", is_interrupt and "interrupted" or tostring(why))
keeper:close()
modem:close()
os.exit(is_interrupt and 130 or 1)
