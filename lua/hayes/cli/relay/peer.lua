--- A client program on this machine: the other end of a TCP connection that it has made to us.

local wait = require "hayes.wait"

---@class hayes.cli.peer
---@field port userdata  of core.port
---@field ahead string   read and not yet taken
---@field at_end boolean it sends nothing more
local Peer = {}
Peer.__index = Peer

---@param port userdata
function Peer.new(port)
  return setmetatable({ port = port, ahead = "", at_end = false }, Peer)
end

--- Reads what is there; waits if that is nothing. False at the end; nil, "timeout" once the deadline passes.
local function read_more(self, deadline)
  while true do
    local bytes = self.port:read()
    if not bytes then
      self.at_end = true
      return false
    end
    if bytes ~= "" then
      self.ahead = self.ahead .. bytes
      return true
    end
    local ok, err = wait.descriptor(self.port:fd(), false, deadline)
    if not ok then return nil, err end
  end
end

--- Whatever comes next; nil at the end of what the client sends.
---@return string?
function Peer:receive()
  if self.ahead == "" and not read_more(self) then return nil end
  local bytes = self.ahead
  self.ahead = ""
  return bytes
end

--- So many bytes; nil if they do not come before the deadline.
---@param count integer
---@param deadline number
---@return string?
function Peer:take(count, deadline)
  while #self.ahead < count do
    if self.at_end or not read_more(self, deadline) then return nil end
  end
  local bytes = self.ahead:sub(1, count)
  self.ahead = self.ahead:sub(count + 1)
  return bytes
end

--- The first byte, which stays; nil as for take().
function Peer:peek(deadline)
  local byte = self:take(1, deadline)
  if byte then self.ahead = byte .. self.ahead end
  return byte
end

--- Bytes up to a text and with it, `most` at most; nil as for take().
---@return string?
function Peer:take_to(text, most, deadline)
  while true do
    local _, last = self.ahead:find(text, 1, true)
    if last then return self:take(last, deadline) end
    if #self.ahead > most or self.at_end or not read_more(self, deadline) then return nil end
  end
end

--- Sends all of it; nil when the client has gone.
---@param bytes string
---@return true?
function Peer:send(bytes)
  local from = 1
  while from <= #bytes do
    local taken = self.port:write(from == 1 and bytes or bytes:sub(from))
    if not taken then return nil end
    from = from + taken
    if taken == 0 then wait.descriptor(self.port:fd(), true) end
  end
  return true
end

function Peer:close()
  self.port:close()
end

Peer.__close = Peer.close

return Peer
