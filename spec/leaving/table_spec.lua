-- A task that leaves in the middle of a call, because it is cancelled or its time is up, leaves nothing half done: of
-- each call that waits, at every moment of it. Afterwards streams have no hole, the module answers, no connection is
-- left over, and as many can be opened as before.

local hayes = require "hayes"
local leaving = require "support.leaving"
local Module = require "support.stream_module"
local script = require "support.script"

local SENT, cancel_at = leaving.BYTES, leaving.cancel_at

local kinds = { tcp = 7, ssl = 443 }

describe("A task that leaves", function()
  local module, modem

  local function start(options)
    module = Module.new(options)
    modem = assert(hayes.open_port(module.port, "script"))
    module.port.delay = 0.02
  end

  local function open(kind, mode)
    local options = { mode = mode }
    if kind == "ssl" then options.verify, options.check_time = "none", false end
    return modem[kind].open("server.example", kinds[kind], options)
  end

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  --- All is well: the module answers, has no connection, and takes as many as it can.
  local function all_given_back(what)
    hayes.sleep(30)
    assert.is_truthy(modem:at("AT+QISTATE"), what)
    assert.are.same(0, module:open_count(), what)
    for _, kind in ipairs { "tcp", "ssl" } do
      local socks = {}
      for i = 1, 6 do
        local err
        socks[i], err = open(kind, "buffer")
        assert(socks[i], ("%s: %s"):format(what, err))
      end
      for i = 1, 6 do assert.are.same(1, socks[i]:close(), what) end
    end
    assert.are.same(0, module:open_count(), what)
  end

  local function each_moment(last, step, options, f)
    leaving.each_moment(last, step, function()
      start(options)
      return modem
    end, f)
  end

  for kind in pairs(kinds) do
    for _, mode in ipairs { "buffer", "push", "transparent" } do
      local where = (" of a %s socket in %s mode"):format(kind, mode)
      local slow = mode == "transparent" and 2.5 or 0

      it("while it opens one leaves no connection:" .. where, function()
        each_moment(0.6 + slow, 0.01, nil, function(at)
          cancel_at(at, function()
            local _sock <close> = assert(open(kind, mode))
          end)
          all_given_back(("at %.2f"):format(at))
        end)
      end)

      it("while it closes leaves the connection closed:" .. where, function()
        each_moment(0.2 + slow, 0.01, nil, function(at)
          local sock = assert(open(kind, mode))
          sock:send(SENT)
          cancel_at(at, function() sock:close() end)
          assert.are.same(1, sock:close())
          assert.are.same(SENT, module.all[1].got, at)
          all_given_back(("at %.2f"):format(at))
        end)
      end)

      for name, read in pairs {
        ["receivepartial()"] = function(sock) return sock:receivepartial() end,
        ["receive(100)"] = function(sock) return sock:receive(100) end,
        ['receive "*a"'] = function(sock) return sock:receive("*a") end,
      } do
        it("in " .. name .. " leaves no hole in what is read after it:" .. where, function()
          each_moment(0.3, 0.01, { most = 400 }, function(at)
            local sock = assert(open(kind, mode))
            local got = {}
            module:send(module.all[1], SENT:sub(1, 3000))
            cancel_at(at, function()
              while true do
                local bytes = read(sock)
                if not bytes then return end
                got[#got + 1] = bytes
              end
            end)
            module:send(module.all[1], SENT:sub(3001))
            if mode ~= "transparent" then module:hang_up(module.all[1]) end
            sock:settimeout(20)
            got[#got + 1] = mode == "transparent" and assert(sock:receive(#SENT - #table.concat(got)))
              or assert(sock:receive("*a"))
            assert.are.same(SENT, table.concat(got), at)
            sock:close()
            all_given_back(("at %.2f"):format(at))
          end)
        end)
      end

      it("in send() or flush() leaves a stream without a hole, and all of what was taken:" .. where, function()
        each_moment(0.4, 0.01, nil, function(at)
          local sock = assert(open(kind, mode))
          local taken = 0
          cancel_at(at, function()
            for i = 1, 5 do
              taken = assert(sock:send(SENT)) * i
              assert(sock:flush())
            end
          end)
          assert(sock:flush())
          local got = module.all[1].got
          assert.is_true(#got >= taken, at)
          assert.are.same(SENT:rep(5):sub(1, #got), got, at)
          assert.are.same(1, sock:close())
          all_given_back(("at %.2f"):format(at))
        end)
      end)

      if mode == "transparent" then
        it("in escape() or resume() leaves a connection that can be used:" .. where, function()
          each_moment(6, 0.13, nil, function(at)
            local sock = assert(open(kind, mode))
            cancel_at(at, function()
              for _ = 1, 2 do
                assert(sock:escape())
                assert(modem:at("AT+QISTATE"))
                assert(sock:resume())
                sock:send("x")
                assert(sock:flush())
              end
            end)
            assert(sock:resume())
            sock:send("end")
            assert(sock:flush())
            assert.is_truthy(module.all[1].got:find("^x*end$"), at)
            assert(sock:escape())
            assert.is_truthy(modem:at("AT+QISTATE"), at)
            assert.are.same(1, sock:close())
            all_given_back(("at %.2f"):format(at))
          end)
        end)
      end
    end

    it("in switch() leaves a connection in one mode or the other, without a hole: of a " .. kind .. " socket", function()
      each_moment(5, 0.11, { most = 400 }, function(at)
        local sock = assert(open(kind, "buffer"))
        module:send(module.all[1], SENT:sub(1, 2000))
        cancel_at(at, function()
          for _, mode in ipairs { "push", "transparent", "buffer" } do assert(sock:switch(mode)) end
        end)
        assert(sock:switch("buffer"))
        module:send(module.all[1], SENT:sub(2001))
        sock:settimeout(20)
        assert.are.same(SENT, sock:receive(#SENT), at)
        assert.are.same(1, sock:close())
        all_given_back(("at %.2f"):format(at))
      end)
    end)
  end

  it("because its time is up gets that word in time, and what was under way goes on", function()
    for _, delay in ipairs { 0.05, 0.5, 3 } do
      start()
      hayes.run(function()
        local sock = assert(open("tcp", "buffer"))
        module.port.delay = delay
        for _, call in ipairs {
          function() return sock:receive(10) end, function() return sock:receivepartial() end,
          function() return sock:receive("*a") end, function() return sock:receive() end,
          function()
            sock:send(SENT)
            return sock:flush()
          end,
          function() return sock:close() end,
        } do
          sock:settimeout(delay / 2)
          local began = hayes.now()
          local ok, err = call()
          assert.are.same({ nil, "timeout" }, { ok, err })
          assert.is_true(hayes.now() - began < delay)
        end
        sock:settimeout(nil)
        assert.are.same(1, sock:close())
        assert.are.same(SENT, module.all[1].got)
        module.port.delay = 0.02
        all_given_back("with a delay of " .. delay)
      end)
      modem:close()
    end
  end)
end)
