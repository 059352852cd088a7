-- What is explained may come from anywhere.

local dialects = require "hayes.dialect"
local explain = require "hayes.explain"

describe("A text that is longer than any line of a module", function()
  for _, name in ipairs { "quectel", "aithinker" } do
    local dialect = dialects.get(name)
    for _, piece in ipairs { "x", "AT;", "ATE0", "(", '"', "\\", "1,", "+CSQ: 1", "AT+QSSLCFG=", "AT+X", "ERROR", " x" } do
      it(("is refused by explain(), and one of 2,048 bytes is not: %q, %s"):format(piece, name), function()
        local found, err = explain(dialect, piece:rep(70000 // #piece))
        assert.is_nil(found)
        assert.are.equal("too_long", err.name)
        found, err = explain(dialect, piece:rep(2048 // #piece))
        assert.is_truthy(found or err.name ~= "too_long")
      end)
    end
  end
end)
