-- LuaSocket's contract, shown on LuaSocket's own sockets and kept by the library's over a real TLS connection.

local contract = require "support.socket_contract"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local socket = require "socket"

--- The other end of a plain connection, in this process.
local Plain = {}
Plain.__index = Plain

function Plain:send(bytes) return self.socket:send(bytes) end
function Plain:receive(count) return self.socket:receive(count) end
function Plain:drain() return self.socket:receive("*a") end
function Plain:close_connection() return self.socket:close() end

describe("A TCP socket of LuaSocket", function()
  contract(function()
    local listener = assert(socket.bind("127.0.0.1", 0))
    local _, port = listener:getsockname()
    local client = assert(socket.connect("127.0.0.1", port))
    local peer = setmetatable({ socket = assert(listener:accept()) }, Plain)
    listener:close()
    client:settimeout(10)
    peer.socket:settimeout(10)
    return client, peer
  end, function(client, peer)
    client:close()
    peer.socket:close()
  end)
end)

describe("A TLS connection through a module", function()
  local modem, emulator, peer

  setup(function()
    peer = Peer.start(lab.folder())
    modem, emulator = lab.online(peer.port)
  end)

  teardown(function()
    modem:close()
    emulator:close()
    peer:close()
  end)

  contract(function()
    peer:begin("accept")
    local client = assert(modem.ssl.open(lab.HOST, 443, { ca = lab.folder() .. "/root.pem" }))
    assert(peer:finish())
    client:settimeout(10)
    return client, peer
  end, function(client)
    client:close()
    peer:close_connection()
  end)
end)

for _, mode in ipairs { "buffer", "push" } do
  describe("A TCP connection through a module in " .. mode .. " mode", function()
    local modem, emulator

    setup(function() modem, emulator = lab.online() end)

    teardown(function()
      modem:close()
      emulator:close()
    end)

    contract(function()
      local listener = assert(socket.bind("127.0.0.1", 0))
      local _, port = listener:getsockname()
      local client = assert(modem.tcp.open("127.0.0.1", math.tointeger(port), { mode = mode }))
      local peer = setmetatable({ socket = assert(listener:accept()) }, Plain)
      listener:close()
      client:settimeout(10)
      peer.socket:settimeout(10)
      return client, peer
    end, function(client, peer)
      client:close()
      peer.socket:close()
    end)
  end)
end
