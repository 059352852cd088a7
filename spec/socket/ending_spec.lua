-- What a program has sent goes out when it ends, in whatever way, or a line on stderr says how much did not.

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
  local function run(ending)
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
    local got = peer:receive(8000)
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
  } do
    it(name .. " arrives", function()
      local got, printed = run(ending)
      assert.is_true(got == ("0123456789"):rep(800))
      assert.are.same("", printed)
    end)
  end

  it("raises arrives", function()
    local got, printed = run "error 'the program is wrong'"
    assert.is_true(got == ("0123456789"):rep(800))
    assert.is_truthy(printed:find "the program is wrong")
    assert.is_nil(printed:find "not sent")
  end)
end)

describe("A modem that is closed", function()
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
    assert.are.same({ "hayes: 5000 bytes of tcp: server.example:7 were not sent before the end\n" }, written)
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
