-- engine:hear: the input as it came, beside what the engine makes of it.

local core = require "hayes.core"
local dialects = require "hayes.dialect"

describe("The input that an engine keeps", function()
  local engine

  before_each(function() engine = core.engine(dialects.get("quectel").rules) end)

  local function feed(bytes)
    engine:feed(bytes)
    while engine:next_event(0) do end
  end

  it("begins with hear(), and has the blank lines and spaces of the line", function()
    feed "\r\nRDY\r\n"
    assert.are.same("", engine:heard())
    engine:hear()
    feed "\r\n\r\n +CPIN: READY  \r\n"
    feed "\r\r\n"
    assert.are.same("\r\n\r\n +CPIN: READY  \r\n\r\r\n", engine:heard())
  end)

  it("is given once", function()
    engine:hear()
    feed "\r\nRDY\r\n"
    assert.are.same("\r\nRDY\r\n", engine:heard())
    assert.are.same("", engine:heard())
    feed "\r\nOK\r\n"
    assert.are.same("\r\nOK\r\n", engine:heard())
  end)

  it("is the last 64 KiB, in pieces of any length", function()
    for _, length in ipairs { 1000, 40000, 65536, 100000 } do
      engine:hear()
      local all = {}
      for i = 1, 5 do
        all[i] = ("%d"):format(i):rep(length)
        feed(all[i])
      end
      assert.are.equal(table.concat(all):sub(-65536), engine:heard())
    end
  end)
end)
