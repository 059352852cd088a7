-- Runs of the library against a simulated module, by seed (README.md). `make simulate SEEDS=n` runs more of them.

local simulate = require "simulation.simulate"

-- The sanitizers look at the core alone, and take long.
local SEEDS = (os.getenv "HAYES_BUILD" or ""):find("sanitized", 1, true) and 300 or 2000

describe("Simulation", function()
  it(("finds nothing wrong in seeds 1 to %d"):format(SEEDS), function()
    local failures = {}
    for seed = 1, SEEDS do
      local _, failure = simulate.run(seed)
      if failure then failures[#failures + 1] = ("seed %d: %s"):format(seed, failure) end
    end
    assert.are.same({}, failures)
  end)

  it("does the same for the same seed", function()
    for seed = 1, 40 do
      local first, again = simulate.run(seed), simulate.run(seed)
      assert.are.same({ first.digest, first.world.steps }, { again.digest, again.world.steps }, "seed " .. seed)
    end
  end)
end)
