--- A TLS server that does what a spec tells it over a second, plain connection. See tls_peer.lua.
--- Usage: lua5.4 tls_peer_server.lua PORT CONTROL_PORT CHAIN KEY PROTOCOL CIPHERS CLIENT_CA|-

local socket = require "socket"
local ssl = require "ssl"

local port, control_port, chain, key, protocol, ciphers, client_ca = table.unpack(arg)

local context = assert(ssl.newcontext {
  mode = "server", protocol = protocol, certificate = chain, key = key, ciphers = ciphers,
  cafile = client_ca ~= "-" and client_ca or nil,
  verify = client_ca ~= "-" and { "peer", "fail_if_no_peer_cert" } or "none",
})

local listener = assert(socket.bind("127.0.0.1", port))
local control_listener = assert(socket.bind("127.0.0.1", control_port))
local control = assert(control_listener:accept())
local client

local commands = {}

function commands.accept()
  local plain = assert(listener:accept())
  plain:settimeout(20)
  plain:setoption("tcp-nodelay", true)
  client = assert(ssl.wrap(plain, context))
  assert(client:dohandshake())
  local info = client:info()
  return ("%s %s %s"):format(client:getsniname() or "-", info.protocol, info.cipher)
end

--- Takes one connection after the other, and ends each when the other end does; for good.
function commands.serve()
  while true do
    local plain = assert(listener:accept())
    plain:settimeout(20)
    local secure = assert(ssl.wrap(plain, context))
    if secure:dohandshake() then secure:receive(1) end
    secure:close()
  end
end

--- Takes the TCP connection and says nothing on it.
function commands.hold()
  client = assert(listener:accept())
  return "held"
end

function commands.send(length)
  local bytes = assert(control:receive(tonumber(length)))
  assert(client:send(bytes))
  return "sent"
end

function commands.receive(length)
  local bytes = assert(client:receive(tonumber(length)))
  return ("%d\n%s"):format(#bytes, bytes)
end

--- Everything up to the end of the connection.
function commands.drain()
  local bytes, err, partial = client:receive("*a")
  bytes = bytes or partial
  return ("%d\n%s"):format(#bytes, bytes), err
end

function commands.close()
  client:close()
  return "closed"
end

while true do
  local line = control:receive("*l")
  if not line then os.exit(0) end
  local verb, argument = line:match("^(%S+)%s*(.*)$")
  local ok, answer = pcall(commands[verb], argument)
  if ok then
    control:send("ok " .. answer .. "\n")
  else
    control:send("error " .. tostring(answer):gsub("\n", " ") .. "\n")
  end
end
