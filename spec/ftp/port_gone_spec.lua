-- Calls of an FTP session whose port has gone: each says so within its attempts. One that cannot be opened again is not
-- tried again.

local errors = require "hayes.error"
local hayes = require "hayes"
local script = require "support.script"

local OK = "\r\nOK\r\n"

--- Single commands have at most three attempts, whatever the `retries` of the session; transfers have all of theirs.
local CALLS = {
  pwd = { attempts = 3 }, size = { "f", attempts = 3 }, modified = { "f", attempts = 3 }, list = { attempts = 3 },
  names = { attempts = 3 }, entries = { attempts = 3 }, cwd = { "d", attempts = 3 },
  rename = { "a", "b", attempts = 3 }, delete = { "f", attempts = 3 }, mkdir = { "d", attempts = 3 },
  rmdir = { "d", attempts = 3 }, status = { attempts = 0 }, transferred = { attempts = 0 },
  put = { { data = "bytes" }, "f", { retries = 1 }, attempts = 2 }, get = { "f", nil, { retries = 1 }, attempts = 2 },
}

describe("An FTP call on a port that has gone", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  --- A modem with a session that is logged in, and its port.
  local function logged_in(again)
    local port = script.port(script.quectel {
      ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
      ["^AT%+QFTP%u+"] = function(line)
        local command = line:match("%+QFTP%u+")
        if command == "+QFTPCFG" then return OK end
        return OK .. ("\r\n%s: 0,%d\r\n"):format(command, command == "+QFTPSTAT" and 4 or 0)
      end,
    })
    port.again = again
    local modem = assert(hayes.open_port(port, "script"))
    return modem, assert(modem.ftp.open { host = "h" }), port
  end

  for name, call in pairs(CALLS) do
    for _, is_known in ipairs { true, false } do
      local when = is_known and "after another command has found out" or "as the first to find out"
      it(("ends within its attempts: %s, %s"):format(name, when), function()
        local openings = 0
        local modem, ftp, port = logged_in(function()
          openings = openings + 1
          return nil, errors.new { name = "no_port", origin = "port", message = "there is no port" }
        end)
        port:hang_up()
        if is_known then assert.are.same("port_gone", select(2, modem:at("AT")).name) end
        local result, err = ftp[name](ftp, table.unpack(call, 1, 3))
        assert.is_nil(result)
        assert.are.same("port", err.origin)
        if is_known then
          assert.are.same(call.attempts, openings)
        else
          assert.is_true(openings <= call.attempts, openings .. " openings")
        end
        assert.is_true(ftp:close())
        modem:close()
      end)
    end

    it("is not tried again where the port cannot be opened again: " .. name, function()
      local modem, ftp, port = logged_in(nil)
      port:hang_up()
      assert.are.same("port_gone", select(2, modem:at("AT")).name)
      local began = script.now()
      local result, err = ftp[name](ftp, call[1], call[2]) -- of transfers with the default of retries
      assert.is_nil(result)
      assert.are.same("port_gone", err.name)
      assert.are.same(began, script.now())
      modem:close()
    end)
  end
end)
