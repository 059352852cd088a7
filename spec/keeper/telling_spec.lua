-- What a keeper tells, and how often, in virtual time.

local hayes = require "hayes"
local kept = require "support.kept_module"

describe("A keeper tells", function()
  local module, modem

  before_each(function() module, modem = kept.open() end)

  after_each(function() kept.close(modem) end)

  it("once for each reason that it takes a person, and again after the connection was there", function()
    local told = {}
    module.sim = "SIM PIN"
    local keeper = assert(modem:keep { network = { apn = "internet", timeout = 20 },
      backoff = { first = 10, most = 60, jitter = 0 } })
    keeper:on("failed", function(event) told[#told + 1] = event.err.name end)
    hayes.sleep(600)
    assert.are.same({ "sim_pin_required" }, told)
    module.sim = "SIM PUK"
    hayes.sleep(600)
    assert.are.same({ "sim_pin_required", "sim_puk_required" }, told)
    module.sim = "READY"
    assert(keeper:ready(90))
    hayes.sleep(100)
    module.active, module.sim = false, "SIM PUK"
    module.port:say '\r\n+QIURC: "pdpdeact",1\r\n'
    hayes.sleep(600)
    assert.are.same({ "sim_pin_required", "sim_puk_required", "sim_puk_required" }, told)
    assert.are.same("failed", keeper:state().state)
  end)

  it("of no restart of a module through which no data passes before the connection was taken down and up again", function()
    local keeper = assert(modem:keep { network = { apn = "internet" }, backoff = { first = 10, most = 60, jitter = 0 },
      budget = { restarts = 1 }, probe = function() return nil, "the server is down" end })
    local renewed
    keeper:on("restart", function() renewed = module.sent["AT+QIDEACT=1"] end)
    hayes.sleep(3600)
    assert.are.same({ 2, 1 }, { renewed, keeper:state().restarts })
  end)
end)
