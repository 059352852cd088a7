-- How long a keeper waits before it tries again, and whether it may restart the module.

local Patience = require "hayes.keeper.patience"

local function new(backoff, budget, chance)
  return Patience.new({
    backoff = { first = backoff.first or 5, most = backoff.most or 600, jitter = backoff.jitter or 0 },
    budget = { restarts = budget and budget.restarts or 4, per = budget and budget.per or 86400,
      attempts = budget and budget.attempts or 3, apart = budget and budget.apart or 1800 },
  }, function() return chance or 0 end)
end

describe("A keeper's pause", function()
  it("doubles with each attempt that fails, up to the longest", function()
    local patience, pauses = new { first = 5, most = 60 }, {}
    for i = 1, 6 do
      patience:failed()
      pauses[i] = patience:pause()
    end
    assert.are.same({ 5, 10, 20, 40, 60, 60 }, pauses)
  end)

  it("is left to chance for the part that jitter says", function()
    local patience = new({ first = 8, jitter = 0.5 }, nil, 0.999)
    patience:failed()
    assert.is_true(patience:pause() > 4 and patience:pause() < 4.1)
    patience = new({ first = 8, jitter = 0.5 }, nil, 0)
    patience:failed()
    assert.are.equal(8, patience:pause())
  end)

  it("stays the longest after any number of failures", function()
    local patience = new { first = 0.1, most = 600 }
    for _ = 1, 10000 do patience:failed() end
    assert.are.equal(600, patience:pause())
  end)

  it("begins anew once the connection has stood for a while", function()
    local patience = new { first = 5 }
    for _ = 1, 9 do patience:failed() end
    patience:steady()
    patience:failed()
    assert.are.equal(5, patience:pause())
  end)
end)

describe("A keeper's restart of the module", function()
  it("is due after so many failed attempts, and again after as many", function()
    local patience = new({}, { attempts = 2 })
    patience:failed()
    assert.is_false(patience:is_restart_due())
    patience:failed()
    assert.is_true(patience:is_restart_due())
    patience:restart(1000)
    patience:failed()
    assert.is_false(patience:is_restart_due())
  end)

  it("is not allowed before so many seconds after the last one", function()
    local patience = new({}, { apart = 1800 })
    assert.are.equal(1000, patience:restart_from(1000))
    patience:restart(1000)
    assert.are.equal(2800, patience:restart_from(1001))
  end)

  it("is not allowed more often than so many times in so many seconds", function()
    local patience = new({}, { restarts = 2, per = 3600, apart = 10 })
    patience:restart(1000)
    patience:restart(1100)
    assert.are.equal(4600, patience:restart_from(1200))
    assert.are.equal(2, patience:restarted(4599))
    assert.are.equal(1, patience:restarted(4600))
    assert.are.equal(4600, patience:restart_from(4600))
  end)

  it("is never allowed with a budget of none", function()
    assert.is_nil(new({}, { restarts = 0 }):restart_from(1000))
  end)

  it("leaves nothing behind, however many there were", function()
    local patience = new({}, { restarts = 3, per = 100, apart = 0 })
    for i = 1, 10000 do patience:restart(i * 50) end
    assert.is_true(#patience.restarts <= 3)
  end)
end)
