-- What table_spec.lua holds of Quectel modules, of Ai-Thinker modules: a task that leaves in the middle of a call leaves
-- nothing half done.

local hayes = require "hayes"
local leaving = require "support.leaving"
local Module = require "support.wifi_module"
local script = require "support.script"

local SENT, cancel_at = leaving.BYTES, leaving.cancel_at

describe("A task that leaves, with an Ai-Thinker module,", function()
  local module, modem

  local function start()
    module = Module.new()
    modem = assert(hayes.open_port(module.port, "script"))
    module.port.delay = 0.02
  end

  local function open(mode) return modem.tcp.open("server.example", 7, { mode = mode }) end

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  --- The module answers, has no connection, and takes as many as it can.
  local function all_given_back(what)
    hayes.sleep(30)
    assert.is_truthy(modem:at("AT"), what)
    assert.is_nil(next(module.sockets), what)
    local socks = {}
    for i = 1, 5 do socks[i] = assert(open("buffer")) end
    for i = 1, 5 do assert.are.same(1, socks[i]:close(), what) end
  end

  local function each_moment(last, step, f)
    leaving.each_moment(last, step, function()
      start()
      return modem
    end, f)
  end

  for _, mode in ipairs { "buffer", "push", "transparent" } do
    local where = " in " .. mode .. " mode"
    local step = mode == "transparent" and 0.11 or 0.01

    it("while it opens a socket leaves no connection:" .. where, function()
      each_moment(0.4, 0.01, function(at)
        cancel_at(at, function()
          local _sock <close> = assert(open(mode))
        end)
        all_given_back(("at %.2f"):format(at))
      end)
    end)

    it("while it closes one leaves the connection closed, and what was sent has gone out:" .. where, function()
      each_moment(mode == "transparent" and 4 or 0.4, step, function(at)
        local sock = assert(open(mode))
        local socket = module.sockets[1]
        sock:send(SENT)
        cancel_at(at, function() sock:close() end)
        assert.are.same(1, sock:close())
        assert.are.same(SENT, mode == "transparent" and module.through or socket.got, at)
        all_given_back(("at %.2f"):format(at))
      end)
    end)

    it("in receive() leaves no hole in what is read after it:" .. where, function()
      each_moment(0.4, 0.01, function(at)
        local sock = assert(open(mode))
        local got = {}
        local function incoming(from, to)
          if mode == "transparent" then return module.port:say(SENT:sub(from, to)) end
          for i = from, to, 300 do module:incoming(1, SENT:sub(i, math.min(i + 299, to))) end
        end
        incoming(1, 3000)
        cancel_at(at, function()
          while true do got[#got + 1] = assert(sock:receive(100)) end
        end)
        incoming(3001, #SENT)
        sock:settimeout(20)
        got[#got + 1] = assert(sock:receive(#SENT - #table.concat(got)))
        assert.are.same(SENT, table.concat(got), at)
        assert.are.same(1, sock:close())
        all_given_back(("at %.2f"):format(at))
      end)
    end)

    it("in send() or flush() leaves a stream without a hole, and all of what was taken:" .. where, function()
      each_moment(0.5, 0.01, function(at)
        local sock = assert(open(mode))
        local socket = module.sockets[1]
        local taken = 0
        cancel_at(at, function()
          for i = 1, 3 do
            taken = assert(sock:send(SENT)) * i
            assert(sock:flush())
          end
        end)
        assert(sock:flush())
        local got = mode == "transparent" and module.through or socket.got
        assert.is_true(#got >= taken, at)
        assert.are.same(SENT:rep(3):sub(1, #got), got, at)
        assert.are.same(1, sock:close())
        all_given_back(("at %.2f"):format(at))
      end)
    end)

    it("in switch(), escape() or resume() leaves a connection that can be used: from" .. where, function()
      each_moment(5, 0.11, function(at)
        local sock = assert(open(mode))
        cancel_at(at, function()
          assert(sock:switch("transparent"))
          assert(sock:escape())
          assert(sock:resume())
          assert(sock:switch("push"))
        end)
        assert(sock:switch("buffer"))
        local socket = module.sockets[1]
        sock:send("end")
        assert(sock:flush())
        assert.are.same("end", socket.got, at)
        assert.are.same(1, sock:close())
        all_given_back(("at %.2f"):format(at))
      end)
    end)
  end
end)
