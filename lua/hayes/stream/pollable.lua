--- What programs need that wait for a socket in a loop of their own. The functions are methods of the socket.
---
--- Somebody must serve the modem meanwhile: that loop itself, which was told to hayes.use or waits for the modem, too.

local bridge = require "hayes.stream.bridge"
local check = require "hayes.check"
local core = require "hayes.core"
local errors = require "hayes.error"
local incoming = require "hayes.stream.incoming"
local outgoing = require "hayes.stream.outgoing"

local READ_AHEAD = incoming.READ_AHEAD

---@class hayes.socket
local pollable = {}

local function has_input(self)
  return self.input.size > 0 or self.receive_error ~= nil or self.closing ~= false
    or not self.connection and (not self.connecting or self.connecting.err ~= nil)
end

--- Brings the descriptor of getfd() up to date; there is one.
---@package
function pollable:update_signal()
  local connection, input = self.connection, self.input
  while connection and not self.closing and input.size < READ_AHEAD and incoming.take_pushed(self, connection) do end
  if connection and not self.closing and input.size < READ_AHEAD and connection:readable() then
    incoming.start(self, READ_AHEAD)
  end
  if self.signal then self.signal:set(has_input(self), outgoing.has_room(self)) end
end

--- A descriptor of the socket's own that is readable while receive() would give something at once, and writable while
--- send() would take something at once, or connect() is over. -1 before connect() and after close().
---@return integer
function pollable:getfd()
  if self.closing or self.has_no_fd or not self.connection and not self.connecting then return -1 end
  if not self.signal then
    self.signal = core.signal()
    if not self.signal then return -1 end
    self:update_signal()
  end
  return self.signal:fd()
end

--- Takes -1 alone: the socket has no descriptor from here on. It is the library's, and closed.
---@param fd integer -1
function pollable:setfd(fd)
  check.value("socket:setfd", "the descriptor", fd, { values = { -1 } })
  if self.signal then self.signal:close() end
  self.signal, self.has_no_fd = false, true
end

--- One end of a socket pair that carries the bytes of the socket, for code that needs a descriptor of the system's: a
--- library that knows no other, or another program that inherits it. It blocks, and is the caller's, who closes it;
--- send() and receive() of the socket are not to be called from then on. The library must run meanwhile.
---
--- Errors: `no_descriptor`, `closed`.
---@return integer?, hayes.error?
function pollable:descriptor()
  if not self.connection or self.closing then return nil, errors.closed(tostring(self)) end
  if self.kind == "udp" or self.connection.datagrams then
    check.fail("socket:descriptor", "the socket carries datagrams; a descriptor carries a stream")
  end
  return bridge.open(self)
end

-- The same as cqueues asks it.

--- The descriptor of getfd(), for cqueues: nil in place of -1.
---@return integer?
function pollable:pollfd()
  local fd = self:getfd()
  return fd >= 0 and fd or nil
end

--- What the program waits for: "w" when the last call that ran out of time was connect() or one that sends, else "r".
---@return "r"|"w"
function pollable:events()
  return self.last_error == "timeout" and self.late ~= "receive" and "w" or "r"
end

--- Gives nil, for cqueues: a socket has no time at which it is to be called.
---@return number?
function pollable.timeout(_) return nil end

return pollable
