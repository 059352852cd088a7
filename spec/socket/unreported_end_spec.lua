-- The line may lose what a module says when a connection has ended. A program that waits for data without a time-out finds
-- out all the same, since the module is asked after a minute of silence.

local hayes = require "hayes"
local script = require "support.script"
local WifiModule = require "support.wifi_module"

local OK = "\r\nOK\r\n"

--- So long at most, seconds.
local SOON = 90

describe("An end that the line has not told", function()
  local modem

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- A Quectel module with a connection of either kind; `state`: its <socket_state>, false: it is not there; `asked`:
  --- how often it was.
  local function open_quectel()
    local module = { state = 2, asked = 0, answers = {} }
    local function row(form)
      return function()
        module.asked = module.asked + 1
        local state = module.answers[module.asked]
        if state == nil then state = module.state end
        return state and form:format(state) .. OK or OK
      end
    end
    module.port = script.port(script.quectel {
      ["AT+QISTATE"] = OK, ["AT+QSSLSTATE"] = OK, ["^AT%+QICFG="] = OK, ["^AT%+QSSLCFG="] = OK, ["^AT%+QICLOSE="] = OK,
      ["^AT%+QIOPEN="] = function(_, at)
        at:say(OK)
        at:say("\r\n+QIOPEN: 0,0\r\n", 0.1)
      end,
      ["^AT%+QIRD="] = "\r\n+QIRD: 0\r\n" .. OK,
      ["AT+QISTATE=1,0"] = row '\r\n+QISTATE: 0,"TCP","10.0.0.1",80,0,%d,1,0,1,"usbat"\r\n',
    })
    modem = assert(hayes.open_port(module.port, "script"))
    return module
  end

  local function open_wifi()
    local module = WifiModule.new()
    modem = assert(hayes.open_port(module.port, "script"))
    return module
  end

  --- What receive() gives, which waits without a time-out, and the name of the error.
  local function wait_for_end(sock)
    local from = script.now()
    local _, err = sock:receive(1)
    assert.is_true(script.now() - from < SOON)
    return err, sock:lasterror().name
  end

  for _, mode in ipairs { "buffer", "push" } do
    it(("is found by asking a Quectel module (%s)"):format(mode), function()
      local module = open_quectel()
      hayes.run(function()
        local sock = assert(modem.tcp.open("h", 80, { mode = mode }))
        module.state = 4
        assert.are.same({ "closed", "closed" }, { wait_for_end(sock) })
        sock:close()
      end)
    end)

    it(("is no clean end where a Quectel module does not have the connection (%s)"):format(mode), function()
      local module = open_quectel()
      hayes.run(function()
        local sock = assert(modem.tcp.open("h", 80, { mode = mode }))
        module.state = false
        assert.are.same({ "closed", "short_read" }, { wait_for_end(sock) })
        sock:close()
      end)
    end)

    it(("is found by asking an Ai-Thinker module, which still has data (%s)"):format(mode), function()
      local module = open_wifi()
      hayes.run(function()
        local sock = assert(modem.tcp.open("h", 80, { mode = mode }))
        module.sockets[1].packets, module.sockets[1].status = { "bye" }, 127
        assert.are.same("bye", sock:receive(3))
        assert.are.same({ "closed", "closed" }, { wait_for_end(sock) })
        sock:close()
      end)
      assert.are.same({}, module.sockets)
    end)

    it(("is no clean end where an Ai-Thinker module does not have the connection (%s)"):format(mode), function()
      local module = open_wifi()
      hayes.run(function()
        local sock = assert(modem.tcp.open("h", 80, { mode = mode }))
        module.sockets[1] = nil
        local err, name = wait_for_end(sock)
        assert.are.same("closed", err)
        assert.are_not.same("closed", name)
        sock:close()
      end)
    end)

    it(("is found although the calls are short (%s)"):format(mode), function()
      local module = open_wifi()
      hayes.run(function()
        local sock = assert(modem.tcp.open("h", 80, { mode = mode }))
        module.sockets[1].status = 127
        local from = script.now()
        local err
        sock:settimeout(0.5)
        repeat err = select(2, sock:receive(1)) until err ~= "timeout" or script.now() - from > SOON
        assert.are.same("closed", err)
        sock:close()
      end)
    end)
  end

  -- One answer is damaged on the line, of a connection that is up.
  for what, damaged in pairs { ["a lost row"] = false, ["a changed digit"] = 4 } do
    it(("is not made up of %s in the answer of a module"):format(what), function()
      local module = open_quectel()
      module.answers[1] = damaged
      hayes.run(function()
        local sock = assert(modem.tcp.open("h", 80, { mode = "push" }))
        sock:settimeout(200)
        local receiving = hayes.spawn(sock.receive, sock, 2)
        hayes.sleep(150)
        module.port:say '\r\n+QIURC: "recv",0,2\r\nhi\r\n'
        assert.are.same("hi", select(2, receiving:join()))
        sock:close()
      end)
      assert.are.same(3, module.asked)
    end)
  end

  it("is not looked for while data comes", function()
    local module = open_quectel()
    hayes.run(function()
      local sock = assert(modem.tcp.open("h", 80, { mode = "push" }))
      local receiving = hayes.spawn(sock.receive, sock, 10)
      for _ = 1, 5 do
        hayes.sleep(50)
        module.port:say '\r\n+QIURC: "recv",0,2\r\nhi\r\n'
      end
      assert.are.same("hihihihihi", select(2, receiving:join()))
      sock:close()
    end)
    assert.are.same(0, module.asked)
  end)

  it("is that of a server, too: nobody waits for clients of one that an Ai-Thinker module does not have", function()
    local module = open_wifi()
    hayes.run(function()
      local server = assert(modem.tcp.listen(80))
      module.sockets[1] = nil
      assert.are.same({ nil, "closed" }, { server:accept(SOON) })
      server:close()
    end)
  end)

  for _, mode in ipairs { "buffer", "push" } do
    it(("is found in the table of a module that says OK alone, with the connection (%s)"):format(mode), function()
      local module
      module = WifiModule.new { commands = { ["AT+SOCKET=4,h,80"] = function()
        table.insert(module.sockets[module:add { type = 4, host = "h", port = 80, status = 127 }].packets, "bye")
        return OK
      end } }
      module:add { type = 4, host = "other", port = 81, status = 127 }
      modem = assert(hayes.open_port(module.port, "script"))
      hayes.run(function()
        local sock = assert(modem.tcp.open("h", 80, { mode = mode }))
        sock:settimeout(10)
        assert.are.same({ nil, "closed", "bye" }, { sock:receive(10) })
        sock:close()
      end)
    end)
  end
end)
