-- What a UDP socket refuses to give to its connection.

local raises = require "support.raises"
local Socket = require "hayes.stream.socket"

describe("send() of a UDP socket", function()
  it("refuses a datagram without content, and one that is too long: nothing is sent", function()
    local sent = 0
    local connection = { chunk = 10, mode = "push", send = function()
      sent = sent + 1
      return true
    end }
    local socket = Socket.new("udp", connection, "server.example", 7)
    assert.are.same("socket:send: the datagram is empty; modules send none without content",
      raises(function() socket:send("") end))
    assert.are.same("socket:send: the datagram is 11 bytes long; the module takes up to 10",
      raises(function() socket:send("01234567890") end))
    assert.are.same(0, sent)
  end)
end)
