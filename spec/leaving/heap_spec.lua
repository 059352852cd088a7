-- A wait that has ended early, because its task was cancelled or its time was up, leaves nothing behind: no memory and
-- no timer, however often. HAYES_ROUNDS: how often each call of a service is left (60).

local builtin = require "hayes.loop.builtin"
local calls = require "support.calls"
local hayes = require "hayes"
local Lock = require "hayes.lock"
local script = require "support.script"
local StreamModule = require "support.stream_module"
local wait = require "hayes.wait"
local WifiModule = require "support.wifi_module"

local ROUNDS = math.tointeger(tonumber(os.getenv("HAYES_ROUNDS"))) or 60
local WAITS = 10000

local function heap(port)
  -- What the spec's own end has recorded does not count.
  if port then port.log, port.lines = {}, {} end
  if port and port.module then port.module.log, port.module.opened_in = {}, {} end
  for _ = 1, 3 do collectgarbage() end
  return collectgarbage "count" * 1024
end

--- What a round leaves, in bytes. A table that has become larger does so once: the least of three measurements counts.
local function left_by(port, rounds, once)
  for _ = 1, 10 do once() end
  local least = math.huge
  for _ = 1, 3 do
    local before = heap(port)
    for _ = 1, rounds // 3 do once() end
    least = math.min(least, (heap(port) - before) / (rounds // 3))
    if least <= 0 then break end
  end
  return least
end

describe("A wait that has ended early leaves nothing behind:", function()
  local modem, timers

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  local function open(port, delay)
    port.delay = delay or 0.01
    modem = assert(hayes.open_port(port, "script", { timeout = 3 }))
  end

  --- A task that waits in f is cancelled so many seconds later.
  local function cancelled(f, seconds)
    return function()
      local task = hayes.spawn(f)
      hayes.sleep(seconds or 0)
      task:cancel()
      task:join()
    end
  end

  local function check(once, rounds)
    hayes.run(function()
      hayes.sleep(10)
      timers = builtin.timers()
      local bytes = left_by(modem and modem.port, rounds or WAITS, once)
      -- A table that grows by doubling may fall into all three measurements.
      assert.is_true(bytes < 8, ("%.1f bytes each"):format(bytes))
      assert.is_true(builtin.timers() <= timers + 2, ("%d timers"):format(builtin.timers()))
    end)
  end

  it("hayes.sleep", function()
    check(cancelled(function() hayes.sleep(1e6) end))
  end)

  it("task:join", function()
    hayes.run(function()
      local endless = hayes.spawn(hayes.sleep, 1e9)
      check(function() endless:join(0.001) end)
      check(cancelled(function() endless:join(1e6) end))
      endless:cancel()
    end)
  end)

  it("a lock", function()
    local lock = Lock.new()
    hayes.run(function()
      local _held <close> = lock:take()
      check(function() lock:take(wait.now() + 0.001) end)
      check(cancelled(function() lock:take(wait.now() + 1e6) end))
    end)
  end)

  it("a waiter of several tasks", function()
    local waiter = wait.waiter()
    hayes.run(function()
      local others = { hayes.spawn(waiter.wait, waiter), hayes.spawn(waiter.wait, waiter) }
      check(function() waiter:wait(wait.now() + 0.001) end)
      check(cancelled(function() waiter:wait(wait.now() + 1e6) end))
      for _, task in ipairs(others) do task:cancel() end
    end)
  end)

  it("modem:wait, in a task and in none", function()
    open(script.port(script.quectel()))
    check(function() modem:wait("+QIND", 0.001) end)
    check(cancelled(function() modem:wait("+QIND", 1e6) end))
    check(function()
      modem.port:say("\r\n+QIND: SMS DONE\r\n", 0.001)
      modem:wait("+QIND", 1e6)
    end)
    for _ = 1, 10 do modem:wait("+QIND", 0.001) end
    local bytes = left_by(modem.port, WAITS, function() modem:wait("+QIND", 0.001) end)
    assert.is_true(bytes < 8, debug.traceback(("%.1f bytes each"):format(bytes)))
  end)

  it("modem:at, under way and in the queue", function()
    local port = script.port(script.quectel { ["AT+CSQ"] = "\r\n+CSQ: 1,2\r\n\r\nOK\r\n" })
    open(port)
    check(cancelled(function() modem:at("AT+CSQ", { timeout = 1e4 }) end), 600)
    check(cancelled(function() modem:at("AT+CSQ") end, 0.005), 600)
    check(function()
      local first = hayes.spawn(function() modem:at("AT+CSQ") end)
      hayes.sleep(0)
      assert.is_nil((modem:at("AT+CSQ", { timeout = 0.001 })))
      cancelled(function() modem:at("AT+CSQ", { timeout = 1e4 }) end)()
      first:join()
    end, 3000)
  end)

  it("modem:at with a long limit, answered at once", function()
    open(script.port(script.quectel { ["AT+CSQ"] = "\r\n+CSQ: 1,2\r\n\r\nOK\r\n" }), 0)
    check(function()
      assert(modem:at("AT+CSQ", { timeout = 80000 }))
      assert(modem:at("AT+CSQ", { timeout = 1 }))
    end, 3000)
  end)

  for _, kind in ipairs { "tcp", "ssl" } do
    it("socket:receive and socket:send: " .. kind, function()
      local module = StreamModule.new()
      open(module.port)
      local sock = hayes.run(function()
        return assert(modem[kind].open("h", kind == "tcp" and 7 or 443,
          kind == "ssl" and { verify = "none", check_time = false } or {}))
      end)
      sock:settimeout(0.001)
      check(function() sock:receive(5) end, 3000)
      sock:settimeout(1e6)
      check(cancelled(function() sock:receive(5) end), 3000)
      check(cancelled(function() sock:receive("*l") end), 3000)
      check(cancelled(function() sock:send("x") end, 0.1), 300)
      check(cancelled(function() sock:flush() end, 0.1), 300)
      hayes.run(function() sock:close() end)
    end)
  end

  it("server:accept", function()
    open(WifiModule.new().port)
    local server = hayes.run(function() return assert(modem.tcp.listen(8080)) end)
    check(function() server:accept(0.001) end, 3000)
    check(cancelled(function() server:accept(1e6) end), 3000)
    hayes.run(function() server:close() end)
  end)

  for _, entry in ipairs(calls) do
    local _, make_port, call = table.unpack(entry)
    it(entry.title, function()
      open(make_port())
      local began = hayes.now()
      hayes.run(call, modem)
      local seconds, moment = hayes.now() - began, 0
      check(function()
        moment = (moment + 1) % 8
        local task = hayes.spawn(call, modem)
        hayes.sleep(seconds * moment / 8)
        task:cancel()
        task:join()
        if not modem:at("AT") then hayes.sleep(60) end
      end, ROUNDS)
    end)
  end
end)
