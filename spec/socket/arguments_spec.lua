-- The edges of send() and receive(), where LuaSocket's contract says what comes.

local hayes = require "hayes"
local raises = require "support.raises"
local script = require "support.script"
local Socket = require "hayes.stream.socket"

describe("A TCP socket, as LuaSocket's,", function()
  local socket, incoming, over

  before_each(function()
    script.virtual_time()
    incoming, over = "", false
    socket = Socket.new("tcp", {
      chunk = 100, mode = "push",
      readable = function() return incoming ~= "" or over end,
      send = function() return true end,
      receive = function()
        if incoming == "" then return nil, { name = "closed", message = "over" } end
        local bytes = incoming
        incoming = ""
        return bytes
      end,
    }, "server.example", 7)
  end)

  after_each(script.real_time)

  for _, row in ipairs {
    { "abc", 1, -10, 0 }, { "abc", 10, nil, 9 }, { "abc", 3, 1, 2 }, { "abc", "2", nil, 3 }, { "abc", -2, -2, 2 },
    { "", nil, nil, 0 }, { "abc", 0, 99, 3 },
  } do
    it(("gives %d for send(%q, %s, %s)"):format(row[4], row[1], row[2], row[3]), function()
      assert.are.same(row[4], socket:send(row[1], row[2], row[3]))
    end)
  end

  it("refuses an index of send() that is no number", function()
    assert.are.same("socket:send: i is true; it must be integer", raises(function() socket:send("abc", true) end))
  end)

  it("gives a prefix that is long enough as it is, and leaves the input alone", function()
    incoming = "xyz"
    assert.are.same("abcde", socket:receive(2, "abcde"))
    assert.are.same("abcde", socket:receive(5, "abcde"))
    assert.are.same("prexyz", socket:receive(6, "pre"))
    assert.is_false(socket:dirty())
  end)

  it("gives nothing but the prefix at the end, and at once", function()
    over = true
    local before = hayes.now()
    assert.are.same({ nil, "closed", "pre" }, { socket:receive("*a", "pre") })
    assert.are.same({ nil, "closed", "pre" }, { socket:receive("*l", "pre") })
    assert.are.same({ nil, "closed", "" }, { socket:receive(0) })
    assert.are.same(before, hayes.now())
  end)
end)
