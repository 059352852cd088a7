-- The time that a Quectel module may take to close a connection (AT+QICLOSE, AT+QSSLCLOSE).

local hayes = require "hayes"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("Closing a connection", function()
  local modem, port

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- A module that takes so many seconds to close a connection.
  local function open(options, seconds)
    port = script.port(script.quectel {
      ["AT+QISTATE"] = OK, ["AT+QSSLSTATE"] = OK, ['^AT%+QICFG='] = OK,
      ["^AT%+QIOPEN="] = function(line, at)
        at:say(OK)
        at:say(("\r\n+QIOPEN: %s,0\r\n"):format(line:match "=1,(%d+)"), 0.1)
      end,
      ["^AT%+QICLOSE="] = function(_, at) at:say(OK, seconds) end,
    })
    modem = assert(hayes.open_port(port, "script"))
    return assert(modem.tcp.open("h", 80, options))
  end

  local function close_sent() return table.concat(port.log, "\n"):match "AT%+QICLOSE=[%d,]+" end

  it("takes as long as the module does where the caller does not say", function()
    assert(open(nil, 5):close())
    assert.is_truthy(close_sent():find "^AT%+QICLOSE=%d+$")
  end)

  for _, seconds in ipairs { 0, 60 } do
    it(("takes %d s at most with close_timeout = %d, and is waited for"):format(seconds, seconds), function()
      local started = script.now()
      assert(open({ close_timeout = seconds }, seconds):close())
      assert.is_truthy(close_sent():find("^AT%+QICLOSE=%d+," .. seconds .. "$"), close_sent())
      assert.is_true(script.now() - started >= seconds)
    end)
  end

  describe("that the module refuses", function()
    local used, on_list

    --- A module that refuses to close connections, and to open another with an index in use.
    before_each(function()
      used, on_list = {}, nil
      port = script.port(script.quectel {
        ["AT+QISTATE"] = function()
          if on_list then return on_list() end
          local rows = {}
          for id in pairs(used) do
            rows[#rows + 1] = ('\r\n+QISTATE: %d,"TCP","10.0.0.1",80,0,2,1,0,0,"usbat"\r\n'):format(id)
          end
          return table.concat(rows) .. OK
        end,
        ["AT+QSSLSTATE"] = OK, ["^AT%+QICFG="] = OK, ["AT+QIGETERROR"] = "\r\n+QIGETERROR: 563,words\r\n\r\nOK\r\n",
        ["^AT%+QIOPEN="] = function(line, at)
          local id = math.tointeger(tonumber(line:match "=1,(%d+)"))
          if used[id] then return "\r\nERROR\r\n" end
          used[id] = true
          at:say(OK)
          at:say(("\r\n+QIOPEN: %d,0\r\n"):format(id), 0.1)
        end,
        ["^AT%+QICLOSE="] = "\r\n+CME ERROR: 100\r\n",
      })
      modem = assert(hayes.open_port(port, "script"))
      local socks = {}
      for i = 1, 4 do socks[i] = assert(modem.tcp.open("h", 80)) end
      for _, sock in ipairs(socks) do assert.is_nil((sock:close())) end
    end)

    it("leaves its index in use: the next connections are opened with others", function()
      assert(modem.tcp.open("h", 80))
    end)

    it("leaves its index in use, also where the module restarts while it is asked which are", function()
      on_list = function()
        on_list, used = nil, {}
        return "\r\nRDY\r\n"
      end
      assert(modem.tcp.open("h", 80))
    end)
  end)
end)
