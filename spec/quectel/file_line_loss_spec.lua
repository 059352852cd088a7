-- Files by handle on a line that has lost bytes of the commands, or of what a module that restarted has said.

local hayes = require "hayes"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("Files of a Quectel module by handle:", function()
  local modem

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("all handles that were left open are closed, also one whose storage the line has changed", function()
    local open = { [0] = "FS:a", [1] = "a" }
    modem = assert(hayes.open_port(script.port(script.quectel {
      ["AT+QFOPEN?"] = function()
        local lines = {}
        for handle = 0, 1 do
          if open[handle] then lines[#lines + 1] = ('\r\n+QFOPEN: "%s",%d,0'):format(open[handle], handle) end
        end
        return table.concat(lines) .. "\r\n" .. OK
      end,
      ["^AT%+QFCLOSE="] = function(line)
        open[math.tointeger(tonumber(line:match "%d+$"))] = nil
        return OK
      end,
      ["^AT%+QFDEL="] = function() return open[1] and "\r\n+CME ERROR: 426\r\n" or OK end,
    }), "script"))
    assert(modem.file.delete "UFS:a")
    assert.are.same({}, open)
  end)

  it("an OK to a write without a count is followed by getting in step: it may be that of a command in the data", function()
    local log = {}
    local answer = script.quectel {
      ["^AT%+QFOPEN="] = "\r\n+QFOPEN: 0\r\n" .. OK, ["^AT%+QFSEEK="] = OK, ["^AT%+QFCLOSE="] = OK,
      ["^AT%+QFWRITE="] = function(_, port)
        port.wanted = { count = 5, reply = function() return OK end }
        return "\r\nCONNECT\r\n"
      end,
    }
    modem = assert(hayes.open_port(script.port(function(port, bytes)
      log[#log + 1] = bytes
      return answer(port, bytes)
    end), "script"))
    local done, err = modem.file.write("UFS:a", 0, "hello")
    assert.is_nil(done)
    assert.are.same("damaged", err.name)
    local text = table.concat(log)
    assert.is_truthy(text:find("hello.*AT\r.*AT%+QFCLOSE"), text)
  end)
end)
