-- DTLS carries datagrams: a send is one, and receive() gives one, in buffer mode and in push mode; UDP sockets keep the
-- borders of long ones in the same way.

local lab = require "support.lab"
local handshake = require "support.handshake"
local OpensslServer = require "support.openssl_server"
local raises = require "support.raises"
local socket = require "socket"

describe("A DTLS socket", function()
  local modem, emulator, ca

  setup(function()
    ca = lab.folder() .. "/root.pem"
    modem, emulator = handshake.modem()
  end)

  teardown(function()
    modem:close()
    emulator:close()
  end)

  --- Lengths of the next records of application data that the server reads, without what encryption adds.
  local function record_lengths(server, count)
    local lengths = {}
    for i = 1, count do lengths[i] = tonumber(server:expect("^ *17 fe fd"):match("%x%x$"), 16) - 24 end
    return lengths
  end

  for _, mode in ipairs { "buffer", "push" } do
    it("sends each send() as one datagram, and receives them as they came, in " .. mode .. " mode", function()
      local server <close> = OpensslServer.start(lab.folder(), { "-dtls1_2", "-msg" })
      local sock <close> = assert(modem.ssl.open(lab.HOST, server.port,
        { ca = ca, dtls = "1.2", mode = mode, ciphers = "0XC02F" }))
      sock:settimeout(10)
      assert.are.same({ 3, 2, 1 }, { sock:send("abc"), sock:send("de"), sock:send("f") })
      assert.are.same({ 3, 2, 1 }, record_lengths(server, 3))
      assert.is_truthy(raises(function() sock:send(("x"):rep(2000)) end):find("2000 bytes long; the module takes up to 1460",
        1, true))
      local long = ("0123456789"):rep(300)
      for _, text in ipairs { long, "short", long:sub(1, 1499), long:sub(1, 1700) } do
        server:send(text)
        assert.are.same(text .. "\n", sock:receive())
      end
    end)
  end

  it("that connect() opens is one, too", function()
    local server <close> = OpensslServer.start(lab.folder(), { "-dtls1_2" })
    local sock <close> = modem.ssl.factory({ ca = ca, dtls = "1.2" })()
    sock:settimeout(10)
    assert(sock:connect(lab.HOST, server.port))
    server:send("one line\n") -- and an empty one: two lines in one datagram
    assert.are.same("one line\n\n", sock:receive())
  end)
end)

describe("A UDP socket keeps the borders of datagrams longer than a read", function()
  for _, mode in ipairs { "buffer", "push" } do
    it("in " .. mode .. " mode", function()
      local modem, emulator = lab.online()
      local peer = socket.udp()
      peer:setsockname("127.0.0.1", 0)
      peer:settimeout(10)
      local _, port = peer:getsockname()
      local sock = assert(modem.udp.open("127.0.0.1", math.tointeger(port), { mode = mode }))
      sock:settimeout(10)
      assert(sock:send("hello"))
      local _, from, from_port = peer:receivefrom()
      local long = ("0123456789abcdef"):rep(400)
      for _, length in ipairs { 1500, 3000, 1501, 1499, 4000, 1 } do
        peer:sendto(long:sub(1, length), from, from_port)
        assert.are.same(length, #sock:receive())
      end
      sock:close()
      modem:close()
      emulator:close()
    end)
  end
end)
