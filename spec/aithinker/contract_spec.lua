-- LuaSocket's contract over connections of an Ai-Thinker module, the same examples as over LuaSocket's own sockets; in virtual
-- time, in both receive modes, for clients and for what a server accepts.

local contract = require "support.socket_contract"
local hayes = require "hayes"
local Module = require "support.wifi_module"
local script = require "support.script"

local PACKET = 700

--- The far end of a connection of the scripted module.
local Peer = {}
Peer.__index = Peer

function Peer:send(bytes)
  for at = 1, #bytes, PACKET do self.module:incoming(self.id, bytes:sub(at, at + PACKET - 1)) end
end

function Peer:receive(count)
  hayes.sleep(0.1)
  local bytes = self.socket.got:sub(self.taken + 1, self.taken + count)
  self.taken = self.taken + #bytes
  return bytes
end

function Peer:drain() return self:receive(math.maxinteger // 2) end
function Peer:close_connection() self.module:hang_up(self.id) end

local ways = {
  ["A TCP client in pull mode"] = function(modem) return assert(modem.tcp.open("127.0.0.1", 7)), 1 end,
  ["A TCP client in push mode"] = function(modem) return assert(modem.tcp.open("127.0.0.1", 7, { mode = "push" })), 1 end,
  ["A TLS client"] = function(modem) return assert(modem.ssl.open("127.0.0.1", 7, { verify = "none" })), 1 end,
  ["A server's client"] = function(modem, module)
    local server = assert(modem.tcp.listen(8080))
    local id = module:client(1)
    module.sockets[id].host = "127.0.0.1"
    modem.kept = server
    return assert(server:accept(1)), id
  end,
}

for way, open in pairs(ways) do
  describe(way .. " of an Ai-Thinker module", function()
    local modem

    contract(function()
      script.virtual_time()
      local module = Module.new()
      modem = assert(hayes.open_port(module.port, "script"))
      local client, id = open(modem, module)
      client:settimeout(10)
      return client, setmetatable({ module = module, id = id, socket = module.sockets[id], taken = 0 }, Peer)
    end, function(client)
      client:close()
      modem:close()
      script.real_time()
    end)
  end)
end
