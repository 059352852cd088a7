-- FTP commands whose results make no sense: an error, and nothing is raised.

local hayes = require "hayes"
local script = require "support.script"

local OK = "\r\nOK\r\n"

--- What stands in the result in place of `0,<what was asked for>`.
local RESULTS = { "", "0", "0,", "0,,", "0,x", '0,""', "0,-", "0,99999999999999999999", "99999999999999999999,0", "-1,0",
  "x", ",", '0,"/a""b', "0,\1", "627,99999999999999999999", "627,x", "627", "0,1.5e3" }

describe("Results of FTP commands that make no sense", function()
  local garbled, modem, ftp

  before_each(function()
    script.virtual_time()
    garbled = nil
    local good = { STAT = "0,1", CLOSE = "0,0", OPEN = "0,0", SIZE = "0,5", MDTM = '0,"20260807141117"', PWD = '0,"/"',
      CWD = "0,0", DEL = "0,0", RENAME = "0,0", MKDIR = "0,0", RMDIR = "0,0", LEN = "0,5" }
    local function result(name, rest)
      return OK .. ("\r\n+QFTP%s: %s\r\n"):format(name, garbled and garbled[name] or rest)
    end
    local commands = { ["^AT%+QFTPCFG"] = OK, ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK }
    for name, rest in pairs(good) do
      commands["^AT%+QFTP" .. name] = function() return result(name, rest) end
    end
    commands["^AT%+QFTPPUT="] = function(line, port)
      port.wanted = { count = tonumber(line:match('"COM:",%d+,(%d+)')), reply = function(bytes)
        return result("PUT", "0," .. #bytes)
      end }
      return "\r\nCONNECT\r\n"
    end
    modem = assert(hayes.open_port(script.port(script.quectel(commands)), "script"))
    ftp = assert(modem.ftp.open { host = "h", retries = 1 })
  end)

  after_each(function()
    garbled = nil
    modem:close()
    script.real_time()
  end)

  local methods = {
    { "STAT", function() return ftp:status() end },
    { "LEN", function() return ftp:transferred() end },
    { "SIZE", function() return ftp:size("f") end },
    { "MDTM", function() return ftp:modified("f") end },
    { "PWD", function() return ftp:pwd() end },
    { "CWD", function() return ftp:cwd("in") end },
    { "DEL", function() return ftp:delete("f") end },
    { "RENAME", function() return ftp:rename("f", "g") end },
    { "MKDIR", function() return ftp:mkdir("f") end },
    { "RMDIR", function() return ftp:rmdir("f") end },
    { "PUT", function() return ftp:put({ data = "hello" }, "f") end },
    { "SIZE", function() return ftp:put({ data = "hello" }, "f") end },
    { "CLOSE", function()
      local ok, err = ftp:close()
      ftp = assert(modem.ftp.open { host = "h", retries = 1 })
      return ok, err
    end },
    { "OPEN", function()
      ftp:close()
      local ok, err = modem.ftp.open { host = "h" }
      ftp = ok or ftp
      return ok, err
    end },
    -- Asked for by the library itself.
    { "STAT", function()
      ftp:close()
      local ok, err = modem.ftp.open { host = "h" }
      ftp = ok or ftp
      return ok, err
    end },
  }

  for i, method in ipairs(methods) do
    it(("give an error, or what can be read out of them: %s (%d)"):format(method[1], i), function()
      for _, text in ipairs(RESULTS) do
        garbled = { [method[1]] = text }
        -- What logs out or in again to mend it gets sense.
        local mend = hayes.spawn(function()
          hayes.sleep(30)
          garbled = nil
        end)
        local called, ok, err = pcall(method[2])
        assert.is_true(called, text .. ": " .. tostring(ok))
        mend:cancel()
        if ok == nil then assert.is_truthy(err and err.message and err.name, text) end
        garbled = nil
        if ftp.closed then ftp = assert(modem.ftp.open { host = "h", retries = 1 }) end
      end
    end)
  end

  it("are no sizes and no states", function()
    garbled = { SIZE = "0," }
    assert.are.same("bad_answer", select(2, ftp:size("f")).name)
    garbled = { STAT = "0,9" }
    assert.are.same("bad_answer", select(2, ftp:status()).name)
    garbled = { LEN = "0,x" }
    assert.are.same("bad_answer", select(2, ftp:transferred()).name)
  end)

  it("nor one of a file of the module whose size was damaged on the line: it is measured again", function()
    local sizes = { 29, 292 }
    local function result(name, rest) return OK .. ("\r\n+QFTP%s: %s\r\n"):format(name, rest) end
    local answers = { ["^AT%+QFTPCFG"] = OK, ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
      ["^AT%+QFTPSTAT"] = function() return result("STAT", "0,4") end,
      ["^AT%+QFTPOPEN"] = function() return result("OPEN", "0,0") end,
      ["^AT%+QFTPCLOSE"] = function() return result("CLOSE", "0,0") end,
      ["^AT%+QFTPSIZE"] = function() return result("SIZE", "622,502") end,
      ["^AT%+QFTPPUT"] = function() return result("PUT", "0,292") end,
      ["^AT%+QFLST"] = function() return ('\r\n+QFLST: "UFS:a",%d\r\n'):format(table.remove(sizes, 1)) .. OK end }
    local other <close> = assert(hayes.open_port(script.port(script.quectel(answers)), "script"))
    local session <close> = assert(other.ftp.open { host = "h", retries = 0 })
    assert.are.same(292, assert(session:put("UFS:a", "a", { resume = false })).bytes)
  end)
end)
