-- A keeper of a modem that the program opens again itself, in virtual time.

local errors = require "hayes.error"
local hayes = require "hayes"
local kept = require "support.kept_module"

describe("A keeper of a modem that the program opens again itself", function()
  local module, modem, keeper

  before_each(function()
    module, modem = kept.open()
    keeper = assert(modem:keep { network = { apn = "internet" } })
    assert(keeper:ready(60))
    hayes.sleep(100)
    module.active = false
  end)

  after_each(function() kept.close(modem) end)

  local function go_away()
    modem:shut(errors.new { name = "port_gone", origin = "port", message = "the port went away" })
  end

  it("attaches as soon as it is open", function()
    go_away()
    assert(modem:reopen())
    hayes.sleep(1)
    assert.are.same("attached", keeper:state().state)
  end)

  it("opens it when the program has not been able to", function()
    local gone = errors.new { name = "no_such_port", origin = "port", message = "there is no port" }
    module.unplugged = gone
    go_away()
    assert.are.same({ nil, gone }, { modem:reopen() })
    module.unplugged = false
    assert(keeper:ready(30))
  end)
end)
