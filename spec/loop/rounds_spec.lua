-- When the loop looks at the ports while tasks wake each other.

local hayes = require "hayes"
local wait = require "hayes.wait"

describe("Tasks that wake each other", function()
  local time, looks

  --- A clock that counts how often the ports are looked at.
  local function clock(rounds)
    time, looks = 0, 0
    wait.set_clock {
      rounds = rounds,
      now = function() return time end,
      wait = function(deadline)
        looks = looks + 1
        time = math.max(time, deadline or time)
        return 0, time
      end,
    }
  end

  after_each(function() wait.set_clock(nil) end)

  --- Each is started by the one before, which waits for it.
  local function chain(length)
    if length == 0 then return "over" end
    return select(2, hayes.spawn(chain, length - 1):join())
  end

  it("go on before the ports are looked at", function()
    clock(4)
    assert.are.same("over", hayes.run(chain, 1))
    assert.are.same(1, looks)
  end)

  it("leave the ports a look after so many rounds", function()
    clock(4)
    assert.are.same("over", hayes.run(chain, 20)) -- 41 rounds
    assert.are.same(11, looks)
  end)

  it("leave them one after each round on a clock that does not say how many", function()
    clock(nil)
    assert.are.same("over", hayes.run(chain, 20))
    assert.are.same(41, looks)
  end)
end)
