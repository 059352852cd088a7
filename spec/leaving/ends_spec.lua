-- An end is an end for everybody who waits for the connection, at once, with its reason; and what two tasks do to one
-- socket never makes a call raise.

local hayes = require "hayes"
local Module = require "support.stream_module"
local raises = require "support.raises"
local script = require "support.script"
local wait = require "hayes.wait"

local kinds = { tcp = 7, ssl = 443 }

for kind in pairs(kinds) do
  describe("The end of a " .. kind .. " socket", function()
    local module, modem, reports

    local function start(options, delay)
      module = Module.new(options)
      modem = assert(hayes.open_port(module.port, "script"))
      module.port.delay = delay or 0.02
    end

    local function open(mode)
      local options = { mode = mode }
      if kind == "ssl" then options.verify, options.check_time = "none", false end
      return assert(modem[kind].open("server.example", kinds[kind], options))
    end

    before_each(function()
      script.virtual_time()
      reports = {}
      stub(wait, "report", function(what, err) reports[#reports + 1] = what .. ": " .. tostring(err) end)
    end)

    after_each(function()
      if modem then modem:close() end
      modem = nil
      wait.report:revert()
      script.real_time()
      assert.are.same({}, reports)
    end)

    --- Each of these tasks, which wait without a time-out, ends within a second of f().
    local function ends(f, ...)
      local tasks = {}
      for i, call in ipairs { ... } do tasks[i] = hayes.spawn(call) end
      hayes.sleep(7)
      f()
      local results = {}
      for i, task in ipairs(tasks) do
        local result = table.pack(task:join(1))
        assert.is_true(result[1], ("call %d still waits: %s"):format(i, result[2]))
        results[i] = result
      end
      return results
    end

    for _, mode in ipairs { "buffer", "push" } do
      it("is told to a receive that waits when a send fails in the background, in " .. mode .. " mode", function()
        start { refuses = true }
        hayes.run(function()
          local sock = open(mode)
          local results = ends(function() sock:send("x") end, function() return sock:receive() end,
            function() return sock:receive("*a") end)
          for _, result in ipairs(results) do assert.are.same({ nil, "closed" }, { result[2], result[3] }) end
          assert.is_not_nil(sock:lasterror())
          sock:close()
        end)
      end)

      it("is told to a receive that waits when another task closes the socket, in " .. mode .. " mode", function()
        start()
        hayes.run(function()
          local sock = open(mode)
          local results = ends(function() assert.are.same(1, sock:close()) end, function() return sock:receive() end,
            function() return sock:receivepartial() end, function() return sock:receive("*a") end)
          for _, result in ipairs(results) do assert.are.same({ nil, "closed" }, { result[2], result[3] }) end
        end)
      end)

      for how, f in pairs {
        ["when the network takes the data connection away, and the module says no more"] = function()
          module.port:say('\r\n+QIURC: "pdpdeact",1\r\n')
        end,
        ["when the program detaches"] = function() assert(modem.network.detach()) end,
        ["when the program attaches with another access point"] = function()
          assert(modem.network.attach { apn = "other" })
        end,
      } do
        it("is told to everybody " .. how .. ", in " .. mode .. " mode", function()
          start()
          hayes.run(function()
            local sock = open(mode)
            local results = ends(f, function() return sock:receive() end, function() return sock:receive("*a") end)
            for _, result in ipairs(results) do assert.are.same({ nil, "closed" }, { result[2], result[3] }) end
            assert.are.same(570, sock:lasterror().code)
            sock:send("x")
            assert.are.same({ nil, "closed" }, { sock:flush() })
            sock:close()
            assert.are.same(0, module:open_count())
          end)
        end)
      end
    end

    it("comes when its time-out says so, with a server that sends before it reads", function()
      start { full = true }
      hayes.run(function()
        local sock = open("buffer")
        module:send(module.all[1], ("0123456789"):rep(1000))
        sock:settimeout(1)
        local began, sent, err
        repeat
          began = hayes.now()
          sent, err = sock:send(("x"):rep(1460))
        until not sent
        assert.are.same("timeout", err)
        assert.is_true(hayes.now() - began <= 1.1)
        assert.are.same(("0123456789"):rep(1000), sock:receive(10000))
        began = hayes.now()
        assert.are.same({ nil, "timeout" }, { sock:flush() })
        assert.are.same({ nil, "timeout" }, { sock:close() })
        assert.is_true(hayes.now() - began <= 2.1)
        module.full = false
        sock:settimeout(nil)
        assert.are.same(1, sock:close())
      end)
    end)

    it("is not needed where the host is too long for a command: nothing is sent, and nothing stays taken", function()
      start()
      local sent = #module.port.log
      for _ = 1, 13 do
        assert.are.same(kind .. ".open: the host is 2000 bytes long; it must be at most 255", raises(function()
          modem[kind].open(("h"):rep(2000), kinds[kind], kind == "ssl" and { verify = "none" } or nil)
        end))
      end
      assert.are.same(sent, #module.port.log)
      hayes.run(function() open("buffer"):close() end)
    end)

    it("closes the descriptor of getfd() without an error, however much comes then", function()
      start { greeting = ("x"):rep(40000) }
      hayes.run(function()
        for _ = 1, 5 do
          local sock = open("buffer")
          assert.is_true(sock:getfd() >= 0)
          hayes.sleep(0.03)
          sock:close()
        end
        hayes.sleep(5)
      end)
    end)

    it("may be looked for by many tasks at once, and none of their calls raises", function()
      for step = 0, 30 do
        start { greeting = ("x"):rep(3000) }
        hayes.run(function()
          local sock = open("transparent")
          local calls = {
            function() return sock:receive(100) end, function() return sock:receivepartial() end,
            function() return sock:escape() end, function() return sock:resume() end,
            function() return sock:switch("buffer") end, function() return sock:send("x") end,
            function() return sock:flush() end, function() return sock:close() end,
          }
          local tasks = {}
          for i = 1, #calls do
            local call = calls[(i * 5 + step) % #calls + 1]
            tasks[i] = hayes.spawn(function()
              local ok, err = pcall(call)
              assert(ok or tostring(err):find("this is for transparent mode", 1, true), err)
            end)
            hayes.sleep(step * 0.05)
          end
          for _, task in ipairs(tasks) do assert(task:join(200)) end
          sock:close()
          assert.are.same(0, module:open_count())
        end)
        modem:close()
      end
    end)

    it("does not come from sending while the line is out of data mode: that waits for resume()", function()
      start()
      hayes.run(function()
        local sock = open("transparent")
        assert(sock:escape())
        assert.are.same(5, sock:send("first"))
        assert.are.same({ nil, "command_mode" }, { sock:flush() })
        assert.are.same("command_mode", sock:lasterror().name)
        assert.are.same(6, sock:send("second"))
        assert.is_truthy(modem:at("AT+QISTATE"))
        assert(sock:resume())
        assert(sock:flush())
        assert.are.same("firstsecond", module.all[1].got)
        assert.are.same(1, sock:close())
      end)
    end)

    it("that the server makes in transparent mode is told to all that is done after it", function()
      start()
      hayes.run(function()
        local sock = open("transparent")
        module:hang_up(module.all[1])
        hayes.sleep(5)
        sock:settimeout(5)
        local ok, err = sock:switch("buffer")
        assert.is_nil(ok)
        assert.are.same("closed", err.name)
        sock:send("x")
        assert.are.same({ nil, "closed" }, { sock:flush() })
        assert.is_nil((sock:escape()))
        assert.is_nil((sock:resume()))
        assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
        sock:close()
        assert.is_truthy(modem:at("AT+QISTATE"))
        assert.are.same(0, module:open_count())
      end)
    end)
  end)
end
