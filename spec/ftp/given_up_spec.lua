-- Transfers that give up because of a broken link: the session is logged in again by the next call, where that is needed.

local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local Module = require "support.ftp_module"
local script = require "support.script"

local BYTES = ftp_lab.bytes(50000)

describe("An FTP session whose link broke in a transfer that was not tried again", function()
  local module, modem, ftp

  before_each(function()
    script.virtual_time()
    module = Module.new()
    modem = module:open()
    ftp = assert(modem.ftp.open { host = "h" })
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function source()
    local left = 5
    return function()
      left = left - 1
      return left >= 0 and BYTES:sub(1, 10000) or nil
    end
  end

  --- The control connection breaks at the next command like this: whatever comes before a new login fails.
  local function break_at(command)
    local is_broken = false
    function module.fault(line)
      if not line:find("QFTP", 1, true) then return nil end
      if line:find("QFTPCLOSE", 1, true) then is_broken, command = false, "none" end
      is_broken = is_broken or line:find(command, 1, true)
      if not is_broken or line:find("QFTPSTAT", 1, true) then return nil end
      return "\r\n+CME ERROR: 606\r\n"
    end
  end

  local transfers = {
    ["a source"] = { "QFTPPUT", function() return ftp:put(source(), "f") end },
    ["a source in pieces"] = { "QFTPPUT", function() return ftp:put(source(), "f", { piece = 20000 }) end },
    ["data, without resume"] = { "QFTPPUT", function() return ftp:put({ data = BYTES }, "f", { resume = false }) end },
    ["data, without retries"] = { "QFTPPUT", function() return ftp:put({ data = BYTES }, "f", { retries = 0 }) end },
    ["a download, without retries"] = { "QFTPGET", function() return ftp:get("down", nil, { retries = 0 }) end },
    ["a download, without resume"] = { "QFTPGET", function() return ftp:get("down", nil, { resume = false }) end },
  }

  for name, transfer in pairs(transfers) do
    it("logs in again for the next one: " .. name, function()
      module.files.down = BYTES
      break_at(transfer[1])
      local done, err = transfer[2]()
      assert.are.same({ nil, 606 }, { done, err.code })
      assert.is_nil(tostring(err):find("attempts", 1, true), tostring(err))
      done, err = transfer[2]()
      assert(done, tostring(err))
      assert.are.same(2, module:count "QFTPOPEN")
    end)
  end

  it("counts the attempts that did not get beyond the login", function()
    function module.fault(line)
      return line:find("QFTPOPEN", 1, true) and "\r\nOK\r\n\r\n+QFTPOPEN: 605,0\r\n"
        or line:find("QFTPPUT", 1, true) and "\r\n+CME ERROR: 606\r\n" or nil
    end
    local done, err = ftp:put({ data = BYTES }, "f", { resume = true, retries = 3 })
    assert.are.same({ nil, 605, 4 }, { done, err.code, err.attempts })
    assert.is_truthy(tostring(err):find("given up after 4 attempts: logging in to h:21", 1, true), tostring(err))
  end)

  it("logs out where it was logging in again when its task was cancelled", function()
    local logs_in = false
    function module.fault(line)
      logs_in = logs_in or line:find("QFTPOPEN", 1, true)
      return line:find("QFTPOPEN", 1, true) and "\r\nOK\r\n" or nil
    end
    hayes.run(function()
      module.logged_in = false
      module.port:say("\r\nRDY\r\n", 0.1)
      assert(modem:wait("reboot", 10))
      local task = hayes.spawn(function() ftp:put({ data = BYTES }, "f", { retries = 3 }) end)
      while not logs_in do hayes.sleep(0.1) end
      hayes.sleep(0.5)
      task:cancel()
      task:join()
      module.fault, module.logged_in = nil, true
      module.port:say("\r\n+QFTPOPEN: 0,0\r\n", 1)
      assert.is_true(ftp:close())
      hayes.sleep(5)
    end)
    assert.is_false(module.logged_in)
  end)

  for answer, what in pairs { ["\r\nOK\r\n"] = "the result", [""] = "the answer" } do
    it(("logs in again soon though %s of a look at its state was lost"):format(what), function()
      function module.fault(line) return line == "AT+QFTPSTAT" and answer or nil end
      assert.are.same("timeout", select(2, ftp:status()).name)
      break_at "QFTPSIZE"
      module.files.f = "hello"
      local began = script.now()
      assert.are.same(5, ftp:size "f")
      assert.is_true(ftp:close())
      assert.is_true(script.now() - began < 60, script.now() - began .. " s")
    end)
  end

  for answer, what in pairs { ["\r\nOK\r\n"] = "the result", [""] = "the answer" } do
    it(("goes on soon with a download that broke, though %s of the look at the state is lost"):format(what), function()
      module.files.down = BYTES
      function module.breaks(number) return number == 1 and 10 or nil end
      function module.fault(line) return line == "AT+QFTPSTAT" and answer or nil end
      local began = script.now()
      assert.are.same(BYTES, ftp:get "down")
      assert.is_true(script.now() - began < 60, script.now() - began .. " s")
    end)
  end

  it("logs out where the data of a download that was cancelled looks like a restart", function()
    function module.fault(line) return line:find("QFTPGET", 1, true) and "" or nil end
    module.files.down = BYTES
    hayes.run(function()
      local task = hayes.spawn(function() ftp:get("down") end)
      while module:count "QFTPGET" == 0 do hayes.sleep(0.01) end
      task:cancel()
      task:join()
      module.port:say("\r\nCONNECT\r\nlog of the server\r\nRDY\r\n", 0.01)
      assert(modem:wait("reboot", 10))
      assert.is_true(ftp:close())
    end)
    assert.is_false(module.logged_in)
  end)

  it("logs out at the next close() where the first one has failed", function()
    function module.fault(line) return line:find("QFTPSTAT", 1, true) and "\r\nERROR\r\n" end
    assert.is_nil((ftp:close()))
    module.fault = nil
    assert.is_true(ftp:close())
    assert.is_false(module.logged_in)
    local lines = #module.lines
    assert.is_true(ftp:close())
    assert.are.same(lines, #module.lines)
  end)
end)
