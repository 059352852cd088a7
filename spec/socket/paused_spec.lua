-- What is queued when data mode is left goes on in its order when it is resumed.

local errors = require "hayes.error"
local script = require "support.script"
local Socket = require "hayes.stream.socket"

describe("A socket that is paused in the middle of its queue", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  it("sends the rest in its order, and nothing twice", function()
    local sent, paused = {}, false
    local connection = { chunk = 4, mode = "transparent", readable = function() return false end,
      close = function() return true end, abandon = function() end }
    function connection.send(_, bytes)
      if paused then return nil, errors.new { name = "command_mode", message = "paused" } end
      sent[#sent + 1] = bytes
      paused = #sent == 1
      return true
    end
    function connection.escape() return true end
    function connection.resume()
      paused = false
      return true
    end
    local socket = Socket.new("tcp", connection, "server.example", 7)
    assert.are.same(14, socket:send "abcdefghijklmn")
    assert.are.same({ nil, "command_mode" }, { socket:flush() })
    assert.are.same({ "abcd" }, sent)
    assert(socket:resume())
    assert(socket:flush())
    assert.are.same("abcdefghijklmn", table.concat(sent))
    assert.are.same(1, socket:close())
  end)
end)
