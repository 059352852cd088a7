--- The bytes of a socket through one end of a socket pair, for code that needs a descriptor of the system's: two tasks
--- carry them between the other end and the socket.

local core = require "hayes.core"
local errors = require "hayes.error"
local farewell = require "hayes.modem.farewell"
local incoming = require "hayes.stream.incoming"
local outgoing = require "hayes.stream.outgoing"
local wait = require "hayes.wait"

local bridge = {}

local MOST = 16384 -- bytes at a time

--- Bridges that carry, with their tasks: whoever has the descriptor needs nothing else to keep the socket.
local open = {} -- luacheck: ignore 241

local State = {}

--- When both directions are over, or the caller has closed its end, so is all.
local function close_if_over(self, state)
  local over = state.up_ended and state.down_ended
  if over then
    open[state] = nil
    state.ours:close()
  end
  if over or state.ours:is_hung_up() then self:__close() end
end

--- From the program to the module.
local function carry_up(self, state)
  local ours = state.ours
  repeat
    wait.descriptor(ours:fd(), false)
    local room = outgoing.wait_for_room(self)
    local bytes = room and ours:read(math.min(room, MOST))
    if bytes and bytes ~= "" then
      outgoing.put(self, bytes)
      outgoing.start(self)
    end
  until not bytes
  ours:refuse()
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

--- The end: queues what the caller has written, however much that is, and lets it write no more.
function bridge.gather(self)
  local ours = self.bridge.ours
  ours:refuse()
  repeat
    local bytes = ours:read(MOST) or ""
    outgoing.put(self, bytes)
  until bytes == ""
end

--- The same when the socket is closed.
function bridge.leave(self)
  bridge.gather(self)
  self.bridge = false
end

--- At the end of the program, before the descriptor's own finalizer and that of the modem.
function State:__gc()
  local socket = self.socket
  if socket.bridge == self then bridge.gather(socket) end
end

--- A descriptor with the socket's bytes, in both directions. It is the caller's, who closes it; when the connection
--- ends, it reads its end. nil and an error where the system has none left.
---@return integer?, hayes.error?
function bridge.open(self)
  local ours, theirs = core.socket_pair()
  if not ours then
    return nil, errors.new { name = "no_descriptor", message = "no pair of sockets: " .. theirs }
  end
  local state = setmetatable({ socket = self, ours = ours, up_ended = false, down_ended = false }, State)
  self.bridge = state
  self:settimeout(nil)
  farewell.note(self)
  open[state] = { wait.spawn_detached(carry_up, self, state), wait.spawn_detached(carry_down, self, state) }
  return theirs:give_away()
end

return bridge
