-- Refusals of an FTP server: the same code is final before anything has succeeded, and behind a broken link it may be the
-- old session, which the server takes for alive.

local ftp_lab = require "support.ftp_lab"
local Module = require "support.ftp_module"
local script = require "support.script"

local BYTES = ftp_lab.bytes(50000)
local OK = "\r\nOK\r\n"

describe("An FTP server's refusal", function()
  local module, modem

  before_each(function()
    script.virtual_time()
    module = Module.new()
    modem = module:open()
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- The next so many commands like this are answered so.
  local function refuse(command, answer, times)
    function module.fault(line)
      if times == 0 or not line:find(command, 1, true) then return end
      times = times - 1
      return answer
    end
  end

  local function cut_once()
    function module.takes(number, bytes) return number == 1 and bytes:sub(1, 20000) or bytes end
    module.broken = "606,0"
  end

  local logins = { ["too many connections"] = "625,530", ["shut down"] = "614,421", ["no network"] = "605,0",
    ["no name"] = "604,0", ["not available"] = "617,450" }

  for what, code in pairs(logins) do
    it("of a login after a cut is waited out: " .. what, function()
      local ftp = assert(modem.ftp.open { host = "h" })
      cut_once()
      refuse("QFTPOPEN", OK .. ("\r\n+QFTPOPEN: %s\r\n"):format(code), 8)
      assert(ftp:put({ data = BYTES }, "f", { resume = true }))
      assert.is_true(module.files.f == BYTES)
    end)

    it("of the first login is final or tried again: " .. what, function()
      refuse("QFTPOPEN", OK .. ("\r\n+QFTPOPEN: %s\r\n"):format(code), 8)
      local began = script.now()
      local ftp, err = modem.ftp.open { host = "h" }
      assert.is_nil(ftp)
      local is_final = code == "625,530"
      assert.are.same(tonumber(code:match("%d+")), err.code)
      assert.are.same(is_final and 1 or 3, module:count "QFTPOPEN")
      assert.is_true(script.now() - began < 60)
      if is_final then return end
      ftp = assert(modem.ftp.open { host = "h", retries = 10 })
      assert(ftp:close())
      refuse("QFTPOPEN", OK .. ("\r\n+QFTPOPEN: %s\r\n"):format(code), 8)
      assert(modem.ftp.put("ftp://h/f", { data = BYTES }, { retries = 10 }))
    end)
  end

  for what, answer in pairs { ["with its code"] = OK .. "\r\n+QFTPPUT: 627,550\r\n", ["not allowed"] = OK
    .. "\r\n+QFTPPUT: 627,553\r\n", ["without its code"] = "\r\n+CME ERROR: 627\r\n" } do
    it("of a file that the broken session still holds is waited out: " .. what, function()
      local ftp = assert(modem.ftp.open { host = "h" })
      cut_once()
      local times = 5
      function module.fault(line)
        if #module.puts == 0 or times == 0 or not line:find("QFTPPUT", 1, true) then return end
        times = times - 1
        return answer
      end
      assert(ftp:put({ data = BYTES }, "f", { resume = true }))
      assert.is_true(module.files.f == BYTES and times == 0)
    end)

    it("of a file is final at once where nothing has broken: " .. what, function()
      local ftp = assert(modem.ftp.open { host = "h" })
      refuse("QFTPPUT", answer, 5)
      local done, err = ftp:put({ data = BYTES }, "f", { resume = true })
      assert.is_nil(done)
      assert.are.same(627, err.code)
      assert.are.same(1, module:count "QFTPPUT")
    end)
  end

  it("with a reply code of success is a broken transfer, and no missing file", function()
    for _, code in ipairs { "627,150", "627,226" } do
      local ftp = assert(modem.ftp.open { host = "h" })
      module.files.down, module.files.f = BYTES, nil
      refuse("QFTPGET", OK .. ("\r\n+QFTPGET: %s\r\n"):format(code), 1)
      assert.is_true(ftp:get "down" == BYTES)
      refuse("QFTPPUT", OK .. ("\r\n+QFTPPUT: %s\r\n"):format(code), 1)
      assert(ftp:put({ data = BYTES }, "f", { resume = true }))
      assert.is_true(module.files.f == BYTES)
      assert(ftp:close())
    end
  end)
end)
