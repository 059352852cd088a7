-- Texts for terminals of any width.

local core = require "hayes.core"
local layout = require "hayes.explain.layout"

describe("The layout of texts", function()
  local columns
  local terminal_columns = core.terminal_columns

  setup(function() core.terminal_columns = function() return columns end end)
  teardown(function() core.terminal_columns = terminal_columns end)

  local function widest(text)
    local most = 0
    for line in text:gmatch "[^\n]+" do most = math.max(most, utf8.len(line)) end
    return most
  end

  local SENTENCE = ("words of a sentence that goes on and on, "):rep(8)

  it("keeps to the terminal's width, and to 100 characters on a wide one and elsewhere", function()
    for width, expected in pairs { [60] = 60, [80] = 80, [200] = 100, [10] = 40 } do
      columns = width
      local most = widest(layout.paragraph(SENTENCE, "  "))
      assert.is_true(most <= expected and most > expected - 12, most)
      assert.is_true(widest(table.concat(layout.table({ { "name", SENTENCE } }, "  "), "\n")) <= expected)
    end
    columns = nil
    assert.is_true(widest(layout.paragraph(SENTENCE)) > 88)
  end)

  it("breaks lines of the program's own between words, under the column or the text that they go on with", function()
    columns = 44
    assert.are.equal("-- the module has said something and goes on\n   saying it",
      layout.fit "-- the module has said something and goes on saying it")
    assert.are.equal("\27[2m-- the module has said something and goes on\n   saying it\27[0m",
      layout.fit "\27[2m-- the module has said something and goes on saying it\27[0m")
    assert.are.equal("  name   3  the meaning of the value in so\n            many words",
      layout.fit "  name   3  the meaning of the value in so many words")
    assert.are.equal("short\n\27[31m" .. ("x"):rep(44) .. "\27[0m", layout.fit("short\n\27[31m" .. ("x"):rep(44) .. "\27[0m"))
    assert.are.equal(("x"):rep(60), layout.fit(("x"):rep(60)))
  end)

  it("leaves them as they are where there is no terminal", function()
    columns = nil
    assert.are.equal(SENTENCE, layout.fit(SENTENCE))
  end)
end)
