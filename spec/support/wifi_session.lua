--- Somebody at a terminal of an emulated Ai-WB2, and plain peers for its sockets to talk to.

local hayes = require "hayes"
local Process = require "support.process"
local socket = require "socket"
local Terminal = require "support.terminal"

local Session = {}
Session.__index = Session

--- Peers' connections: the collector would end those that a spec does not hold.
local held = {}

local function hold(peer)
  peer:settimeout(10)
  peer:setoption("tcp-nodelay", true)
  held[#held + 1] = peer
  return peer
end

--- Options are those of hayes.emulator; echo is off.
function Session.open(options)
  local all = { module = "Ai-WB2", echo = false }
  for key, value in pairs(options or {}) do all[key] = value end
  local emulator = assert(hayes.emulator(all))
  return setmetatable({ emulator = emulator, terminal = Terminal.open(emulator.address) }, Session)
end

--- The same, joined to a network.
function Session.online(options)
  local self = Session.open(options)
  self:ask "AT+WMODE=1,1"
  self:ask('AT+WJAP="net","password"', "GOT_IP\r\n")
  return self
end

--- Types a command line; what comes up to the end of a pattern (OK).
function Session:ask(line, pattern)
  self.terminal:type(line .. "\r\n")
  return self.terminal:until_(pattern or "\r\nOK\r\n")
end

function Session:type(bytes) self.terminal:type(bytes) end

--- The same, and waits until the module has them.
function Session:put(bytes) self.terminal:put(self.emulator, bytes) end

function Session:until_(pattern) return self.terminal:until_(pattern) end

function Session:control(line) return assert(self.emulator:control(line)) end

--- The port of this host behind the one that a server listens at.
function Session:real_port(asked)
  return assert(tonumber(self:control("ports"):match(" " .. asked .. "=(%d+)")))
end

--- A peer's connection to a server of the module.
function Session:dial(asked)
  return hold(assert(socket.connect("127.0.0.1", self:real_port(asked))))
end

--- A UDP peer of a server of the module.
function Session:dial_udp(asked)
  local peer = assert(socket.udp())
  peer:settimeout(10)
  assert(peer:setpeername("127.0.0.1", self:real_port(asked)))
  return peer
end

--- Sends through AT+SOCKETSEND.
function Session:send(id, bytes)
  self:ask(("AT+SOCKETSEND=%d,%d"):format(id, #bytes), ">")
  self:type(bytes)
  return self:until_ "\r\nOK\r\n"
end

function Session:close()
  self.terminal:close()
  self.emulator:close()
  for i, peer in ipairs(held) do
    peer:close()
    held[i] = nil
  end
end

Session.__close = Session.close

--- A listener of this host, and its port.
function Session.listen()
  local port = Process.free_port()
  local listener = assert(socket.bind("127.0.0.1", port))
  listener:settimeout(10)
  return listener, port
end

--- The next connection to a listener.
function Session.accept(listener)
  return hold(assert(listener:accept()))
end

--- A UDP socket of this host that waits for somebody, and its port.
function Session.listen_udp()
  local peer = assert(socket.udp())
  peer:settimeout(10)
  assert(peer:setsockname("127.0.0.1", 0))
  return peer, tonumber((select(2, peer:getsockname())))
end

return Session
