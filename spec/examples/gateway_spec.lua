-- The gateway that stays on line: what is sent to its UDP port reaches the server, also after the network has taken the
-- connection away.

local hayes = require "hayes"
local Process = require "support.process"
local socket = require "socket"

describe("The example gateway.lua", function()
  it("forwards to the server, and goes on over a lost PDP context and a restart of the module", function()
    local server = assert(socket.bind("127.0.0.1", 0))
    local _, server_port = server:getsockname()
    local near = Process.free_port()
    local emulator <close> = assert(hayes.emulator { resolve = { ["collector.example"] = "127.0.0.1" } })
    local gateway = Process.start({ "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "lua5.4",
      "examples/gateway.lua", emulator.address, "internet", "127.0.0.1:" .. near, "collector.example:" .. server_port },
      { ours = true })
    local sensor, peers = socket.udp(), {}
    server:settimeout(0)

    --- Sends a reading until it has arrived: a datagram is lost while nobody listens, a line with its connection.
    local function arrives(text)
      local ends = socket.gettime() + 60
      while socket.gettime() < ends do
        sensor:sendto(text .. "\n", "127.0.0.1", near)
        local peer = server:accept()
        if peer then
          peer:settimeout(0.2)
          peers[#peers + 1] = peer
        end
        for _, one in ipairs(peers) do
          local line = one:receive()
          assert.are_not.equal("", line)
          if line == text then return true end
        end
        hayes.sleep(0.1)
      end
    end

    local all = { arrives "one", assert(emulator:control "pdp drop 1"), arrives "two",
      assert(emulator:control "reboot"), arrives "three" }
    gateway:close()
    for _, peer in ipairs(peers) do peer:close() end
    server:close()
    sensor:close()
    assert.are.same({ true, true, true }, { all[1], all[3], all[5] })
  end)

  it("says how it is called where an address is none", function()
    for _, addresses in ipairs { { "here", "a:1" }, { "127.0.0.1:1", "a" }, { "127.0.0.1:1" } } do
      local words = { "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "lua5.4", "examples/gateway.lua",
        "/dev/none", "internet", table.unpack(addresses) }
      local pipe = assert(io.popen(Process.quote(words) .. " 2>&1"))
      local said = pipe:read "a"
      local _, _, status = pipe:close()
      assert.are.same({ "usage: gateway.lua PORT APN ADDRESS:PORT HOST:PORT\n", 2 }, { said, status })
    end
  end)
end)
