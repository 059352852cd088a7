--- How connections share a module's line: ratios of one run, on a module in software whose line has a speed. Four
--- downloads beside each other against one of the same size; a small request beside a large one, in times that a chunk
--- takes; a download beside a peer that reads nothing against one alone. Usage: sharing.lua [KIB [BAUD]]

package.path = "spec/?.lua;" .. package.path

local hayes = require "hayes"
local Process = require "support.process"

local KIB, BAUD = tonumber(arg[1] or 1024), tonumber(arg[2] or 3000000)
local CHUNK = 1500 -- what one AT+QIRD gives
local TURNS = 3

local port = Process.free_port()
local peer <close> = Process.start { "python3", "spec/bench/peer.py", port } -- luacheck: ignore
Process.wait_for_port(port)
local emulator <close> = assert(hayes.emulator { baud = BAUD, resolve = { ["peer.example"] = "127.0.0.1" } })
local modem <close> = assert(hayes.open(emulator.address))
assert(modem.network.attach { apn = "internet" })

local function connect() return assert(modem.tcp.open("peer.example", port)) end

local function request(sock, bytes)
  assert(sock:send(bytes .. "\n"))
  local left = bytes
  while left > 0 do left = left - #assert(sock:receive(math.min(left, 16384))) end
end

--- Seconds until all of these are done, beside each other.
local function time(...)
  local begin, tasks = hayes.now(), {}
  for i, f in ipairs { ... } do tasks[i] = hayes.spawn(f) end
  for _, task in ipairs(tasks) do assert(task:join()) end
  return hayes.now() - begin
end

local function median(values)
  table.sort(values)
  return values[(#values + 1) // 2]
end

--- The median of several turns' ratios, in each of which both are timed.
local function ratio(f, g)
  local ratios = {}
  for i = 1, TURNS do ratios[i] = f() / g() end
  return median(ratios)
end

hayes.run(function()
  local socks = { connect(), connect(), connect(), connect() }
  local bytes = KIB << 10

  local function download(sock, count) return function() request(sock, count) end end
  local function alone() return time(download(socks[1], bytes)) end

  print(("four downloads of %d KiB against one of %d KiB   %.2f of its time"):format(KIB // 4, KIB, ratio(function()
    return time(download(socks[1], bytes // 4), download(socks[2], bytes // 4), download(socks[3], bytes // 4),
      download(socks[4], bytes // 4))
  end, alone)))

  local chunk = CHUNK * alone() / bytes
  local waits = {}
  time(download(socks[1], bytes), function()
    for i = 1, 41 do
      local begin = hayes.now()
      request(socks[2], 10)
      waits[i] = hayes.now() - begin
      hayes.sleep(0.01)
    end
  end)
  local half = median(waits)
  print(("a small request beside a large one               %.1f chunks' time (median), %.1f (at most)"):format(
    half / chunk, waits[#waits] / chunk))

  local before = median { alone(), alone(), alone() }
  assert(socks[4]:send "deaf\n")
  hayes.spawn(function() socks[4]:send(("y"):rep(64 << 20)) end)
  local sent, last = 0, -1
  while sent ~= last do -- the far end's buffers are not full yet
    hayes.sleep(1)
    sent, last = select(2, socks[4]:getstats()), sent
  end
  print(("a download beside a peer that reads nothing      %.2f of its time alone"):format(
    median { alone(), alone(), alone() } / before))
  os.exit(0) -- close() would wait for the peer
end)
