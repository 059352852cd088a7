-- sock:descriptor(): one end of a socket pair, for other people's code and other programs.

local cqueues = require "cqueues"
local cqueues_socket = require "cqueues.socket"
local hayes = require "hayes"
local lab = require "support.lab"
local raises = require "support.raises"
local socket = require "socket"

describe("sock:descriptor()", function()
  local server, port, modem, sock, peer

  setup(function()
    server = assert(socket.bind("127.0.0.1", 0))
    port = math.tointeger(tonumber((select(2, server:getsockname()))))
    modem = lab.online(port)
  end)

  teardown(function()
    modem:close()
    server:close()
  end)

  before_each(function()
    sock = assert(modem.tcp.open(lab.HOST, port))
    peer = assert(server:accept())
    peer:settimeout(0)
  end)

  after_each(function() peer:close() end)

  --- The next so many bytes of the peer, while the library runs.
  local function from_peer(count)
    local got, limit = "", hayes.now() + 60
    while #got < count do
      assert(hayes.now() < limit, #got)
      local bytes, err, part = peer:receive(count - #got)
      assert(bytes or err == "timeout", err)
      got = got .. (bytes or part)
      hayes.sleep(0.001)
    end
    return got
  end

  it("serves a socket of cqueues, both ways, and ends with the connection", function()
    local controller = cqueues.new()
    local large = ("0123456789"):rep(20000)
    local got, line, rest
    controller:wrap(function()
      while modem:step() and not rest do cqueues.poll(modem, 0.05) end
    end)
    controller:wrap(function()
      local stream = assert(cqueues_socket.fdopen(assert(sock:descriptor())))
      stream:setmode("b", "b")
      assert(stream:write(large))
      assert(stream:flush())
      line = stream:read "*l"
      rest = stream:read "*a"
      stream:close()
    end)
    controller:wrap(function()
      got = 0
      while got < #large do
        local bytes, _, part = peer:receive(8192)
        got = got + #(bytes or part)
        cqueues.sleep(0.001)
      end
      peer:send "an answer\nand the rest"
      peer:close()
    end)
    assert(controller:loop())
    assert.are.same({ #large, "an answer", "and the rest" }, { got, line, rest })
    hayes.sleep(0.05)
    assert.are.same("closed", sock:state())
  end)

  it("serves another program that inherits it", function()
    local fd = assert(sock:descriptor())
    local path = lab.folder() .. "/answer"
    os.remove(path)
    local program = io.popen(([[python3 -c '
import os
os.write(%d, b"question\n")
got = b""
while True:
    answer = os.read(%d, 4096)
    if not answer:
        break
    got += answer
open("%s.part", "wb").write(got)
os.rename("%s.part", "%s")
']]):format(fd, fd, path, path, path))
    assert.are.same("question\n", from_peer(9))
    peer:send "an answer"
    peer:shutdown "both" -- the program has inherited it, too
    local file
    while not file do
      hayes.sleep(0.005)
      file = io.open(path)
    end
    assert.are.same("an answer", file:read("a"))
    file:close()
    program:close()
    cqueues_socket.fdopen(fd):close()
  end)

  it("carries on when the program has dropped the socket", function()
    local stream = cqueues_socket.fdopen(assert(sock:descriptor()))
    sock = nil
    for _ = 1, 5 do
      hayes.sleep(0.01)
      collectgarbage()
    end
    stream:write("hello")
    stream:flush()
    assert.are.same("hello", from_peer(5))
    stream:close()
  end)

  for name, close in pairs {
    ["its end is closed while the peer still sends"] = function(stream) stream:close() end,
    ["the socket is closed"] = function() assert(sock:close()) end,
  } do
    it("lets out all that was written to it before " .. name, function()
      local stream = cqueues_socket.fdopen(assert(sock:descriptor()))
      local large = ("0123456789"):rep(10000)
      stream:setmode("b", "bf")
      assert(stream:write(large))
      assert(stream:flush())
      peer:send(("x"):rep(400000))
      local got = from_peer(30000)
      hayes.spawn(close, stream)
      assert.is_true(got .. from_peer(70000) == large)
      stream:close()
    end)
  end

  it("closes the connection when its end is closed", function()
    local stream = assert(cqueues_socket.fdopen(assert(sock:descriptor())))
    stream:write("last words")
    stream:flush()
    stream:close()
    assert.are.same("last words", from_peer(10))
    local ended
    for _ = 1, 1000 do
      hayes.sleep(0.005)
      ended = select(2, peer:receive(1)) == "closed"
      if ended then break end
    end
    assert.is_true(ended)
  end)

  it("is for connections, and for streams", function()
    assert(sock:close())
    assert.are.same("closed", select(2, sock:descriptor()).name)
    local udp = assert(modem.udp.open(lab.HOST, port))
    assert.is_truthy(raises(function() udp:descriptor() end):find "datagrams")
    udp:close()
  end)
end)
