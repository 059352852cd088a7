-- Timers of the loop: each is served in its turn unless it was taken back, which leaves nothing of it.

local builtin = require "hayes.loop.builtin"
local hayes = require "hayes"
local script = require "support.script"

describe("Timers", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  it("are served in the order of their times, but for those that were taken back", function()
    math.randomseed(7)
    for _ = 1, 50 do
      local served, owners, wanted, before = {}, {}, {}, builtin.timers()
      local start = hayes.now()
      for i = 1, 200 do
        local owner = { timer = false, number = i }
        function owner.due(_, now) served[#served + 1] = now end
        owners[i] = owner
        owner.at = start + math.random(1, 60)
        builtin.schedule(owner, owner.at)
        local other = owners[math.random(i)]
        if math.random() < 0.3 then
          other.at = nil
          builtin.unschedule(other)
        elseif math.random() < 0.3 then
          other.at = start + math.random(1, 60)
          builtin.schedule(other, other.at)
        end
      end
      for _, owner in ipairs(owners) do wanted[#wanted + 1] = owner.at end
      table.sort(wanted)
      assert.are.same(before + #wanted, builtin.timers())
      hayes.run(hayes.sleep, 61)
      assert.are.same(wanted, served)
      assert.are.same(before, builtin.timers())
    end
  end)
end)
