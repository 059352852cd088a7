-- Data mode, in virtual time, against a module that follows the note to the letter: one second of silence, three plus
-- signs, one second of silence.

local hayes = require "hayes"
local Module = require "support.stream_module"
local script = require "support.script"

describe("In data mode", function()
  local modem, port, module

  before_each(function() script.virtual_time() end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- What the module does with bytes in data mode: the escape sequence between two silences, all else goes to the peer.
  local function online(at, bytes)
    local now = script.now()
    local silent = now - module.last >= 1
    module.last = now
    if bytes == "+++" and silent then
      hayes.spawn(function()
        hayes.sleep(1)
        module.online = false
        at:say("\r\nOK\r\n")
      end)
    else
      module.peer = module.peer .. bytes
    end
    return ""
  end

  local function open(options)
    module = { online = false, last = 0, peer = "" }
    local commands = script.quectel {
      ["^AT%+QICFG="] = "\r\nOK\r\n", ["AT+QISTATE"] = "\r\nOK\r\n", ["AT+QICLOSE=0"] = "\r\nOK\r\n",
      ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n",
      ["^AT%+QIOPEN="] = function()
        module.online, module.last = true, script.now()
        return "\r\nCONNECT\r\n"
      end,
      ["ATO"] = function()
        if module.gone then return "\r\nNO CARRIER\r\n" end
        module.online, module.last = true, script.now()
        return "\r\nCONNECT\r\n"
      end,
      ["+++AT"] = "\r\nERROR\r\n", ["AT&D1"] = "\r\nOK\r\n",
      ["^AT%+QISWTMD="] = "\r\nOK\r\n", ["AT+QSSLSTATE=0"] = "\r\nOK\r\n",
    }
    port = script.port(function(at, bytes)
      if module.online then return online(at, bytes) end
      return commands(at, bytes)
    end)
    modem = assert(hayes.open_port(port, "script"))
    options = options or {}
    options.mode = "transparent"
    local sock = assert(modem.tcp.open("server.example", 7, options))
    sock:settimeout(10)
    return sock
  end

  local tricky = "\r\nNO CARRIER\r\nx\r\nOK\r\n+++\r\nRDY\r\n+QIURC: \"closed\",0\r\nCONNECT\r\n\0\26\27>"

  it("what looks like the module's words arrives unharmed, however it is cut", function()
    for cut = 1, #tricky do
      local sock = open()
      port:say(tricky:sub(1, cut))
      port:say(tricky:sub(cut + 1), 0.01)
      assert.are.same(tricky, sock:receive(#tricky))
      modem:close()
    end
  end)

  it("35. three plus signs go out as data, however they are sent", function()
    for _, pieces in ipairs { { "+++" }, { "+", "+", "+" }, { "++", "+" }, { "+", "++" }, { "a", "+++" }, { "++++" } } do
      local sock = open()
      hayes.sleep(5)
      for _, piece in ipairs(pieces) do
        sock:send(piece)
        assert(sock:flush())
        hayes.sleep(0.2)
      end
      hayes.sleep(5)
      assert.are.same(table.concat(pieces), module.peer)
      assert.is_true(module.online)
      modem:close()
    end
  end)

  it("NO CARRIER that silence follows is asked about: data that ends with it is data", function()
    local sock = open()
    port:say("the end\r\nNO CARRIER\r\n")
    assert.are.same("the end", sock:receive())
    assert.are.same("NO CARRIER", sock:receive())
    sock:send("still here")
    assert(sock:flush())
    assert.are.same("still here", module.peer)
  end)

  it("NO CARRIER from the module ends the connection, and nothing of it is data", function()
    local sock = open()
    port:say("last words", 0.1)
    hayes.sleep(0.2)
    module.online = false
    port:say("\r\nNO CARRIER\r\n")
    assert.are.same({ nil, "closed", "last words" }, { sock:receive(100) })
    assert.are.same("closed", sock:lasterror().name)
    assert.are.same("+CSQ: 22,99", assert(modem:at("AT+CSQ"))[1])
    assert.are.same(1, sock:close())
  end)

  it("a command that waits for the line is answered when NO CARRIER has freed it", function()
    local sock = open()
    hayes.run(function()
      local waiting = hayes.spawn(function() return modem:at("AT+CSQ") end)
      hayes.sleep(1)
      module.online = false
      port:say("\r\nNO CARRIER\r\n")
      local _, response, err = assert(waiting:join(60))
      assert(response, tostring(err))
      assert.are.same("+CSQ: 22,99", response[1])
    end)
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
  end)

  it("URCs after NO CARRIER are URCs", function()
    local sock = open()
    local seen
    modem:on("+QIURC", function(event) seen = event.line end)
    module.online = false
    port:say('\r\nNO CARRIER\r\n\r\n+QIURC: "pdpdeact",1\r\n')
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    hayes.sleep(1)
    assert.are.same('+QIURC: "pdpdeact",1', seen)
  end)

  it("a restart of the module is noticed", function()
    local sock = open()
    local rebooted = false
    modem:on("reboot", function() rebooted = true end)
    module.online = false
    port:say("\r\nRDY\r\n")
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    hayes.sleep(2)
    assert.is_true(rebooted)
    assert.is_truthy(modem:at("AT+CSQ"))
  end)

  it("commands wait, and go after escape() until resume()", function()
    local sock = open()
    local answer
    local task = hayes.spawn(function() answer = assert(modem:at("AT+CSQ"))[1] end)
    hayes.sleep(60)
    assert.is_nil(answer)
    assert(sock:escape())
    assert(task:join(1))
    assert.are.same("+CSQ: 22,99", answer)
    sock:send("x")
    assert.is_nil((sock:flush()))
    assert.are.same("command_mode", sock:lasterror().name)
    assert(sock:resume())
    assert.are.same(1, sock:close())
    assert.are.same("x", module.peer)
  end)

  it("resume() returns to the connection, or tells that it is gone", function()
    local sock = open()
    assert(sock:escape())
    assert(sock:resume())
    sock:send("back")
    assert(sock:flush())
    assert.are.same("back", module.peer)
    assert(sock:escape())
    module.gone = true
    local ok, err = sock:resume()
    assert.is_nil(ok)
    assert.are.same("closed", err.name)
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
  end)

  it('escape = "auto" lets commands through and returns by itself', function()
    local sock = open { escape = "auto" }
    for i = 1, 3 do
      assert.are.same("+CSQ: 22,99", assert(modem:at("AT+CSQ"))[1])
      sock:send(tostring(i))
      assert(sock:flush())
    end
    assert.are.same("123", module.peer)
    hayes.sleep(1)
    assert.is_true(module.online)
    port:say("answer\n")
    assert.are.same("answer", sock:receive())
  end)

  it("resume() while a doubt is being asked about waits for the answer", function()
    local sock = open()
    port:say("page\r\nNO CARRIER\r\n")
    hayes.sleep(0.3)
    assert(sock:resume())
    assert.are.same("page\r\nNO CARRIER\r\n", sock:receive(18))
    sock:send("on")
    assert(sock:flush())
    assert.is_truthy(module.peer:find("on", 1, true))
  end)

  it("data that comes while the escape sequence is under way is kept", function()
    local sock = open()
    hayes.sleep(2)
    hayes.spawn(function()
      hayes.sleep(0.3)
      port:say("meanwhile\r\nOK\r\n", 0)
    end)
    assert(sock:escape())
    assert(sock:resume())
    assert.are.same("meanwhile", sock:receive())
    assert.are.same("OK", sock:receive())
  end)

  it("DTR is dropped where the port has it", function()
    local lines = {}
    local make = script.port
    script.port = function(answer)
      local made = make(answer)
      function made:dtr(on)
        lines[#lines + 1] = on
        if not on and module.online then
          module.online = false
          self:say("\r\nOK\r\n", 0.01)
        end
        return true
      end
      return made
    end
    local sock = open()
    script.port = make
    assert(sock:escape())
    assert.are.same({ false, true }, lines)
    assert.are.same("", module.peer)
    assert.is_truthy(modem:at("AT+CSQ"))
  end)

  it("switch() goes from one mode to the other", function()
    local sock = open()
    assert(sock:switch("push"))
    assert.are.same("push", sock.mode)
    port:say('\r\n+QIURC: "recv",0,5\r\nhello\r\n')
    assert.are.same("hello", sock:receive(5))
    assert.is_truthy(modem:at("AT+CSQ"))
  end)

  it("the end of the port ends the socket", function()
    local sock = open()
    port:hang_up("unplugged")
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    assert.are.same("port_gone", sock:lasterror().name)
  end)
end)

describe("The line for data mode", function()
  local modem, module

  local function begin()
    module = Module.new { delay = 0.1 }
    modem = assert(hayes.open_port(module.port, "script"))
  end

  before_each(function()
    script.virtual_time()
    begin()
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function open(options)
    options.mode = "transparent"
    return modem.tcp.open("server.example", 7, options)
  end

  --- The connection carries its own bytes, can be escaped from and closed, and leaves a line that carries commands.
  local function is_whole(sock)
    sock:settimeout(30)
    sock:send("own")
    assert(sock:flush())
    assert.are.same("own", module.online.got)
    assert(sock:escape())
    assert(sock:resume())
    assert.are.same(1, sock:close())
    assert(modem:at("AT+CSQ", { timeout = 30 }))
  end

  --- One of two has the line, and the other one was told so at once.
  local function check_one(first, first_err, second, second_err)
    assert.are_not.same(not first, not second)
    local err = first and second_err or first_err
    assert.are.same("busy", err.name)
    assert.is_nil(err.queued)
  end

  for _, escape in ipairs { "manual", "auto" } do
    it("is had by one of two connections that are opened at the same time, escape " .. escape, function()
      for step = 0, 12 do
        modem:close()
        begin()
        hayes.run(function()
          local first, first_err
          local opening = hayes.spawn(function() first, first_err = open { escape = escape } end)
          hayes.sleep(step * 0.05)
          local began = hayes.now()
          local second, second_err = open { escape = escape }
          if not second then assert.is_true(hayes.now() == began) end
          opening:join(60)
          check_one(first, first_err, second, second_err)
          is_whole(first or second)
          assert.are.same(0, module:open_count())
        end)
      end
    end)
  end

  it("is had by one of two connections that are switched at the same time", function()
    hayes.run(function()
      local first = assert(modem.tcp.open("server.example", 7))
      local second = assert(modem.tcp.open("server.example", 7))
      local ok, err
      local switching = hayes.spawn(function() ok, err = first:switch("transparent") end)
      local second_ok, second_err = second:switch("transparent")
      switching:join(60)
      check_one(ok, err, second_ok, second_err)
      is_whole(ok and first or second)
      assert.are.same(1, (ok and second or first):close())
    end)
  end)

  it("is had by one of a TCP and a TLS connection that are opened at the same time", function()
    hayes.run(function()
      local first, first_err
      local opening = hayes.spawn(function()
        first, first_err = modem.ssl.open("server.example", 443, { mode = "transparent", verify = "none" })
      end)
      local second, second_err = open {}
      opening:join(60)
      check_one(first, first_err, second, second_err)
      is_whole(first or second)
    end)
  end)

  it("is had by one of two, of which one is opened while the other is switched", function()
    hayes.run(function()
      local first = assert(modem.tcp.open("server.example", 7))
      local ok, err
      local switching = hayes.spawn(function() ok, err = first:switch("transparent") end)
      local second, second_err = open {}
      switching:join(60)
      check_one(ok, err, second, second_err)
      is_whole(ok and first or second)
    end)
  end)

  for _, leaves in ipairs { "is cancelled", "times out" } do
    it("stays with the connection that has it when another opening " .. leaves, function()
      hayes.run(function()
        local first
        local opening = hayes.spawn(function() first = assert(open {}) end)
        local waiting = hayes.spawn(function() open { timeout = leaves == "times out" and 5 or nil } end)
        opening:join(60)
        hayes.sleep(1)
        if leaves == "is cancelled" then waiting:cancel() end
        hayes.sleep(10)
        is_whole(first)
      end)
    end)
  end

  it("is free for the next one after an opening that nobody waits for any more, at whatever moment", function()
    for step = 0, 30 do
      modem:close()
      begin()
      hayes.run(function()
        local opened
        local opening = hayes.spawn(function() opened = open {} end)
        hayes.sleep(step * 0.03)
        if opened then return end
        opening:cancel()
        is_whole(assert(open {}))
        assert.are.same(0, module:open_count())
      end)
    end
  end)

  it("is free for the next one after the end of a socket that was dropped", function()
    hayes.run(function()
      open {}
      collectgarbage()
      collectgarbage()
      is_whole(assert(open {}))
    end)
  end)
end)
