-- FTP sessions that are given up: while they are opened, while they are closed, or forgotten. The next one can be opened.

local hayes = require "hayes"
local Module = require "support.tls_module"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("An FTP session that is given up", function()
  local module, modem, logged_in

  before_each(function()
    script.virtual_time()
    logged_in = false
    local function result(name, rest) return OK .. ("\r\n+QFTP%s: 0,%s\r\n"):format(name, rest) end
    module = Module.new { commands = { ["AT+QFTPSTAT"] = function() return result("STAT", logged_in and 1 or 4) end,
      ["^AT%+QFTPSIZE="] = result("SIZE", 5), ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
      ["^AT%+QFTPCLOSE"] = function()
        logged_in = false
        return result("CLOSE", 0)
      end,
      ["^AT%+QFTPOPEN="] = function(_, port)
        -- The client refuses a second login.
        if logged_in then return OK .. "\r\n+QFTPOPEN: 603,0\r\n" end
        logged_in = true
        port:say(OK)
        port:say("\r\n+QFTPOPEN: 0,0\r\n", 2)
      end } }
    module.port.delay = 0.02
    modem = assert(hayes.open_port(module.port, "script"))
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function options(more)
    local all = { host = "server.example", retries = 0, tls = "explicit", verify = "none" }
    for name, value in pairs(more or {}) do all[name] = value end
    return all
  end

  --- The settings of each are others, so that none shares an SSL context with the one before.
  local function numbered(i) return options { negotiate_timeout = 20 + i } end

  local function can_be_opened()
    local ftp = assert(modem.ftp.open(options()))
    assert.are.same(5, ftp:size("f"))
    assert.is_true(ftp:close())
    assert.is_false(logged_in)
  end

  it("by a cancelled task, at any time of its opening, leaves the client free", function()
    hayes.run(function()
      local step, whole = 0, false
      repeat
        step = step + 1
        local task = hayes.spawn(function()
          local ftp <close> = assert(modem.ftp.open(numbered(step)))
          whole = true
          return ftp
        end)
        hayes.sleep(step * 0.05)
        task:cancel()
        task:join()
        can_be_opened()
      until whole
      assert.is_true(step > 20, step .. " steps")
    end)
  end)

  it("by an error that is raised gives everything back", function()
    local ensure = modem.clock.ensure
    for i = 1, 10 do
      function modem.clock.ensure() error("raised", 0) end
      local ok, err = pcall(modem.ftp.open, options { verify = "server", ca = "UFS:ca.pem", negotiate_timeout = 20 + i })
      assert.are.same({ false, "raised" }, { ok, err })
      modem.clock.ensure = ensure
      can_be_opened()
    end
  end)

  it("by a task that is cancelled while it has the session leaves nothing behind", function()
    hayes.run(function()
      for i = 1, 10 do
        local task = hayes.spawn(function()
          local ftp <close> = assert(modem.ftp.open(numbered(i)))
          hayes.sleep(100)
          return ftp
        end)
        hayes.sleep(10)
        task:cancel()
        task:join()
        can_be_opened()
      end
    end)
  end)

  it("by a task that is cancelled while it closes the session leaves nothing behind", function()
    hayes.run(function()
      for i = 1, 10 do
        local ftp = assert(modem.ftp.open(numbered(i)))
        local task = hayes.spawn(function() return ftp:close() end)
        hayes.sleep(0.01)
        task:cancel()
        task:join()
        can_be_opened()
      end
    end)
  end)

  it("by being forgotten leaves nothing behind", function()
    for i = 1, 10 do
      do
        local ftp = assert(modem.ftp.open(numbered(i)))
        assert.are.same(5, ftp:size("f"))
      end
      collectgarbage()
      collectgarbage()
      can_be_opened()
    end
  end)

  it("is closed once, by however many tasks, and not in the place of the next one", function()
    hayes.run(function()
      local ftp = assert(modem.ftp.open(options()))
      for _ = 1, 3 do hayes.spawn(function() assert.is_true(ftp:close()) end) end
      hayes.sleep(0.01)
      local second = assert(modem.ftp.open(options()))
      hayes.sleep(10)
      assert.is_true(ftp:close())
      assert.are.same("busy", select(2, modem.ftp.open(options())).name)
      assert.are.same(5, second:size("f"))
      assert.is_true(second:close())
    end)
  end)

  it("while another task uses it, is left when that is done", function()
    hayes.run(function()
      local ftp
      local owner = hayes.spawn(function()
        local held <close> = assert(modem.ftp.open(options()))
        ftp = held
        hayes.sleep(100)
      end)
      hayes.sleep(10)
      local user = hayes.spawn(function() return ftp:size("f") end)
      hayes.sleep(0.01)
      owner:cancel()
      assert.are.same({ true, 5 }, { user:join() })
      owner:join()
      can_be_opened()
      assert.are.same("closed", select(2, ftp:size("f")).name)
    end)
  end)
end)
