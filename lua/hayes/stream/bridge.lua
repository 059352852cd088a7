--- The bytes of a socket through one end of a socket pair, for code that needs a descriptor of the system's: two tasks
--- carry them between the other end and the socket.

local core = require "hayes.core"
local errors = require "hayes.error"
local incoming = require "hayes.stream.incoming"
local outgoing = require "hayes.stream.outgoing"
local wait = require "hayes.wait"

local bridge = {}

local MOST = 16384 -- bytes at a time

--- Closes the socket when both directions are over, or the caller has closed its end. Ours is collected then.
local function close_if_over(self, state)
  if state.up_ended and state.down_ended or state.ours:is_hung_up() then self:close() end
end

--- From the program to the module.
local function carry_up(self, state)
  local ours = state.ours
  repeat
    wait.descriptor(ours:fd(), false)
    local bytes = ours:read(MOST)
    local sent = bytes and (bytes == "" or outgoing.take(self, bytes, 1, #bytes))
  until not sent
  state.up_ended = true
  close_if_over(self, state)
end

local function write(ours, bytes)
  local at = 1
  while at <= #bytes do
    local count = ours:write(bytes, at)
    if not count then return false end
    at = at + count
    if at <= #bytes then wait.descriptor(ours:fd(), true) end
  end
  return true
end

--- From the module to the program.
local function carry_down(self, state)
  local ours = state.ours
  repeat
    local there = self.input.size > 0 or incoming.wait_for_more(self, nil, 1)
    local written = there and write(ours, incoming.take(self, math.min(self.input.size, MOST)))
  until not written
  ours:finish()
  state.down_ended = true
  close_if_over(self, state)
end

--- A descriptor with the socket's bytes, in both directions. It is the caller's, who closes it; when the connection
--- ends, it reads its end. nil and an error where the system has none left.
---@return integer?, hayes.error?
function bridge.open(self)
  local ours, theirs = core.socket_pair()
  if not ours then
    return nil, errors.new { name = "no_descriptor", message = "no pair of sockets: " .. theirs }
  end
  local state = { ours = ours, up_ended = false, down_ended = false }
  self:settimeout(nil)
  wait.spawn_detached(carry_up, self, state)
  wait.spawn_detached(carry_down, self, state)
  return theirs:give_away()
end

return bridge
