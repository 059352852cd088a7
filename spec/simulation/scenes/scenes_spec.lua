-- Runs of the library in the other scenes, by seed (../README.md). `make simulate SCENE=files SEEDS=n` runs more of them.

local scenes = require "simulation.scenes"
local simulate = require "simulation.simulate"

-- The sanitizers look at the core alone, and take long.
local SEEDS = (os.getenv "HAYES_BUILD" or ""):find("sanitized", 1, true) and 50 or 200

describe("Simulation", function()
  for _, scene in ipairs(scenes.names) do
    if scene ~= "sockets" then
      it("finds nothing wrong in the scene of " .. scene, function()
        local failures = {}
        for seed = 1, SEEDS do
          local _, failure = simulate.run(seed, { scene = scene })
          if failure then failures[#failures + 1] = ("seed %d: %s"):format(seed, failure) end
        end
        assert.are.same({}, failures)
      end)

      it("does the same for the same seed in the scene of " .. scene, function()
        for seed = 1, 20 do
          local first, again = simulate.run(seed, { scene = scene }), simulate.run(seed, { scene = scene })
          assert.are.same({ first.digest, first.world.steps }, { again.digest, again.world.steps }, "seed " .. seed)
        end
      end)
    end
  end
end)
