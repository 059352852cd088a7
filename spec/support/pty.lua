--- A pty whose far end does what a spec asks for; the near end is for the library. See far_end.py.

local unix = require "socket.unix"

local Pty = {}
Pty.__index = Pty

--- Speaks to one that another program has started.
---@param path string its socket
function Pty.connect(path)
  local self = setmetatable({ control = assert(unix.stream()), path = path }, Pty)
  assert(self.control:connect(path))
  return self
end

--- Starts one; `address` is the near end.
function Pty.new()
  local path = os.tmpname()
  os.remove(path)
  local pipe = assert(io.popen("unset LD_PRELOAD; exec python3 spec/support/far_end.py " .. path))
  local address = assert(pipe:read "l")
  local self = Pty.connect(path)
  self.pipe, self.address = pipe, address
  return self
end

--- What the far end says to one of the commands in far_end.py.
function Pty:ask(command)
  assert(self.control:send(command .. "\n"))
  return (assert(self.control:receive "*l"))
end

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

--- Sends bytes to the program, and waits until they are there.
function Pty:send(bytes)
  local before = tonumber(self:ask "waiting")
  self:ask("send " .. hex(bytes))
  while tonumber(self:ask "waiting") < before + #bytes do end
end

--- So many bytes that the program has sent.
function Pty:take(count)
  return (self:ask("take " .. count):gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
end

function Pty:close()
  self.control:close()
  if not self.pipe then return end
  self.pipe:close()
  self.pipe = nil
  os.remove(self.path)
end

Pty.__close = Pty.close

return Pty
