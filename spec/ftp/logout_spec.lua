-- A module that does not hear that its FTP client is to be closed, or whose result of that gets lost.

local hayes = require "hayes"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("The session that an earlier program has left in the FTP client", function()
  local modem

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- What the module gives to the first AT+QFTPCLOSE, which it has not heard.
  local answers = { ["no answer"] = "", ["no result"] = OK }

  for what, answer in pairs(answers) do
    for _, count in ipairs { 1, 2 } do
      it(("is closed although the first %d times there was %s"):format(count, what), function()
        local state, closes = 1, 0
        local function result(name, fields) return OK .. ("\r\n+QFTP%s: %s\r\n"):format(name, fields) end
        modem = assert(hayes.open_port(script.port(script.quectel {
          ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
          ["^AT%+QFTPCFG="] = OK,
          ["AT+QFTPSTAT"] = function() return result("STAT", "0," .. state) end,
          ["AT+QFTPCLOSE"] = function()
            closes = closes + 1
            if closes <= count then return answer end
            state = 4
            return result("CLOSE", "0,0")
          end,
          ["^AT%+QFTPOPEN="] = function()
            assert.are.same(4, state)
            return result("OPEN", "0,0")
          end,
        }), "script"))
        hayes.run(function()
          local from = script.now()
          assert(modem.ftp.open { host = "h", timeout = 20, retries = 1 })
          assert.is_true(script.now() - from < 120)
        end)
        assert.are.same(count + 1, closes)
      end)
    end
  end
end)
