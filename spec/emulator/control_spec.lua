-- emulator:control: each command gets its own answer.

local hayes = require "hayes"

describe("emulator:control", function()
  local emulator

  before_each(function() emulator = assert(hayes.emulator()) end)
  after_each(function() emulator:close() end)

  local function stats() return emulator:control "stats" end
  local function port() return emulator:control "port" end

  it("gives two tasks that ask at once each its own answer", function()
    local is_stats, is_port
    hayes.run(function()
      local first, second = hayes.spawn(stats), hayes.spawn(port)
      is_stats, is_port = select(2, first:join()), select(2, second:join())
    end)
    assert.is_truthy(is_stats:find "commands=")
    assert.is_truthy(is_port:find(emulator.address, 1, true))
  end)

  it("gives no answer to the command behind one that was cancelled", function()
    local answer
    hayes.run(function()
      local given_up = hayes.spawn(stats)
      hayes.spawn(function() given_up:cancel() end)
      given_up:join()
      answer = emulator:control "port"
    end)
    assert.is_truthy(answer:find(emulator.address, 1, true))
  end)

  it("says of an emulator that was closed that it has ended", function()
    assert(emulator:control "stats")
    emulator:close()
    local answer, err = emulator:control "stats"
    assert.is_nil(answer)
    assert.are.same("emulator_failed", err.name)
  end)
end)
