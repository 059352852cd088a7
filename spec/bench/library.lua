--- The same as raw.c through the library. Usage: library.lua PTY at|read|send ROUNDS; prints seconds.

local hayes = require "hayes"

local address, what, rounds = arg[1], arg[2], tonumber(arg[3])

local modem = assert(hayes.open(address))

local work = {}

function work.at()
  for _ = 1, rounds do assert(modem:at("AT+CSQ")) end
end

local function open()
  return assert(modem.ssl.open("server.example", 443, { verify = "none" }))
end

function work.read()
  local sock = open()
  local started = hayes.now()
  for _ = 1, rounds do assert(#sock:receive(1500) == 1500) end
  return started
end

function work.send()
  local sock = open()
  local bytes = ("y"):rep(1460)
  local started = hayes.now()
  for _ = 1, rounds do assert(sock:send(bytes)) end
  assert(sock:flush())
  return started
end

local started = hayes.now()
started = work[what]() or started
print(("%.6f"):format(hayes.now() - started))
modem:close()
