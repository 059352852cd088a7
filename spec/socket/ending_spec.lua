-- What a program has sent goes out when it ends, in whatever way, or a line on stderr says how much did not.

local cqueues_socket = require "cqueues.socket"
local errno = require "cqueues.errno"
local folders = require "support.folder"
local hayes = require "hayes"
local Module = require "support.stream_module"
local script = require "support.script"
local socket = require "socket"

describe("What was sent before a program", function()
  local folder, server, port

  setup(function() folder = folders.new "ending" end)

  before_each(function()
    server = assert(socket.bind("127.0.0.1", 0))
    port = math.tointeger(tonumber((select(2, server:getsockname()))))
  end)

  after_each(function() server:close() end)

  --- Runs a program that has put more into the queue than the line has taken yet. Gives what the peer got, what it printed.
  local function run(ending, count)
    local path = folder .. "/program.lua"
    local file = assert(io.open(path, "w"))
    file:write(([[
      local hayes = require "hayes"
      local emulator = hayes.emulator { resolve = { ["server.example"] = "127.0.0.1:%d" } }
      local modem = assert(hayes.open(emulator.address))
      assert(modem.network.attach { apn = "internet" })
      local sock = assert(modem.tcp.open("server.example", 7))
      sock:settimeout(0)
      assert(sock:send(("0123456789"):rep(800)))
      %s
    ]]):format(port, ending))
    file:close()
    local program = io.popen(("LUA_PATH='%s' LUA_CPATH='%s' lua5.4 %s 2>&1"):format(package.path, package.cpath, path))
    server:settimeout(60)
    local peer = assert(server:accept())
    peer:settimeout(60)
    local got = peer:receive(count or 8000)
    local printed = program:read("a")
    program:close()
    peer:close()
    return got, printed
  end

  for name, ending in pairs {
    ["ends"] = "",
    ["calls os.exit"] = "os.exit(0)",
    ["calls os.exit and closes the state"] = "os.exit(0, true)",
    ["calls os.exit in a task"] = "hayes.run(function() hayes.sleep(0) os.exit(0) end)",
    ["calls os.exit in a coroutine of its own"] = "coroutine.wrap(function() os.exit(0) end)()",
    ["closes the modem and exits"] = "modem:close() os.exit(0)",
    ["drops the modem with all that belongs to it"] =
      "modem, sock = nil, nil for _ = 1, 3 do collectgarbage() end hayes.sleep(1)",
    ["drops the socket"] = "sock = nil for _ = 1, 3 do collectgarbage() end hayes.sleep(1) os.exit(0)",
    ["closes the socket and exits"] = "sock:close() os.exit(0)",
  } do
    it(name .. " arrives", function()
      local got, printed = run(ending)
      assert.is_true(got == ("0123456789"):rep(800))
      assert.are.same("", printed)
    end)

    it(name .. " arrives, with what is in the descriptor of the socket", function()
      local got, printed = run([[
        local stream = require("cqueues.socket").fdopen(assert(sock:descriptor()))
        stream:setmode("b", "bf")
        assert(stream:write(("0123456789"):rep(4000)))
        assert(stream:flush())
      ]] .. ending, 48000)
      assert.is_true(got == ("0123456789"):rep(4800))
      assert.are.same("", printed)
    end)
  end

  it("calls os.exit while another task is inside a send() arrives, with all of that send()", function()
    local got, printed = run([[
      hayes.run(function()
        hayes.spawn(function()
          sock:settimeout(nil)
          sock:send(("0123456789"):rep(4000))
        end)
        hayes.sleep(0)
        os.exit(0)
      end)]], 48000)
    assert.is_true(got == ("0123456789"):rep(4800))
    assert.are.same("", printed)
  end)

  it("raises arrives", function()
    local got, printed = run "error 'the program is wrong'"
    assert.is_true(got == ("0123456789"):rep(800))
    assert.is_truthy(printed:find "the program is wrong")
    assert.is_nil(printed:find "not sent")
  end)
end)

describe("A modem that is closed", function()
  local LINE = "hayes: %d bytes of tcp: server.example:7 were not sent before the end\n"
  local module, modem, sock, stderr, written

  before_each(function()
    script.virtual_time()
    module = Module.new()
    modem = assert(hayes.open_port(module.port, "script"))
    sock = assert(modem.tcp.open("server.example", 7))
    stderr, written = io.stderr, {}
    io.stderr = { write = function(_, ...) written[#written + 1] = table.concat { ... } end } -- luacheck: ignore
  end)

  after_each(function()
    io.stderr = stderr -- luacheck: ignore
    modem:close()
    script.real_time()
  end)

  it("sends what is queued before", function()
    sock:settimeout(0)
    sock:send(("x"):rep(5000))
    modem:close()
    assert.are.same(5000, #module.all[1].got)
    assert.are.same({}, written)
  end)

  it("says in one line what could not be sent, after a while", function()
    module.full = true
    sock:settimeout(0)
    sock:send(("x"):rep(5000))
    local before = script.now()
    modem:close()
    assert.is_true(script.now() - before <= 3)
    assert.are.same({ LINE:format(5000) }, written)
  end)

  it("does so in a task that is cancelled, too", function()
    module.full = true
    sock:settimeout(0)
    hayes.run(function()
      local task = hayes.spawn(function()
        local _modem <close> = modem
        sock:send(("x"):rep(5000))
        hayes.sleep(100)
      end)
      hayes.sleep(0.1)
      task:cancel()
      task:join()
    end)
    assert.are.same(1, #written)
    assert.is_truthy(tostring(modem):find "closed")
  end)

  describe("while a connection is in data mode,", function()
    before_each(function() sock = assert(modem.tcp.open("server.example", 8, { mode = "transparent" })) end)

    it("sends what is queued, and leaves data mode", function()
      sock:settimeout(0)
      sock:send(("x"):rep(5000))
      modem:close()
      assert.are.same(("x"):rep(5000), module.all[2].got)
      assert.is_nil(module.online)
      assert.are.same({}, written)
    end)

    it("leaves data mode when the connection is resumed at that moment, too", function()
      assert(sock:escape())
      module.port.delay = 0.5
      hayes.run(function()
        local resuming = hayes.spawn(function() sock:resume() end)
        hayes.sleep(0.1)
        modem:close()
        resuming:join()
      end)
      assert.is_nil(module.online)
    end)

    it("closes the port even if the module does not leave data mode", function()
      module.deaf = true
      local before = script.now()
      modem:close()
      assert.is_true(script.now() - before <= 6)
      assert.is_truthy(tostring(modem):find "closed")
    end)
  end)

  --- Closes the modem in one task while another is inside a send() of so many bytes. Gives what that send() returns.
  local function close_during_send(count)
    local got
    hayes.run(function()
      local sending = hayes.spawn(function()
        got = table.pack(sock:send(("x"):rep(count)))
      end)
      hayes.sleep(0.05)
      modem:close()
      sending:join()
    end)
    return table.unpack(got, 1, got.n)
  end

  it("sends before all of a send() that another task is inside, too", function()
    module.port.delay = 0.005
    assert.are.same(60000, (close_during_send(60000)))
    assert.are.same(60000, #module.all[1].got)
    assert.are.same({}, written)
  end)

  it("says how much of a send() that another task is inside could not be sent", function()
    module.port.delay = 0.02
    local before = script.now()
    close_during_send(500000)
    assert.is_true(script.now() - before > 1.9)
    local sent = #module.all[1].got
    assert.is_true(sent > 0)
    assert.are.same({ LINE:format(500000 - sent) }, written)
  end)

  it("says how much of what was in the descriptor of a socket could not be sent, and takes no more there", function()
    module.full = true
    local stream = cqueues_socket.fdopen(assert(sock:descriptor()))
    stream:setmode("b", "bn")
    stream:write(("x"):rep(30000))
    modem:close()
    assert.are.same({ LINE:format(30000) }, written)
    stream:onerror(function(_, _, err) return err end)
    assert.are.same(errno.EPIPE, select(2, stream:write "more"))
    stream:close()
  end)

  it("takes nothing more while it sends what is queued", function()
    module.port.delay = 0.005
    local taken, word = 0, nil
    hayes.run(function()
      local sending = hayes.spawn(function()
        local last
        repeat
          last, word = sock:send(("x"):rep(1000))
          taken = taken + (last or 0)
        until not last
      end)
      hayes.sleep(0.05)
      modem:close()
      sending:join()
    end)
    assert.are.same("closed", word)
    assert.are.same("the modem on script was closed", tostring(sock:lasterror()))
    assert.are.same(taken, #module.all[1].got)
    assert.are.same({}, written)
  end)

  --- The module hangs up while it has a part of what was queued.
  local function lose(bytes)
    module.full = true
    sock:settimeout(0)
    sock:send(("x"):rep(bytes))
    module:hang_up(module.all[1])
    module.servers.tcp[module.all[1].id] = nil
    hayes.sleep(1)
  end

  it("says what a connection that failed before has lost, if the program has not heard of it", function()
    lose(5000)
    modem:close()
    assert.are.same({ LINE:format(5000) }, written)
  end)

  for name, f in pairs {
    ["send()"] = function() assert.are.same("closed", select(2, sock:send "more")) end,
    ["flush()"] = function() assert.are.same("closed", select(2, sock:flush())) end,
    ["receive()"] = function() assert.are.same("closed", select(2, sock:receive())) end,
    ["close()"] = function() assert.are.same("closed", select(2, sock:close())) end,
  } do
    it("does not repeat what " .. name .. " has told the program of a connection that failed", function()
      lose(5000)
      sock:settimeout(nil)
      f()
      modem:close()
      sock = nil
      for _ = 1, 3 do collectgarbage() end
      assert.are.same({}, written)
    end)
  end

  it("says what a connection that failed before has lost when its socket is collected, or left by <close>", function()
    lose(5000)
    do local _closed <close> = sock end
    assert.are.same({}, written)
    sock = nil
    for _ = 1, 3 do
      hayes.sleep(1)
      collectgarbage()
    end
    assert.are.same({ LINE:format(5000) }, written)
  end)

  it("waits for a datagram that another task is sending", function()
    local datagrams = assert(modem.ssl.open("server.example", 7, { verify = "none", dtls = "1.2", timeout = 10 }))
    module.port.delay = 0.1
    local sent
    hayes.run(function()
      local sending = hayes.spawn(function() sent = datagrams:send "a datagram" end)
      hayes.sleep(0) -- the task has called send(), and nothing else has been done
      modem:close()
      sending:join()
    end)
    assert.are.same({ 10, "a datagram" }, { sent, module.all[2].got })
  end)

  it("says it of a socket that was dropped in command mode", function()
    sock = nil
    local transparent = assert(modem.tcp.open("server.example", 7, { mode = "transparent" }))
    assert(transparent:escape())
    transparent:settimeout(0)
    transparent:send "lost"
    transparent = nil -- luacheck: ignore
    for _ = 1, 3 do
      hayes.sleep(1)
      collectgarbage()
    end
    assert.are.same({ "hayes: 4 bytes of tcp: server.example:7 were not sent before the end\n" }, written)
  end)
end)
