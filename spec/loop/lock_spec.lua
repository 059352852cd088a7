-- Things that several tasks wait for.

local hayes = require "hayes"
local Lock = require "hayes.lock"
local wait = require "hayes.wait"

describe("A lock", function()
  it("is given to those in line in their order, and to nobody twice", function()
    local lock, order, inside = Lock.new(), {}, 0
    hayes.run(function()
      for i = 1, 4 do
        hayes.spawn(function()
          local _held <close> = lock:take()
          inside = inside + 1
          assert.are.same(1, inside)
          hayes.sleep(0.001)
          order[#order + 1] = i
          inside = inside - 1
        end)
      end
    end)
    assert.are.same({ 1, 2, 3, 4 }, order)
    assert.is_false(lock.held)
  end)

  it("is passed over a task that has given up, been cancelled or has failed", function()
    local lock, got = Lock.new(), {}
    hayes.run(function()
      local held = lock:take()
      local late = hayes.spawn(function() got.late = { lock:take(wait.now()) } end)
      local cancelled = hayes.spawn(function() lock:take() end)
      local last = hayes.spawn(function()
        local _held <close> = lock:take()
        got.last = true
      end)
      assert(late:join(5))
      cancelled:cancel()
      cancelled:join(5)
      getmetatable(held).__close(held)
      assert(last:join(5))
    end)
    assert.are.same({ late = { nil, "timeout" }, last = true }, got)
    assert.is_false(lock.held)
  end)
end)

describe("A waiter", function()
  it("wakes every task that waits for it", function()
    local waiter, woken = wait.waiter(), 0
    hayes.run(function()
      for _ = 1, 5 do
        hayes.spawn(function()
          assert.are.same("news", (waiter:wait()))
          woken = woken + 1
        end)
      end
      hayes.sleep(0.001)
      waiter:fire("news")
    end)
    assert.are.same(5, woken)
  end)

  it("lets each task give up at its own time", function()
    local waiter, left = wait.waiter(), {}
    hayes.run(function()
      local now = wait.now()
      for _, seconds in ipairs { 0.02, 0.005, 0.01 } do
        hayes.spawn(function()
          local _, err = waiter:wait(now + seconds)
          left[#left + 1] = { seconds, err }
        end)
      end
    end)
    assert.are.same({ { 0.005, "timeout" }, { 0.01, "timeout" }, { 0.02, "timeout" } }, left)
  end)
end)
