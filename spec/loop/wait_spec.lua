-- Waits, timers and cancellation in orders that only a busy program brings about.

local Events = require "hayes.events"
local hayes = require "hayes"
local script = require "support.script"
local wait = require "hayes.wait"

describe("A wait", function()
  local reports, report = nil, wait.report

  before_each(function()
    script.virtual_time()
    reports = {}
    wait.report = function(_, err) reports[#reports + 1] = tostring(err) end -- luacheck: ignore 122
  end)
  after_each(function()
    wait.report = report -- luacheck: ignore 122
    script.real_time()
  end)

  it("that has ended when its task is cancelled gives what it gave, and the next one raises", function()
    hayes.run(function()
      local waiter, got, went_on = wait.waiter(), nil, false
      local task = hayes.spawn(function()
        got = waiter:wait()
        hayes.sleep(1)
        went_on = true
      end)
      hayes.sleep(0.1)
      waiter:fire("news")
      task:cancel()
      local ok, err = task:join()
      assert.are.same({ nil, "cancelled" }, { ok, err.name })
      assert.are.same("news", got)
      assert.is_false(went_on)
    end)
  end)

  it("that ended early leaves no timer behind: a task that has ended well is not reported", function()
    hayes.run(function()
      local waiter = wait.waiter()
      hayes.spawn(function() waiter:wait(wait.now() + 2) end)
      hayes.sleep(0.1)
      waiter:fire()
      hayes.sleep(10)
    end)
    assert.are.same({}, reports)
  end)

  it("of what a cancelled task does at its end is not disturbed by another cancel()", function()
    hayes.run(function()
      local released, closed = wait.waiter(), false
      local task = hayes.spawn(function()
        pcall(hayes.sleep, 100)
        released:wait()
        closed = true
      end)
      hayes.sleep(0.1)
      task:cancel()
      hayes.sleep(0.1)
      task:cancel()
      hayes.sleep(0.1)
      released:fire()
      task:join()
      assert.is_true(closed)
    end)
  end)

  it("that has ended in two ways at once goes on once", function()
    hayes.run(function()
      local waiter, released, closed = wait.waiter(), wait.waiter(), false
      local task = hayes.spawn(function()
        waiter:wait()
        pcall(hayes.sleep, 1)
        released:wait()
        closed = true
      end)
      hayes.sleep(0.1)
      task:cancel()
      waiter:fire()
      hayes.sleep(0.1)
      released:fire()
      task:join()
      assert.is_true(closed)
    end)
  end)

  it("until a time that is no number raises, in a task and out of one", function()
    local function fails() assert.has_error(function() wait.waiter():wait(0 / 0) end) end
    fails()
    hayes.run(fails)
  end)

  it("gives what was said first", function()
    local waiter = wait.waiter()
    waiter:fire("first", 1)
    waiter:fire("second", 2)
    assert.are.same({ "first", 1 }, { waiter:wait() })
  end)

  it("ends in the order of the times, whatever the order of the waits", function()
    local order = {}
    hayes.run(function()
      for i = 1, 200 do
        local seconds = i * 7919 % 200 + 1
        hayes.spawn(function()
          hayes.sleep(seconds)
          order[#order + 1] = seconds
        end)
      end
    end)
    for i = 1, 200 do assert.are.same(i, order[i]) end
  end)
end)

describe("Events", function()
  local events

  before_each(function()
    script.virtual_time()
    events = Events.new()
  end)
  after_each(script.real_time)

  it("reach everybody, though some leave when they come", function()
    local heard = {}
    local first
    first = events:listen("x", function()
      heard[#heard + 1] = 1
      first:cancel()
    end)
    for i = 2, 3 do events:listen("x", function() heard[#heard + 1] = i end) end
    events:emit { name = "x", line = "" }
    events:emit { name = "x", line = "" }
    assert.are.same({ 1, 2, 3, 2, 3 }, heard)
  end)

  it("do not reach a handler that was taken back before it has begun", function()
    local heard = 0
    local subscription = events:on("x", function() heard = heard + 1 end)
    events:emit { name = "x", line = "" }
    subscription:cancel()
    hayes.sleep(1)
    assert.are.same(0, heard)
  end)
end)
