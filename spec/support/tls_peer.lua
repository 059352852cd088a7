--- The other end of a TLS connection, told by the spec what to do: a process of its own with LuaSec. What it is told to do it
--- does while the spec goes on; finish() waits for the outcome.

local Process = require "support.process"

local Peer = {}
Peer.__index = Peer

---@param folder string with chain.pem and server.key
---@param options? { chain: string?, key: string?, protocol: string?, ciphers: string?, client_ca: string? }
function Peer.start(folder, options)
  options = options or {}
  local self = setmetatable({ port = Process.free_port() }, Peer)
  local control_port = Process.free_port()
  self.process = Process.start {
    "lua5.4", "spec/support/tls_peer_server.lua", self.port, control_port, options.chain or folder .. "/chain.pem",
    options.key or folder .. "/server.key", options.protocol or "any", options.ciphers or "ALL:@SECLEVEL=0",
    options.client_ca or "-",
  }
  self.control = Process.connect(control_port)
  self.control:settimeout(30)
  self.control:setoption("tcp-nodelay", true)
  return self
end

--- Begins something: accept, serve (which has no outcome), hold, send, receive, drain, close.
function Peer:begin(verb, argument, bytes)
  assert(self.control:send(("%s %s\n%s"):format(verb, argument or "", bytes or "")))
  return self
end

--- The outcome of what was begun; nil and a message if it failed.
function Peer:finish()
  local line = assert(self.control:receive("*l"))
  local kind, rest = line:match("^(%S+) ?(.*)$")
  if kind ~= "ok" then return nil, rest end
  return rest
end

function Peer:send(bytes)
  return self:begin("send", #bytes, bytes):finish()
end

local function received(self)
  local length, err = self:finish()
  if not length then return nil, err end
  local bytes = self.control:receive(tonumber(length))
  self.control:receive(1) -- the end of the line
  return bytes
end

--- The bytes of a `receive` that was begun.
function Peer:receive_begun() return received(self) end

function Peer:receive(length)
  self:begin("receive", length)
  return received(self)
end

--- Everything up to the end of the connection.
function Peer:drain()
  self:begin("drain")
  return received(self)
end

function Peer:close_connection()
  return self:begin("close"):finish()
end

function Peer:close()
  if self.control then self.control:close() end
  self.control = nil
  self.process:close()
end

Peer.__close = Peer.close

return Peer
