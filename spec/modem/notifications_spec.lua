-- URCs that a module sends only once they are switched on.

local hayes = require "hayes"
local lab = require "support.lab"

describe("A URC that the module does not send by itself", function()
  local modem, emulator

  before_each(function() modem, emulator = lab.modem() end)
  after_each(function()
    modem:close()
    emulator:close()
  end)

  --- The setting once it is this one; commands of the library's own go between ours.
  local function setting(wanted)
    local found
    for _ = 1, 20 do
      found = assert(modem:query "AT+CREG?").n
      if found == wanted then break end
    end
    return found
  end

  it("is switched on for who subscribes to it, and comes", function()
    assert.are.equal(0, setting(0))
    local told
    modem:on("+CREG", function(event) told = event.fields.stat end)
    assert.are.equal(1, setting(1))
    emulator:control "set registration searching"
    assert(modem:at "AT") -- the URC has come before the answer
    assert.are.equal(2, told)
  end)

  it("stays in the longer form that the program has chosen", function()
    assert(modem:at "AT+CREG=2")
    modem:on("+CREG", function() end)
    assert.are.equal(2, setting())
  end)

  it("is switched on again when the module has restarted", function()
    modem:on("+CREG", function() end)
    assert.are.equal(1, setting(1))
    emulator:control "reboot"
    assert(modem:wait("reboot", 20))
    assert.are.equal(1, setting(1))
  end)

  it("is left alone by who only listens to everything", function()
    modem:on("urc", function() end)
    hayes.sleep(0)
    assert.are.equal(0, setting(0))
  end)
end)
