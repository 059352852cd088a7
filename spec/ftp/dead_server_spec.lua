-- Single commands of an FTP session on a server that has died: they fail soon, and say what failed.

local hayes = require "hayes"
local script = require "support.script"
local wait = require "hayes.wait"

local OK = "\r\nOK\r\n"

--- What is left of the server: it refuses connections, or it takes them and says nothing, which the module notes late.
local DEAD = {
  ["refuses connections"] = { seconds = 0.1, code = 605 },
  ["never answers"] = { seconds = 120, code = 605 },
}

describe("A command to an FTP server that has died", function()
  local report, reports = wait.report, 0

  before_each(function()
    script.virtual_time()
    reports = 0
    wait.report = function() reports = reports + 1 end
  end)

  after_each(function()
    wait.report = report
    script.real_time()
  end)

  local calls = {
    pwd = {}, size = { "f" }, modified = { "f" }, list = {}, names = {}, entries = {}, cwd = { "d" },
    rename = { "a", "b" }, delete = { "f" }, mkdir = { "d" }, rmdir = { "d" },
  }

  for how, dead in pairs(DEAD) do
    for name, arguments in pairs(calls) do
      it(("fails after at most three logins: %s, a server that %s"):format(name, how), function()
        local died, logins = false, 0
        local modem = assert(hayes.open_port(script.port(script.quectel {
          ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
          ["^AT%+QFTP%u+"] = function(line, port)
            local command = line:match("%+QFTP%u+")
            if command == "+QFTPCFG" then return OK end
            if command == "+QFTPSTAT" then return OK .. "\r\n+QFTPSTAT: 0,4\r\n" end
            if command == "+QFTPCLOSE" then return OK .. "\r\n+QFTPCLOSE: 0,0\r\n" end
            if command == "+QFTPOPEN" then
              if not died then return OK .. "\r\n+QFTPOPEN: 0,0\r\n" end
              logins = logins + 1
              port:say(OK)
              port:say(("\r\n+QFTPOPEN: %d,0\r\n"):format(dead.code), dead.seconds)
              return
            end
            if line:find "COM:" then return "\r\n+CME ERROR: 606\r\n" end
            return OK .. ("\r\n%s: 606,0\r\n"):format(command)
          end,
        }), "script"))
        local told = {}
        local ftp = assert(modem.ftp.open { host = "h", on_retry = function(err, failures, pause)
          told[#told + 1] = { err.origin, failures, pause > 0 }
          error("broken display")
        end })
        died = true
        local began = script.now()
        -- What acts notes the break at first, and logs in at the next call.
        local result, err = ftp[name](ftp, table.unpack(arguments))
        assert.is_nil(result)
        assert.are.same("ftp", err.origin)
        result, err = ftp[name](ftp, table.unpack(arguments))
        assert.is_nil(result)
        assert.are.same(dead.code, err.code)
        assert.are.same({ "ftp", 1, true }, told[1])
        assert.are.same({ "ftp", 2, true }, told[#told])
        assert.are.same(#told, reports)
        assert.is_true(logins <= 6, logins .. " logins")
        assert.is_true(script.now() - began <= 10 + 6 * dead.seconds, ("%g s"):format(script.now() - began))
        modem:close()
      end)
    end
  end
end)

describe("The first login", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  --- A module whose server refuses connections; and how often it has been asked to log in.
  local function open()
    local logins = 0
    local modem = assert(hayes.open_port(script.port(script.quectel {
      ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
      ["^AT%+QFTP%u+"] = function(line)
        local command = line:match("%+QFTP%u+")
        if command == "+QFTPCFG" then return OK end
        if command == "+QFTPSTAT" then return OK .. "\r\n+QFTPSTAT: 0,4\r\n" end
        if command == "+QFTPOPEN" then logins = logins + 1 end
        return OK .. ("\r\n%s: %d,0\r\n"):format(command, command == "+QFTPOPEN" and 605 or 0)
      end,
    }), "script"))
    return modem, function() return logins end
  end

  it("is tried three times, also by calls that open, transfer and close; retries says otherwise", function()
    local ways = {
      open = function(ftp, options)
        options.host = "h"
        return ftp.open(options)
      end,
      get = function(ftp, options) return ftp.get("ftp://h/f", nil, options) end,
      put = function(ftp, options) return ftp.put("ftp://h/f", { data = "x" }, options) end,
    }
    for name, way in pairs(ways) do
      for retries, expected in pairs { [false] = 3, [0] = 1, [4] = 5 } do
        local modem <close>, logins = open()
        local done, err = way(modem.ftp, { retries = retries or nil })
        assert.is_nil(done)
        assert.are.same({ 605, expected }, { err.code, logins() }, name)
      end
    end
  end)
end)

