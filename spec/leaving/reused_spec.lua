-- A caller that leaves takes back the command that waits for its sake, and no other one that has come after that.

local hayes = require "hayes"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("A caller that leaves", function()
  it("takes nothing back of what gives the module something back", function()
    script.virtual_time()
    finally(script.real_time)
    local port = script.port(script.quectel {
      ["^AT%+QICFG="] = OK, ["AT+QISTATE"] = OK,
      ["AT+SLOW"] = function(_, at) at:say(OK, 2) end,
      ["^AT%+QIOPEN="] = function(_, at)
        at:say(OK)
        at:say("\r\n+QIOPEN: 0,566\r\n", 1)
      end,
      ["AT+QICLOSE=0"] = OK,
    })
    local modem <close> = assert(hayes.open_port(port, "script"))
    modem.tcp.open("server.example", 7) -- what goes before the first one has gone
    port.log = {}
    hayes.run(function()
      hayes.spawn(function()
        modem:at("AT+SLOW") -- the opening waits for the line
        hayes.sleep(0.5)
        modem:at("AT+SLOW") -- and so does what follows the result
      end)
      hayes.sleep(0.01)
      assert.is_nil(modem.tcp.open("server.example", 7, { timeout = 4 }))
      hayes.sleep(5)
    end)
    assert.is_truthy(table.concat(port.log):find("AT+QICLOSE=0", 1, true))
  end)
end)
