-- The fuzzers, for a moment each and always the same, after what they have found before: `make fuzz` runs them for longer.

local Process = require "support.process"

describe("Whatever comes from a module or a host", function()
  -- They have sanitizers of their own.
  if os.getenv("LD_PRELOAD") then return end

  it("the engine keeps its promises, and readers of texts stay within them", function()
    local output = Process.run { "env", "FRESH=1", "timeout", "600", "spec/fuzz/run", "build", "-runs=400", "-seed=1" }
    for _, target in ipairs { "engine", "online", "transfer", "rules", "fields", "parser", "profile", "dialects",
      "traces", "profiles" } do
      assert.is_truthy(output:find(target .. ": Done", 1, true), output)
    end
  end)
end)
