-- AT+QSSLSEND and AT+QISEND in both forms: with a length, and up to Ctrl-Z.

local lab = require "support.lab"
local raises = require "support.raises"
local socket = require "socket"

describe("modem:at with data", function()
  local modem, emulator, sock, peer

  setup(function()
    modem, emulator = lab.online()
    local listener = assert(socket.bind("127.0.0.1", 0))
    local _, port = listener:getsockname()
    sock = assert(modem.tcp.open("127.0.0.1", math.tointeger(port)))
    peer = assert(listener:accept())
    peer:settimeout(10)
  end)

  teardown(function()
    sock:close()
    modem:close()
    emulator:close()
    peer:close()
  end)

  it("sends so many bytes", function()
    assert.are.same("SEND OK", assert(modem:at("AT+QISEND=0,7", { data = "a\26b\27c\r\n" })).result)
    assert.are.same("a\26b\27c\r\n", peer:receive(7))
  end)

  it("sends up to Ctrl-Z, which it adds", function()
    assert.are.same("SEND OK", assert(modem:at("AT+QISEND=0", { data = "hello\r\n" })).result)
    assert.are.same("hello", peer:receive())
    assert.are.same("SEND OK", assert(modem:at("AT+QISEND=0", { data = "again\n\26" })).result)
    assert.are.same("again", peer:receive())
  end)

  it("raises when the data would end itself", function()
    assert.is_truthy(raises(function() modem:at("AT+QISEND=0", { data = "a\26b" }) end):find(
      "0x1A at 2, which would end it; give the length: AT+QISEND=…,3", 1, true))
    assert.is_truthy(raises(function() modem:at("AT+QSSLSEND=0", { data = "\27" }) end):find("0x1B", 1, true))
  end)

  it("tells how much the peer has acknowledged", function()
    local amounts = assert(modem:query("AT+QISEND=0,0"))
    assert.are.same(amounts.total, amounts.acked + amounts.unacked)
  end)
end)
