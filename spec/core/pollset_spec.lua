-- The set of descriptors that the loop waits for.

local core = require "hayes.core"

describe("A set of descriptors", function()
  local set, signals

  before_each(function()
    set, signals = core.pollset(), {}
    for i = 1, 3 do signals[i] = assert(core.signal()) end
  end)
  after_each(function()
    for _, signal in ipairs(signals) do signal:close() end
  end)

  --- What is ready before the deadline (0: now).
  local function wait(deadline)
    local ready = {}
    local count, time = set:wait(deadline, ready)
    assert.are.same(count, #ready)
    return ready, time
  end

  it("is waited for until the deadline, and never shorter", function()
    for _, seconds in ipairs { 0.0001, 0.0005, 0.0009, 0.0011, 0.0019, 0.0029 } do
      for _ = 1, 20 do
        local deadline = core.now() + seconds
        local ready, time = wait(deadline)
        assert.are.same({}, ready)
        assert.is_true(time >= deadline)
      end
    end
  end)

  it("is not waited for when the deadline is over", function()
    for _, deadline in ipairs { 0, core.now() - 1, -math.huge, 0 / 0 } do assert.are.same({}, (wait(deadline))) end
  end)

  it("gives those that are ready, however far the deadline is", function()
    for i = 1, 3 do set:add(signals[i]:fd(), "signal " .. i) end
    signals[2]:set(true)
    for _, deadline in ipairs { core.now() + 1e12, math.huge, false } do
      assert.are.same({ "signal 2" }, (wait(deadline or nil)))
    end
  end)

  it("keeps the others when one is removed", function()
    for removed = 1, 3 do
      for i = 1, 3 do
        signals[i]:set(true)
        set:add(signals[i]:fd(), "signal " .. i)
      end
      set:remove(signals[removed]:fd(), "signal " .. removed)
      local ready = wait(0)
      table.sort(ready)
      local others = { "signal 1", "signal 2", "signal 3" }
      table.remove(others, removed)
      assert.are.same(others, ready)
      for i = 1, 3 do set:remove(signals[i]:fd(), "signal " .. i) end
      assert.are.same({}, (wait(0)))
    end
  end)

  it("waits for room for output where that is wanted, and for input as well", function()
    local listener <close> = assert(core.listen("127.0.0.1", "0"))
    local port <close> = assert(core.open_port(("tcp:127.0.0.1:%d"):format(listener:number()), 9600))
    set:add(port:fd(), "port")
    assert.are.same({}, (wait(0)))
    set:modify(port:fd(), true)
    assert.are.same({ "port" }, (wait(core.now() + 30)))
    set:modify(port:fd(), false)
    assert.are.same({}, (wait(0)))
    local client
    while not client do client = listener:accept() end
    client:write "x"
    assert.are.same({ "port" }, (wait(core.now() + 30)))
    client:close()
  end)
end)
