-- TCP and unix streams: ser2net and its like.

local core = require "hayes.core"
local hayes = require "hayes"
local Process = require "support.process"
local socket = require "socket"
local unix = require "socket.unix"

--- Calls f until it gives something.
local function eventually(f)
  for _ = 1, 500 do
    local value = f()
    if value then return value end
    socket.sleep(0.01)
  end
  error("it did not happen", 2)
end

local function exchange_bytes(port, peer)
  peer:settimeout(5)
  eventually(function() return port:write("hello") == 5 end)
  assert.are.same("hello", peer:receive(5))
  peer:send("good day")
  assert.are.same("good day", eventually(function()
    local bytes = port:read()
    return bytes ~= "" and bytes
  end))
end

describe("A TCP stream", function()
  local listener, number

  before_each(function()
    listener = assert(socket.bind("127.0.0.1", 0))
    number = select(2, listener:getsockname())
  end)
  after_each(function() listener:close() end)

  it("carries bytes both ways", function()
    local port = assert(core.open_port("tcp:127.0.0.1:" .. number, 115200, "none"))
    exchange_bytes(port, assert(listener:accept()))
    port:close()
  end)

  it("tells when the other end closes it", function()
    local port = assert(core.open_port("tcp:localhost:" .. number, 115200, "none"))
    local peer = assert(listener:accept())
    exchange_bytes(port, peer)
    peer:close()
    assert.are.same("end of stream", eventually(function()
      local bytes, reason = port:read()
      return not bytes and reason
    end))
    port:close()
  end)

  it("takes as much as fits and keeps the rest with the caller", function()
    local port = assert(core.open_port("tcp:127.0.0.1:" .. number, 115200, "none"))
    local peer = assert(listener:accept())
    local bytes, taken = ("x"):rep(1 << 20), 0
    eventually(function() -- nobody reads
      local count = port:write(bytes)
      taken = taken + count
      return count == 0
    end)
    peer:settimeout(5)
    assert.are.same(taken, #peer:receive(taken))
    port:close()
  end)

  it("to a port on which nobody listens is refused by name", function()
    listener:close()
    local modem, err = hayes.open("tcp:127.0.0.1:" .. number)
    assert.is_nil(modem)
    assert.are.same("connection_refused", err.name)
    assert.are.same("nothing listens at tcp:127.0.0.1:" .. number, tostring(err))
  end)

  it("needs a host and a port", function()
    for _, address in ipairs { "tcp:", "tcp:host", "tcp::2000", "tcp:host:" } do
      local modem, err = hayes.open(address)
      assert.is_nil(modem)
      assert.are.same("bad_address", err.name)
      assert.is_truthy(tostring(err):find("tcp:host:port", 1, true))
    end
  end)
end)

describe("A unix stream", function()
  it("carries bytes both ways, and a whole modem", function()
    local path = os.tmpname()
    os.remove(path)
    local listener = assert(unix.stream())
    assert(listener:bind(path))
    assert(listener:listen())
    local port = assert(core.open_port("unix:" .. path, 115200, "none"))
    exchange_bytes(port, assert(listener:accept()))
    port:close()
    listener:close()
    os.remove(path)
  end)

  it("with nobody behind it is refused by name", function()
    local modem, err = hayes.open("unix:/nowhere/at/all")
    assert.is_nil(modem)
    assert.are.same("no_such_port", err.name)
    assert.are.same("there is no socket /nowhere/at/all", err.message)
    assert.is_truthy(err.hint:find("program", 1, true))
  end)
end)

describe("A path that leads to something else than a port", function()
  it("is told for what it is, and is no port that has gone", function()
    local path = os.tmpname()
    local function told(address, message)
      local modem, err = hayes.open(address)
      assert.is_nil(modem)
      assert.are.same({ "bad_address", address .. message }, { err.name, err.message })
    end
    told(path, " is a file and not a port")
    os.remove(path)
    told("/tmp", " is a folder and not a port")
    told("/dev/null", " is a device that is no terminal")
    local listener = assert(unix.stream())
    assert(listener:bind(path))
    told(path, " is a socket: write it as unix:" .. path)
    listener:close()
    os.remove(path)
  end)
end)

describe("A module behind TCP", function()
  it("works as on a tty", function()
    local emulator <close> = assert(hayes.emulator())
    local number = Process.free_port()
    local relay <close> = Process.start({ "lua5.4", "spec/support/tcp_relay.lua", number, emulator.address },
      { ours = true })
    Process.wait_for_port(number)
    local modem <close> = assert(hayes.open("tcp:127.0.0.1:" .. number))
    assert.are.same("EC200U", assert(modem:identify()).model)
    assert(relay)
  end)
end)
