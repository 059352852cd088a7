-- Addresses and listeners at their limits, and what children inherit of descriptors.

local core = require "hayes.core"
local lfs = require "lfs"
local Process = require "support.process"
local Pty = require "support.pty"
local socket = require "socket"
local unix = require "socket.unix"
local wait = require "hayes.wait"

local LONGEST_PATH = 107 -- of a unix socket; the system's structure has one byte more

--- Opens an address that can be opened, or cannot: the name of the problem and the system's message.
local function open(address)
  local port, problem, words = core.open_port(address, 115200, "none")
  return port or problem, words
end

--- The flags of a descriptor: whether children inherit it, and whether it blocks.
local function flags(fd)
  local file <close> = assert(io.open("/proc/self/fdinfo/" .. fd))
  local value = tonumber(file:read("a"):match "flags:%s*(%d+)", 8)
  return { inherited = value & tonumber("2000000", 8) == 0, blocks = value & tonumber("4000", 8) == 0 }
end

local function assert_own(fd) assert.are.same({ inherited = false, blocks = false }, flags(fd)) end

--- Reads from a port until it has given so many bytes.
local function read(port, count)
  local bytes = ""
  while #bytes < count do
    assert(wait.descriptor(port:fd(), false, wait.now() + 30))
    bytes = bytes .. assert(port:read())
  end
  return bytes
end

local function count_descriptors()
  local count = 0
  for _ in lfs.dir "/proc/self/fd" do count = count + 1 end
  return count
end

describe("The path of a unix stream", function()
  local folder

  before_each(function() folder = Process.run({ "mktemp", "-d" }):match "[^\n]+" end)
  after_each(function() Process.run { "rm", "-rf", folder } end)

  it("is as long as the system allows, and no longer", function()
    local path = folder .. "/" .. ("p"):rep(LONGEST_PATH - #folder - 1)
    local listener <close> = setmetatable({ socket = assert(unix.stream()) },
      { __close = function(self) self.socket:close() end })
    assert(listener.socket:bind(path))
    assert(listener.socket:listen())
    local port <close> = open("unix:" .. path)
    local peer = assert(listener.socket:accept())
    assert_own(port:fd())
    assert.are.same(5, port:write "hello")
    assert.are.same("hello", peer:receive(5))
    peer:close()
    assert.are.same({ "port_failed", "File name too long" }, { open("unix:" .. path .. "p") })
  end)

  it("to which nobody listens any more is refused", function()
    local path = folder .. "/gone"
    local listener = assert(unix.stream())
    assert(listener:bind(path))
    listener:close()
    assert.are.same("connection_refused", (open("unix:" .. path)))
    Process.run { "rm", path }
    assert.are.same("no_such_port", (open("unix:" .. path)))
  end)
end)

describe("The host of a TCP stream", function()
  it("has 255 bytes at most", function()
    assert.are.same("no_such_port", (open("tcp:" .. ("h"):rep(255) .. ":1")))
    assert.are.same("bad_address", (open("tcp:" .. ("h"):rep(256) .. ":1")))
  end)

  it("may be an address of IPv6 in brackets", function()
    local listener = core.listen("::1", "0")
    if not listener then return pending "this host has no IPv6" end
    local port <close> = open(("tcp:[::1]:%d"):format(listener:number()))
    assert.are.same("userdata", type(port))
    listener:close()
  end)
end)

describe("A listener", function()
  it("says that another program listens there, and what is wrong with an address", function()
    local listener <close> = assert(core.listen("127.0.0.1", "0"))
    local other, problem = core.listen("127.0.0.1", tostring(listener:number()))
    assert.are.same({ nil, "port_busy" }, { other, problem })
    other, problem = core.listen("no host", "1")
    assert.are.same({ nil, "bad_address" }, { other, problem })
  end)

  it("gives clients one after the other, nothing when there is none, and its port back when it is closed", function()
    local listener = assert(core.listen("127.0.0.1", "0"))
    local number = listener:number()
    assert_own(listener:fd())
    assert.is_nil(listener:accept())
    local first, second = assert(socket.connect("127.0.0.1", number)), assert(socket.connect("127.0.0.1", number))
    first:send "one"
    second:send "two"
    local clients = {}
    while #clients < 2 do
      assert(wait.descriptor(listener:fd(), false, wait.now() + 30))
      clients[#clients + 1] = listener:accept()
    end
    for i, bytes in ipairs { "one", "two" } do
      assert_own(clients[i]:fd())
      assert.are.same(bytes, read(clients[i], 3))
      clients[i]:close()
    end
    assert.is_nil(listener:accept())
    listener:close()
    assert.is_nil((socket.connect("127.0.0.1", number)))
    listener = assert(core.listen("127.0.0.1", tostring(number)))
    listener:close()
    first:close()
    second:close()
  end)
end)

describe("What a port is made of", function()
  it("is not inherited by programs that are started, and does not block", function()
    local pty <close> = Pty.new()
    local listener <close> = assert(core.listen("127.0.0.1", "0"))
    for _, address in ipairs { pty.address, ("tcp:127.0.0.1:%d"):format(listener:number()),
      ("tcp:localhost:%d"):format(listener:number()) } do
      local port <close> = open(address)
      if address:find "^tcp" then -- which may get to the second address of the host
        while not listener:accept() do port:write "" end
        port:write "x"
      end
      assert_own(port:fd())
    end
  end)

  it("is closed once, and says so when it is used after that", function()
    local pty <close> = Pty.new()
    local before = count_descriptors()
    local port = open(pty.address)
    assert.are.same(before + 1, count_descriptors())
    port:close()
    port:close()
    assert.are.same(before, count_descriptors())
    assert.has_error(function() port:read() end)
  end)

  it("is given back when it cannot be opened", function()
    local pty <close> = Pty.new()
    local port <close> = open(pty.address)
    local before = count_descriptors()
    assert.are.same("port_busy", (open(pty.address)))
    assert.are.same("port_failed", (open "/dev/null"))
    assert.are.same("no_such_port", (open "unix:/nowhere/at/all"))
    assert.are.same(before, count_descriptors())
    assert(port)
  end)

  it("has lines that a stream has not", function()
    local listener <close> = assert(core.listen("127.0.0.1", "0"))
    local port <close> = open(("tcp:127.0.0.1:%d"):format(listener:number()))
    assert.is_false(port:dtr(true))
    assert.is_false(port:rts(true))
    assert.is_false(port:baud(9600))
  end)
end)
