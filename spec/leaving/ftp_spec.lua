-- Uploads of sources without a length (AT+QFTPPUT, ended by the escape sequence), where the line is not free at once and
-- where their tasks leave.

local hayes = require "hayes"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("An FTP upload of an LTN12 source", function()
  local modem, module

  --- In data mode all bytes are the file's, but for three plus signs between two silences.
  local function online(port, bytes)
    local silent = script.now() - module.last >= 1
    module.last = script.now()
    if bytes ~= "+++" or not silent then
      module.file = module.file .. bytes
      return ""
    end
    hayes.spawn(function()
      hayes.sleep(1)
      module.online = false
      port:say(OK .. ("\r\n+QFTPPUT: 0,%d\r\n"):format(#module.file))
    end)
    return ""
  end

  before_each(function()
    script.virtual_time()
    module = { file = "", online = false, last = 0 }
    local function result(name) return OK .. ("\r\n+QFTP%s: 0,0\r\n"):format(name) end
    local commands = script.quectel {
      ["^AT%+QFTPCFG"] = OK, ["AT+QFTPSTAT"] = OK .. "\r\n+QFTPSTAT: 0,1\r\n", ["^AT%+QFTPOPEN"] = result "OPEN",
      ["^AT%+QFTPCWD"] = result "CWD", ["^AT%+QFTPCLOSE"] = result "CLOSE",
      ["^AT%+QFTPSIZE"] = function() return OK .. ("\r\n+QFTPSIZE: 0,%d\r\n"):format(#module.file) end,
      ["^AT%+QFTPPUT"] = function()
        module.online, module.file, module.last = true, "", script.now()
        return "\r\nCONNECT\r\n"
      end,
      ["AT+CPIN?"] = "\r\n+CPIN: READY\r\n" .. OK, ["AT+CEREG?"] = "\r\n+CEREG: 0,1\r\n" .. OK,
      ["AT+CGATT?"] = "\r\n+CGATT: 1\r\n" .. OK, ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
      ["AT+SLOW"] = function(_, port) port:say(OK, 3) end,
    }
    module.port = script.port(function(port, bytes)
      if module.online then return online(port, bytes) end
      return commands(port, bytes)
    end)
    modem = assert(hayes.open_port(module.port, "script"))
    module.port.delay = 0.02
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function source(count)
    return function()
      count = count - 1
      return count >= 0 and "0123456789" or nil
    end
  end

  local function with_session(f)
    hayes.run(function()
      local ftp = assert(modem.ftp.open { host = "server.example", user = "user", password = "pw" })
      f(ftp)
      assert.is_truthy(modem:at("AT"))
      assert(ftp:close())
    end)
  end

  it("waits for its turn, and has the line for itself then", function()
    with_session(function(ftp)
      hayes.spawn(function() modem:at("AT+SLOW") end)
      hayes.sleep(0.1)
      assert.are.same(50, assert(ftp:put(source(5), "up.bin")).bytes)
      assert.are.same(("0123456789"):rep(5), module.file)
    end)
  end)

  it("can be cancelled at every moment, and one behind it works", function()
    with_session(function(ftp)
      for step = 0, 40 do
        local tasks = {}
        for i = 1, 2 do
          tasks[i] = hayes.spawn(function() return ftp:put(source(1000), "up.bin") end)
          hayes.sleep(step * 0.003)
        end
        for i = 1, 2 do
          tasks[i]:cancel()
          tasks[i]:join(60)
        end
        assert.are.same(30, assert(ftp:put(source(3), "up.bin")).bytes)
        assert.are.same(("0123456789"):rep(3), module.file)
      end
    end)
  end)

  it("whose source raises leaves the line to others", function()
    with_session(function(ftp)
      local count = 0
      local task = hayes.spawn(function()
        return ftp:put(function()
          count = count + 1
          if count > 3 then error("broken", 0) end
          return "part"
        end, "up.bin")
      end)
      assert.is_truthy(tostring((select(2, task:join(60)))):find("broken", 1, true))
    end)
  end)
end)
