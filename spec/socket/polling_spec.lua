-- A program that polls turns the loop by it; a socket that is shut in both directions is closed in the module; connect() says
-- LuaSocket's words.

local hayes = require "hayes"
local lab = require "support.lab"
local Module = require "support.stream_module"
local script = require "support.script"
local socket = require "socket"

describe("A socket", function()
  local module, modem, sock

  before_each(function()
    script.virtual_time()
    module = Module.new()
    modem = assert(hayes.open_port(module.port, "script"))
    sock = assert(modem.tcp.open("server.example", 7))
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- Calls f until it gives something else than a time-out, with a pause in which nothing in the library waits.
  local function poll(f)
    for _ = 1, 1000 do
      local results = table.pack(f())
      if results[2] ~= "timeout" then return table.unpack(results, 1, results.n) end
      script.pass(0.01)
    end
    error "nothing has come of a thousand calls"
  end

  for name, seconds in pairs { ["of 0"] = 0, ["that is over at once"] = 1e-9 } do
    it("that is polled with a time-out " .. name .. " gets what comes, and the end", function()
      sock:settimeout(seconds)
      module:send(module.all[1], "a line\nand more")
      assert.are.same("a line", (poll(function() return sock:receive() end)))
      module:hang_up(module.all[1])
      local got = ""
      local _, err = poll(function()
        local bytes, err, part = sock:receive(100)
        got = got .. (bytes or part)
        return bytes, err
      end)
      assert.are.same({ "closed", "and more" }, { err, got })
    end)

    it("that is polled with a time-out " .. name .. " sends, flushes and closes", function()
      sock:settimeout(seconds)
      local bytes, at = ("0123456789"):rep(5000), 0
      poll(function()
        local last, err, part = sock:send(bytes, at + 1)
        at = last or part
        return last, err
      end)
      assert.is_true(poll(function() return sock:flush() end))
      assert.is_true(bytes == module.all[1].got)
      assert.are.same(1, poll(function() return sock:close() end))
      assert.are.same(0, module:open_count())
    end)
  end

  it("in a task that polls lets other tasks go on", function()
    local others = 0
    hayes.run(function()
      sock:settimeout(0)
      local task = hayes.spawn(function()
        for _ = 1, 5 do
          hayes.sleep(0)
          others = others + 1
        end
      end)
      for _ = 1, 20 do assert.are.same({ nil, "timeout", "" }, { sock:receive() }) end
      assert.are.same(5, others)
      task:join()
    end)
  end)

  it("that is polled asks for data whose announcement was lost", function()
    sock:settimeout(0)
    module.all[1].told = true
    module:send(module.all[1], "unannounced\n")
    assert.are.same("unannounced", (poll(function() return sock:receive() end)))
  end)

  for _, calls in ipairs { { "both" }, { "send", "receive" }, { "receive", "send" }, {} } do
    it(("is closed in the module by shutdown(%s)"):format(table.concat(calls, "), shutdown(")), function()
      sock:send("last words")
      for i = 1, math.max(#calls, 1) do assert.are.same(1, sock:shutdown(calls[i])) end
      assert.are.same({ 0, "last words" }, { module:open_count(), module.all[1].got })
      assert.are.same({ { nil, "closed", "" }, { nil, "closed", 0 } }, { { sock:receive() }, { sock:send("x") } })
      assert.are.same(1, sock:close())
    end)
  end
end)

describe("connect()", function()
  it("says LuaSocket's words, and lasterror() tells the rest", function()
    for _, start in ipairs { lab.online, lab.joined } do
      local modem, emulator = start()
      local sock = modem.tcp.factory()()
      assert.are.same({ nil, "connection refused" }, { sock:connect("127.0.0.1", 9) })
      assert.is_number(sock:lasterror().code)
      assert.are.same({ nil, "host or service not provided, or not known" }, { sock:connect("nowhere.invalid", 9) })
      local listener = socket.bind("127.0.0.1", 0)
      local _, port = listener:getsockname()
      assert.are.same(1, sock:connect("127.0.0.1", port)) -- after two that failed
      sock:close()
      listener:close()
      modem:close()
      emulator:close()
    end
  end)
end)
