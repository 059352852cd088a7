-- A connection in data mode has the line. What others wait for has an end all the same, and says why; and the line goes
-- from one to the other fairly where it may.

local errors = require "hayes.error"
local hayes = require "hayes"
local Module = require "support.stream_module"
local script = require "support.script"

describe("While a connection keeps the line in data mode,", function()
  local module, modem
  local opened -- one that nobody holds would be collected, and closed

  before_each(function()
    script.virtual_time()
    module, opened = Module.new(), {}
    modem = assert(hayes.open_port(module.port, "script"))
    module.port.delay = 0.02
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function open(mode, escape)
    local sock = assert(modem.tcp.open("server.example", 7, { mode = mode, escape = escape }))
    opened[#opened + 1] = sock
    return sock
  end

  --- What this task gives, within so many seconds, while another one is there that could free the line.
  local function beside(seconds, f)
    local result
    hayes.run(function()
      local task = hayes.spawn(function() return table.pack(f()) end)
      local ok, err = task:join(seconds)
      assert.is_true(ok, tostring(err))
      result = err
    end)
    return result
  end

  local function assert_held(err)
    assert.is_true(errors.is(err), tostring(err))
    assert.are.same("timeout", err.name)
    assert.is_truthy(err.message:find("transparent mode has the line", 1, true), err.message)
    assert.is_truthy(err.hint:find("escape()", 1, true), err.hint)
  end

  describe("a call of another task", function()
    local ssl = { verify = "none", check_time = false }
    local calls = {
      ["tcp.open"] = function(timeout) return modem.tcp.open("h", 7, { timeout = timeout }) end,
      ["udp.open"] = function(timeout) return modem.udp.open("h", 7, { timeout = timeout }) end,
      ["ssl.open"] = function(timeout)
        return modem.ssl.open("h", 443, { verify = "none", check_time = false, timeout = timeout })
      end,
      ["ssl.configure"] = function() return modem.ssl.configure(0, ssl) end,
      ["ssl.sockets"] = function() return modem.ssl.sockets() end,
      ["network.resolve"] = function() return modem.network.resolve("h") end,
      ["network.resolve with a time-out"] = function() return modem.network.resolve("h", { timeout = 2 }) end,
      ["network.dns"] = function() return modem.network.dns() end,
      ["network.detach"] = function() return modem.network.detach() end,
      ["file.space"] = function() return modem.file.space() end,
      ["modem:query"] = function() return modem:query("AT+CSQ") end,
    }

    for name, call in pairs(calls) do
      it("ends with a time-out that says why: " .. name, function()
        open("transparent")
        local result = beside(200, call)
        assert.is_nil(result[1])
        assert_held(result[2])
      end)

      if name:find("open") then
        it("ends when its own time-out says so: " .. name, function()
          local kept = open("transparent")
          local sent = #module.port.log
          local began = hayes.now()
          local result = beside(100, function() return call(2.5) end)
          assert.is_nil(result[1])
          assert_held(result[2])
          assert.is_true(hayes.now() - began < 2.6)
          assert.are.same(sent, #module.port.log)
          hayes.run(function()
            assert(kept:escape())
            hayes.sleep(30)
            assert.are.same(1, module:open_count())
            assert(open("buffer"):close())
          end)
        end)
      end
    end

    for _, name in ipairs { "state", "getpeername", "getsockname", "receive", "flush", "close" } do
      it("ends when the socket's time-out says so: " .. name, function()
        local sock = open("buffer")
        open("transparent")
        sock:settimeout(2)
        local began = hayes.now()
        local result = beside(100, function()
          if name == "flush" then sock:send("x") end
          return sock[name](sock)
        end)
        assert.are.same({ nil, "timeout" }, { result[1], result[2] })
        assert.is_true(hayes.now() - began < 2.1)
        assert_held(sock:lasterror())
      end)
    end

    it("goes on when the line is freed in time, and its limit counts anew when it is kept again", function()
      local sock = open("transparent")
      hayes.run(function()
        local task = hayes.spawn(function() return modem:query("AT+CSQ") end)
        hayes.sleep(1)
        assert(sock:escape())
        local _, fields = assert(task:join(5))
        assert.are.same(22, fields.rssi)
      end)
    end)

    it("that was in line already when data mode began has the same end", function()
      hayes.run(function()
        local opening = hayes.spawn(open, "transparent")
        local task = hayes.spawn(function() return modem:query("AT+CSQ") end)
        assert(opening:join(10))
        local _, fields, err = assert(task:join(100))
        assert(fields or err.name == "timeout")
      end)
    end)
  end)

  describe("a program that nobody else can help", function()
    local function assert_deadlock(err)
      assert.is_true(errors.is(err), tostring(err))
      assert.are.same("busy", err.name)
      assert.is_truthy(err.message:find("nobody else can end that", 1, true), err.message)
      assert.is_truthy(err.hint:find("escape()", 1, true))
    end

    local function each_call(other)
      local began = hayes.now()
      for _, call in ipairs {
        function() return modem:at("AT+CSQ") end, function() return modem:query("AT+CSQ") end,
        function() return modem.tcp.open("h", 7) end, function() return modem.file.space() end,
      } do
        local ok, err = call()
        assert.is_nil(ok)
        assert_deadlock(err)
      end
      for _, name in ipairs { "receive", "getsockname", "state", "getpeername", "close" } do
        local ok, err = other[name](other)
        assert.are.same({ nil, "timeout" }, { ok, err }, name)
        assert_deadlock(other:lasterror())
      end
      assert.is_true(hayes.now() - began < 1)
    end

    it("is told so at once: a plain script", function()
      local other, sock = open("buffer"), open("transparent")
      each_call(other)
      assert(sock:escape())
      assert.is_truthy(modem:at("AT+CSQ"))
      hayes.sleep(1)
      assert.are.same(1, module:open_count()) -- close() went on
    end)

    it("is told so at once: the only task", function()
      local other, sock = open("buffer"), open("transparent")
      hayes.run(function()
        each_call(other)
        assert(sock:escape())
        assert.is_truthy(modem:at("AT+CSQ"))
      end)
    end)

    it("waits as long as it says", function()
      open("transparent")
      local began = hayes.now()
      local ok, err = modem:at("AT+CSQ", { timeout = 3 })
      assert.is_nil(ok)
      assert_held(err)
      assert.is_true(hayes.now() - began >= 3)
    end)
  end)

  it("a connection that was given up since the module did not leave data mode is closed in the module later", function()
    local sock = open("transparent")
    module.deaf = true
    sock:settimeout(60)
    local ok, err = sock:escape()
    assert.is_nil(ok)
    assert.are.same("no_answer", err.name)
    sock:close()
    hayes.sleep(300)
    assert.are.same(1, module:open_count())
    module.deaf, module.online = false, nil
    hayes.sleep(120)
    assert.are.same(0, module:open_count())
    assert(open("buffer"))
  end)

  it('escape = "auto" gives everybody a turn: commands without a pause, and what is sent and received', function()
    local sock = open("transparent", "auto")
    local server = module.all[1]
    local commands, received = { 0, 0 }, 0
    local ends = hayes.now() + 120
    hayes.run(function()
      for i = 1, 2 do
        hayes.spawn(function()
          while hayes.now() < ends do
            assert(modem:at("AT+CSQ"))
            commands[i] = commands[i] + 1
          end
        end)
      end
      hayes.spawn(function()
        while hayes.now() < ends do
          sock:send(("x"):rep(100))
          assert(sock:flush())
          hayes.sleep(0.01) -- what the line takes for it
        end
      end)
      hayes.spawn(function()
        while hayes.now() < ends do
          module:send(server, "y")
          hayes.sleep(1)
        end
      end)
      sock:settimeout(10)
      while hayes.now() < ends and sock:receive(1) do received = received + 1 end
    end)
    assert.is_true(commands[1] >= 10 and commands[2] >= 10, table.concat(commands, ", "))
    assert.is_true(#server.got:gsub("[^x]", "") >= 1000, #server.got)
    assert.is_true(received >= 100, received)
  end)
end)
