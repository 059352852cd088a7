--- A large send and an answer through copas.connect and copas.wrap, in a thread of copas's beside another that must go on.

local loop = require("support.loops").copas()

local copas = loop.module
local hayes = require "hayes"
local socket = require "socket"

hayes.use "copas"

local bytes = ("0123456789abcdef"):rep(16384) -- 256 KiB
local server = assert(socket.bind("127.0.0.1", 0))
local port = math.tointeger(tonumber((select(2, server:getsockname()))))
server:settimeout(0)

local got, ticks, answer = 0, 0, nil

loop.start(function()
  local peer
  while not answer do
    peer = peer or server:accept()
    if peer then
      peer:settimeout(0)
      local chunk, err, part = peer:receive(8192)
      assert(chunk or err == "timeout", err)
      got = got + #(chunk or part)
      if got == #bytes then
        peer:send "all of it\n"
        got = got + 1
      end
    end
    ticks = ticks + 1
    loop.sleep(0.001)
  end
end)

loop.start(function()
  local emulator = assert(hayes.emulator { resolve = { ["server.example"] = "127.0.0.1:" .. port } })
  local modem = assert(hayes.open(emulator.address))
  assert(modem.network.attach { apn = "internet" })
  local sock = modem.tcp.factory {}()
  local before = ticks
  assert(copas.connect(sock, "server.example", 7))
  assert(ticks > before, "connect blocks")
  local wrapped = copas.wrap(sock)
  before = ticks
  assert(wrapped:send(bytes) == #bytes)
  assert(ticks > before, "send blocks")
  answer = assert(wrapped:receive())
  sock:settimeout(10)
  assert(sock:close())
  modem:close()
  loop.stop()
end)

loop.run()
print(got - 1, answer)
