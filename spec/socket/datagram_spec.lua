-- What a UDP socket refuses to give to its connection.

local raises = require "support.raises"
local Datagram = require "hayes.stream.datagram"

describe("send() of a UDP socket", function()
  it("refuses a datagram without content, and one that is too long: nothing is sent", function()
    local sent = 0
    local connection = { chunk = 10, mode = "push", send = function()
      sent = sent + 1
      return true
    end }
    local socket = Datagram.new("udp", connection, "server.example", 7)
    assert.are.same("socket:send: the datagram is empty; modules send none without content",
      raises(function() socket:send("") end))
    assert.are.same("socket:send: the datagram is 11 bytes long; the module takes up to 10",
      raises(function() socket:send("01234567890") end))
    assert.are.same(0, sent)
    assert.are.same(10, socket:send("0123456789"))
    assert.are.same(1, sent)
  end)

  it("takes its indices as other sockets do, and refuses what is none", function()
    local sent = {}
    local connection = { chunk = 10, mode = "push", send = function(_, data)
      sent[#sent + 1] = data
      return true
    end }
    local socket = Datagram.new("udp", connection, "server.example", 7)
    for _, range in ipairs { { 2.5, 3.9 }, { "2", "3" }, { -4, -3 } } do
      assert.are.same(2, (socket:send("01234", table.unpack(range))))
    end
    assert.are.same({ "12", "12", "12" }, sent)
    assert.are.same("socket:send: i is a table; it must be integer",
      raises(function() socket:send("01234", {}) end))
    assert.are.same('socket:send: j is "x"; it must be integer', raises(function() socket:send("01234", 1, "x") end))
  end)
end)
