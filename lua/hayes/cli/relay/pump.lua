--- Bytes between a client on this machine and a connection of the module, both ways.

local wait = require "hayes.wait"

local pump = {}

--- How long the far end may be silent after the client has said its last word, seconds. The module cannot close one
--- direction alone, so the far end is not told.
local AFTER_HALF_CLOSE = 10

local CHUNK = 16384

--- Ends the connection once the far end has been silent for so long. What waits for it is already in receive(), which
--- a new time-out would not reach. A client that reads slowly is no silence.
local function end_when_silent(socket, count)
  local received
  repeat
    received = count.received
    wait.sleep(AFTER_HALF_CLOSE)
  until count.waiting and count.received == received
  count.silent = true
  socket:close()
end

--- From the client to the module; what the far end was sent. A half-closed client's connection stays.
local function upstream(client, socket, count)
  while true do
    local bytes = client:receive()
    if not bytes then
      socket:flush()
      return end_when_silent(socket, count)
    end
    local sent = socket:send(bytes)
    if not sent then return end
    count.sent = count.sent + #bytes
  end
end

--- From the module to the client, up to the end of either.
local function downstream(client, socket, count)
  while true do
    count.waiting = true
    local bytes, err, rest = socket:receivepartial(CHUNK)
    count.waiting = false
    bytes = bytes or rest
    if bytes and bytes ~= "" then
      if not client:send(bytes) then return "the client has gone" end
      count.received = count.received + #bytes
    end
    if err and count.silent then return "the client has sent all" end
    if err and err ~= "timeout" then return tostring(socket:lasterror() or err) end
  end
end

--- Moves bytes until one side ends. Both stay open.
---@param client hayes.cli.peer
---@param socket hayes.socket
---@return { sent: integer, received: integer, reason: string }
function pump.run(client, socket)
  local count = { sent = 0, received = 0, waiting = false, silent = false }
  local up = wait.spawn(upstream, client, socket, count)
  count.reason = downstream(client, socket, count)
  up:cancel()
  return count
end

return pump
