-- Commands that are given no time at all: that is not the same as no time-out.

local hayes = require "hayes"
local script = require "support.script"

describe("A command with a time-out of", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  for _, seconds in ipairs { 0, 0.0001 } do
    it(seconds .. " s ends at once when the module does not answer", function()
      local port = script.port(script.quectel { ["AT+CSQ"] = "" })
      local modem <close> = assert(hayes.open_port(port, "script"))
      local began = script.now()
      local response, err = modem:at("AT+CSQ", { timeout = seconds })
      assert.are.same({ nil, "timeout" }, { response, err and err.name })
      assert.is_true(script.now() - began < 0.1)
    end)
  end
end)
