-- A module whose saved profile turns result codes off (ATQ1, AT&W) answers no AT: it gets them turned on.

local hayes = require "hayes"
local script = require "support.script"

describe("A module whose profile turns result codes off", function()
  local modem, port, quiet

  before_each(function()
    script.virtual_time()
    local answer = script.quectel { ["ATQ0V1E0"] = "ATQ0V1E0\r\r\nOK\r\n", ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
    quiet = true
    port = script.port(function(self, bytes)
      if quiet and bytes:find("^ATQ0V1E0\r") then quiet = false end
      if quiet then return "" end
      return answer(self, bytes)
    end)
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("can be opened", function()
    modem = assert(hayes.open_port(port, "script"))
    assert.are.same("22,99", modem:at("AT+CSQ")[1]:match "[%d,]+$")
  end)

  it("is taken into service again after a restart, with its banner and without", function()
    modem = assert(hayes.open_port(port, "script"))
    for _, banner in ipairs { "\r\nRDY\r\n", "" } do
      quiet = true
      port:say(banner)
      modem:at("AT", { timeout = 1 })
      hayes.sleep(5)
      assert.are.same("OK", assert(modem:at "AT+CSQ").result, banner)
    end
  end)

  it("of Ai-Thinker does not get commands of V.250, once it is known", function()
    quiet = false
    modem = assert(hayes.open_port(port, "script", { dialect = "aithinker" }))
    port.log, quiet = {}, true
    modem:at("AT", { timeout = 1 })
    hayes.sleep(5)
    assert.is_nil(table.concat(port.log):find("Q0", 1, true))
  end)
end)
