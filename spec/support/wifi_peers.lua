--- What the sockets of an emulated Ai-WB2 talk to: plain peers in this process.

local socket = require "socket"

local peers = {}

--- The peers of each modem, which may have no other owner: one that is collected ends its connection.
local kept = setmetatable({}, { __mode = "k" })

local function prepare(peer)
  peer:settimeout(10)
  peer:setoption("tcp-nodelay", true)
  return peer
end

--- A TCP client of the module, opened with these options, and its peer.
function peers.client(modem, options)
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  local sock = assert(modem.tcp.open("127.0.0.1", math.tointeger(port), options))
  local peer = prepare(assert(listener:accept()))
  listener:close()
  kept[modem] = kept[modem] or {}
  table.insert(kept[modem], peer)
  sock:settimeout(60)
  return sock, peer
end

--- The port of this host behind the one that a server of the module listens at.
local function real_port(modem, asked)
  return tonumber(assert(modem.emulator:control("ports")):match(" " .. asked .. "=(%d+)"))
end

--- A connection to a server of the module.
function peers.dial(modem, asked)
  return prepare(assert(socket.connect("127.0.0.1", real_port(modem, asked))))
end

--- A UDP socket that speaks to a server of the module.
function peers.dial_udp(modem, asked)
  local peer = assert(socket.udp())
  peer:settimeout(10)
  assert(peer:setpeername("127.0.0.1", real_port(modem, asked)))
  return peer
end

return peers
