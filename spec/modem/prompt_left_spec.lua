-- A program was killed while the module waited for the bytes of a prompt: the next one gets the module out of it when it
-- opens the port for the first time.

local hayes = require "hayes"
local script = require "support.script"

describe("A module that an earlier program left at a prompt", function()
  local modem

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    script.real_time()
  end)

  --- A port behind which so many bytes are still to come before the module takes commands.
  local function port_at_prompt(commands, eol, missing)
    local port = script.port(script.commands(commands, eol))
    port.wanted = { count = missing, reply = function() return "\r\nERROR\r\n" end }
    return port
  end

  local wifi = { ["AT"] = "\r\nOK\r\n", ["ATE0"] = "\r\nOK\r\n" }

  -- 2,047 bytes: AT+SSLCRET; 1,024: a piece of AT+SOCKETSEND.
  for _, missing in ipairs { 1, 1024, 1500, 2047 } do
    it(("is found at the first open: %d bytes are missing, and nothing cancels it"):format(missing), function()
      modem = assert(hayes.open_port(port_at_prompt(wifi, "\r\n", missing), "script", { dialect = "aithinker" }))
    end)
  end

  it("is got out of sooner or later, however much is missing", function()
    modem = assert(hayes.open_port(port_at_prompt(wifi, "\r\n", 100000), "script", { timeout = 120, dialect = "aithinker" }))
  end)
end)
