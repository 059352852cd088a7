-- LuaSocket's contract, shown on LuaSocket's own sockets and kept by the library's over real TCP and TLS connections of
-- both kinds of module.

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

--- What programs run on. Ai-Thinker modules tell of a peer what they were asked for, be it a name.
local modules = {
  { name = "an EC200U", start = lab.online, tls_host = lab.HOST, tls_port = 443 },
  { name = "an Ai-WB2", start = lab.joined, tls_host = "127.0.0.1" },
}

for _, lineage in ipairs { "WB2-P1.4.4", "WB2-P23.2.1" } do
  modules[#modules + 1] = {
    name = "an Ai-WB2 as " .. lineage, tls_host = "127.0.0.1",
    start = function(port) return lab.joined(port, { quirks = lineage }) end,
  }
end

for _, module in ipairs(modules) do
  describe("A TLS connection through " .. module.name, function()
    local modem, emulator, peer

    setup(function()
      peer = Peer.start(lab.folder())
      modem, emulator = module.start(peer.port)
    end)

    teardown(function()
      modem:close()
      emulator:close()
      peer:close()
    end)

    contract(function()
      peer:begin("accept")
      local client = assert(modem.ssl.open(module.tls_host, module.tls_port or peer.port,
        { ca = lab.folder() .. "/root.pem" }))
      assert(peer:finish())
      client:settimeout(10)
      return client, peer
    end, function(client)
      client:close()
      peer:close_connection()
    end)
  end)

  for _, mode in ipairs { "buffer", "push" } do
    describe(("A TCP connection through %s in %s mode"):format(module.name, mode), function()
      local modem, emulator

      setup(function() modem, emulator = module.start() end)

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
end
