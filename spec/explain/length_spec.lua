-- What is explained may come from anywhere: a long text takes no more than a look at each of its bytes.

local dialects = require "hayes.dialect"
local explain = require "hayes.explain"

--- How much is done, in thousands of instructions of Lua.
local function work(dialect, text)
  local count = 0
  debug.sethook(function() count = count + 1 end, "", 1000)
  local found, err = explain(dialect, text)
  debug.sethook()
  assert(found or err)
  return count
end

describe("A long text", function()
  for _, name in ipairs { "quectel", "aithinker" } do
    local dialect = dialects.get(name)
    for _, piece in ipairs { "x", "AT;", "ATE0", "(", '"', "\\", "1,", "+CSQ: 1", "AT+QSSLCFG=", "AT+X", "ERROR", " x" } do
      it(("of %q that is twice as long takes %s no more than twice as much"):format(piece, name), function()
        local once, twice = work(dialect, piece:rep(8000 // #piece)), work(dialect, piece:rep(16000 // #piece))
        assert.is_true(twice < 2.5 * once + 100, ("%d and %d"):format(once, twice))
      end)
    end
  end
end)
