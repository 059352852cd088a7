--- The library's sockets beside LuaSocket's: the same is done with both, and what can be seen must be the same, over TCP and
--- TLS, in all access modes. What differs on purpose stands in manual/guide.md.

local assert = require "luassert"
local busted = require "busted"
local lab = require "support.lab"
local observations = require "support.socket_observations"
local Peer = require "support.tls_peer"
local socket = require "socket"

local describe, it, setup, teardown = busted.describe, busted.it, busted.setup, busted.teardown

--- The other end of a plain connection, in this process.
local Plain = {}
Plain.__index = Plain

function Plain:send(bytes) return self.socket:send(bytes) end
function Plain:receive(count) return self.socket:receive(count) end
function Plain:drain() return self.socket:receive("*a") end
function Plain:close_connection() return self.socket:close() end
function Plain:begin_receive(count) self.wanted = count end
function Plain:finish_receive() return self.socket:receive(self.wanted) end

function Peer:begin_receive(count)
  self.wanted = count
  self:begin("receive", count)
end

function Peer:finish_receive() return self:receive_begun() end

local function listen()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  return listener, math.tointeger(port)
end

--- A plain peer of what connect(port) connects.
local function plain_pair(connect)
  local listener, port = listen()
  local client = assert(connect(port))
  local peer = setmetatable({ socket = assert(listener:accept()) }, Plain)
  listener:close()
  client:settimeout(10)
  peer.socket:settimeout(10)
  return client, peer, function() peer.socket:close() end
end

local function reference() return plain_pair(function(port) return socket.connect("127.0.0.1", port) end) end

--- All that an observation gives.
local function make(observation, pair)
  local client, peer, after = pair()
  local results = table.pack(pcall(observation.f, client, peer))
  client:settimeout(10)
  client:close()
  after()
  assert(results[1], results[2])
  return results
end

local expected = {}

--- What LuaSocket's socket gives; looked at once.
local function expectation(observation)
  expected[observation] = expected[observation] or make(observation, reference)
  return expected[observation]
end

--- What is observed in transparent mode, too, where each end takes two seconds of silence.
local in_transparent_mode = {
  ["a line, another, and the end, by calls of up to 0 s"] = true, ["a large body, by sends of up to 0 s"] = true,
  ['shutdown("both"): that, sending, receiving, and again'] = true, ["getstats() of a part read, and of what was sent"] = true,
}

--- Both have done the same, unless a reason stands there why not.
local function assert_alike(observation, of_luasocket, ours)
  if observations.reasons[observation.name] then
    assert.are_not.same(of_luasocket, ours)
  else
    assert.are.same(of_luasocket, ours)
  end
end

--- Observations for what `pair` connects.
local function compare(pair, mode)
  for _, observation in ipairs(observations.list) do
    if mode ~= "transparent" or in_transparent_mode[observation.name] then
      it(observation.name, function()
        local of_luasocket, ours = expectation(observation), make(observation, pair)
        assert_alike(observation, of_luasocket, ours)
      end)
    end
  end
end

---@param module { name: string, start: fun(port: integer?): table, table; tls_host: string, tls_port: integer?,
---  tells_ends: string? } the last: firmware that tells of an end among the data of transparent mode
return function(module)
  for _, mode in ipairs { "buffer", "push", "transparent" } do
    local quirks = mode == "transparent" and module.tells_ends or nil
    describe(("Beside LuaSocket's, a TCP socket through %s in %s mode"):format(module.name, mode), function()
      local modem, emulator

      setup(function() modem, emulator = module.start(nil, { quirks = quirks }) end)

      teardown(function()
        modem:close()
        emulator:close()
      end)

      compare(function()
        return plain_pair(function(port) return modem.tcp.open("127.0.0.1", port, { mode = mode }) end)
      end, mode)
    end)

    describe(("Beside LuaSocket's, a TLS socket through %s in %s mode"):format(module.name, mode), function()
      local modem, emulator, peer

      setup(function()
        peer = Peer.start(lab.folder())
        modem, emulator = module.start(peer.port, { quirks = quirks })
      end)

      teardown(function()
        modem:close()
        emulator:close()
        peer:close()
      end)

      compare(function()
        peer:begin("accept")
        local client = assert(modem.ssl.open(module.tls_host, module.tls_port or peer.port,
          { ca = lab.folder() .. "/root.pem", mode = mode }))
        assert(peer:finish())
        client:settimeout(10)
        return client, peer, function() peer:close_connection() end
      end, mode)
    end)
  end

  describe(("Beside LuaSocket's, a socket of a factory of %s"):format(module.name), function()
    local modem, emulator

    setup(function() modem, emulator = module.start() end)

    teardown(function()
      modem:close()
      emulator:close()
    end)

    for _, observation in ipairs(observations.connects) do
      it(observation.name, function()
        local listener, port = listen()
        local new = modem.tcp.factory()
        local of_luasocket = table.pack(observation.f(socket.tcp, port))
        local ours = table.pack(observation.f(new, port))
        listener:close()
        assert_alike(observation, of_luasocket, ours)
      end)
    end
  end)
end
