-- Firmware that does not tell when a client has connected to a server (BW20 P1.0.22): the table of sockets does.

local hayes = require "hayes"
local script = require "support.script"
local WifiModule = require "support.wifi_module"

describe("A server of a module that announces no clients", function()
  local modem, module

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function open(mode)
    module = WifiModule.new { habits = { seeds_unannounced = true } }
    modem = assert(hayes.open_port(module.port, "script"))
    return assert(modem.tcp.listen(8080, { mode = mode }))
  end

  --- Calls accept with so many seconds again and again, up to a minute.
  local function accept(server, seconds)
    local from = script.now()
    repeat
      local sock, err = server:accept(seconds)
      if sock then
        sock:settimeout(10)
        return sock
      end
      assert.are.same("timeout", err)
      hayes.sleep(0.1)
    until script.now() - from > 60
  end

  for _, seconds in ipairs { 0, 0.01, 1, 4, 20 } do
    it(("accepts them, however short the time-outs: %g s"):format(seconds), function()
      local server <close> = open()
      module:client(1)
      assert.is_truthy(accept(server, seconds))
    end)
  end

  it("does not ask the module all the time", function()
    local server <close> = open()
    for _ = 1, 100 do server:accept(0.1) end
    assert.is_true(module:count("AT%+SOCKET%?") <= 3)
  end)

  for _, mode in ipairs { "buffer", "push" } do
    it(("loses nothing of what they send before they are known (%s)"):format(mode), function()
      local server <close> = open(mode)
      local id = module:client(1)
      for i = 1, 3 do module:incoming(id, ("packet %d;"):format(i)) end
      hayes.sleep(0.5)
      module:incoming(id, "more")
      local sock = accept(server, 1)
      assert.are.same("packet 1;packet 2;packet 3;more", sock:receive(31))
    end)

    it(("gives what they have sent although they are gone (%s)"):format(mode), function()
      local server <close> = open(mode)
      local id = module:client(1)
      module:incoming(id, "hello")
      module:hang_up(id)
      local sock = accept(server, 1)
      assert.are.same("hello", sock:receive("*a"))
    end)
  end

  it("knows several of them apart", function()
    local server <close> = open "push"
    local first, second = module:client(1), module:client(1)
    module:incoming(second, "second")
    module:incoming(first, "first")
    local got = {}
    for _ = 1, 2 do
      local sock = accept(server, 1)
      got[#got + 1] = sock:receive(5)
    end
    table.sort(got)
    assert.are.same({ "first", "secon" }, got)
  end)

  it("takes nothing of connections that are not its own", function()
    local server <close> = open "push"
    local id = module:add { type = 4, host = "192.168.1.9", port = 80 }
    module:incoming(id, "of another program")
    assert.are.same("timeout", (select(2, server:accept(20))))
  end)
end)
