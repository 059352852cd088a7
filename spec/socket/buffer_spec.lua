-- The byte queue behind sockets, against a plain string that does the same.

local Buffer = require "hayes.stream.buffer"

describe("A buffer", function()
  it("gives back what was put in, however it is cut", function()
    math.randomseed(7)
    local buffer, model = Buffer.new(), ""
    for _ = 1, 5000 do
      if math.random(2) == 1 then
        local bytes = ("ab\nc"):rep(math.random(0, 5)):sub(1, math.random(0, 17))
        buffer:put(bytes)
        model = model .. bytes
      else
        local n = math.random(0, 25)
        assert.are.same(model:sub(1, n), buffer:take(n))
        model = model:sub(n + 1)
      end
      assert.are.same(#model, buffer.size)
      assert.are.same((model:find("\n", 1, true)), (buffer:line_length()))
    end
    buffer:clear()
    assert.are.same("", buffer:take(10))
  end)

  it("takes back what was taken, also in the middle of a piece", function()
    local buffer = Buffer.new()
    for _, piece in ipairs { "abcdef", "ghi" } do buffer:put(piece) end
    assert.are.same("ab", buffer:take(2))
    buffer:put_back("ab")
    assert.are.same("abcdefgh", buffer:take(8))
    buffer:put_back("gh")
    assert.are.same({ 3, 2 }, { buffer.size, buffer:first_length() })
    assert.are.same("ghi", buffer:take(10))
  end)
end)
