--- Two modules with three sockets, commands, a task of the library's and a timer in somebody else's loop, whose name is the
--- argument. Prints what became of it.

local loops = require "support.loops"
local loop = loops[arg[1]]()

local builtin = require "hayes.loop.builtin"
local hayes = require "hayes"
local socket = require "socket"

hayes.use(arg[1])

local ROUNDS = 20

local server = assert(socket.bind("127.0.0.1", 0))
local port = math.tointeger(tonumber((select(2, server:getsockname()))))
server:settimeout(0)

local done, timers = 0, nil
local jobs = 7 -- three sockets, commands on two modules, a task, and the handler
local function finish() done = done + 1 end

--- Sends back what comes, as a coroutine of the loop's that polls.
local function echo()
  local peers = {}
  while done < jobs do
    local peer = server:accept()
    if peer then
      peer:settimeout(0)
      peers[#peers + 1] = peer
    end
    for _, one in ipairs(peers) do
      local line = one:receive()
      if line then one:send(line .. "\n") end
    end
    loop.sleep(0.001)
  end
  for _, one in ipairs(peers) do one:close() end
end

local function client(modem, name)
  local sock = assert(modem.tcp.open("server.example", 7))
  for i = 1, ROUNDS do
    local line = ("%s %d"):format(name, i):rep(20)
    assert(sock:send(line .. "\n"))
    assert(sock:receive() == line)
  end
  assert(sock:close())
  finish()
end

local function commands(modem)
  for _ = 1, ROUNDS do assert(modem:at "AT+CSQ") end
  finish()
end

local ticks, latest = 0, 0
local function tick()
  while done < jobs do
    local before = hayes.now()
    loop.sleep(0.01)
    if done < jobs then latest = math.max(latest, hayes.now() - before - 0.01) end
    ticks = ticks + 1
  end
end

local function open()
  local emulator = assert(hayes.emulator { resolve = { ["server.example"] = "127.0.0.1:" .. port } })
  local modem = assert(hayes.open(emulator.address))
  modem.emulator = emulator
  assert(modem.network.attach { apn = "internet" })
  return modem
end

loop.start(function()
  local first, second = open(), open()
  loop.start(echo)
  loop.start(tick)
  loop.start(function() client(first, "a") end)
  loop.start(function() client(first, "b") end)
  loop.start(function() client(second, "c") end)
  loop.start(function() commands(first) end)
  loop.start(function() commands(second) end)
  first:on("reboot", function() end)
  local slept = hayes.spawn(function()
    for _ = 1, ROUNDS do hayes.sleep(0.005) end
    finish()
    return "slept"
  end)
  local ended, result = slept:join(60)
  assert(ended and result == "slept")
  local _, timeout = first:wait("+NEVER", 0.05)
  assert(timeout == "timeout")
  finish()
  while done < jobs do hayes.sleep(0.01) end
  loop.start(function() first:wait "+NEVER" end) -- until the modem is closed: the last that leaves the library
  loop.sleep(0.01)
  first:close()
  second:close()
  timers = builtin.timers()
  loop.stop()
end)
loop.run()
server:close()
print(("%d of %d, %s, %d timers left"):format(done, jobs, ticks > 3 and "the timer ran" or "the timer starved", timers))
io.stderr:write(("%s: %d ticks, worst lateness %.1f ms\n"):format(arg[1], ticks, latest * 1000))
