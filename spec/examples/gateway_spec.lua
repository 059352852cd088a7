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

  local function words_for(port, ...)
    return Process.quote { "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "lua5.4",
      "examples/gateway.lua", port, "internet", ... }
  end

  --- What a command line says, without the time, and its exit status.
  local function said_by(command_line)
    local pipe = assert(io.popen(command_line))
    local said = pipe:read "a"
    local _, _, status = pipe:close()
    return ("\n" .. said):gsub("\n%d+%-%d+%-%d+ [%d:]+ ", "\n"):sub(2), status
  end

  local function run(...) return said_by("timeout 30 " .. words_for(...) .. " 2>&1") end

  it("says how it is called where an address is none", function()
    for _, addresses in ipairs { { "here", "a:1" }, { "127.0.0.1:1", "a" }, { "127.0.0.1:1" }, { "127.0.0.1:99999", "a:1" },
      { "127.0.0.1:1", "a:99999" }, { "127.0.0.1:0", "a:1" } } do
      local said, status = run("/dev/none", table.unpack(addresses))
      assert.are.same({ "usage: gateway.lua PORT APN ADDRESS:PORT HOST:PORT\n", 2 }, { said, status })
    end
  end)

  it("says in a sentence what it cannot begin without: the port, a cellular module, its own address", function()
    local said, status = run("/dev/none", "127.0.0.1:7000", "a:1")
    assert.are.equal(1, status)
    assert.is_truthy(said:find "^cannot start: there is no port /dev/none\nwhat to try: [^\n]+\n$", said)
    said, status = run("emulator:Ai-WB2", "127.0.0.1:7000", "a:1")
    assert.are.equal(1, status)
    assert.is_truthy(said:find "^cannot start: this is a Wi%-Fi module: [^\n]+\n$", said)
    said, status = run("emulator:NONE", "127.0.0.1:7000", "a:1")
    assert.are.same({ 'cannot start: hayes.emulator: module is "NONE"; it must be one of "EC200U", "EC200A", "Ai-WB2"\n',
      1 }, { said, status })
    said, status = run("emulator", "192.0.2.1:7000", "a:1")
    assert.are.equal(1, status)
    assert.is_truthy(said:find "\n?192.0.2.1:7000: [^\n]+\n$", said)
  end)

  it("ends at Ctrl-C without a place in the sources", function()
    local log = os.tmpname()
    finally(function() os.remove(log) end)
    local said, status = said_by(("%s >%s 2>&1 & gateway=$!; for _ in $(seq 300); do grep -q ' up: ' %s && break; sleep 0.1; "
      .. "done; kill -INT $gateway; wait $gateway; status=$?; cat %s; exit $status"):format(
      words_for("emulator", "127.0.0.1:" .. Process.free_port(), "a:1"), log, log, log))
    assert.is_truthy(said:find "\nended: interrupted\n", said)
    assert.are.equal(130, status)
  end)
end)
