--- Sockets over UDP and DTLS: each send is a datagram, and receive() gives one. All else is as with other sockets.
---
--- A module gives a datagram that is longer than its reads in pieces: full ones, and the rest. Nothing marks the last
--- one, so a piece that is full is joined with the next, unless there is none.

local argument = require "hayes.stream.argument"
local check = require "hayes.check"
local errors = require "hayes.error"
local farewell = require "hayes.modem.farewell"
local incoming = require "hayes.stream.incoming"
local job = require "hayes.job"
local outcome = require "hayes.stream.outcome"
local outgoing = require "hayes.stream.outgoing"
local Socket = require "hayes.stream.socket"
local wait = require "hayes.wait"

--- A module that pushes the pieces of a datagram does so at once; after this long there is no other, seconds.
local PIECES_END_AFTER = 1

--- No datagram is longer.
local LONGEST = 65535

---@class hayes.datagram: hayes.socket a socket over UDP or DTLS: what it sends and receives are datagrams
local Datagram = Socket.derive()

--- A datagram counts as queued from the call of send() until the module has it, or the call ends before it has begun.

local function leave_queue(self, length)
  self.done = self.done + length
  if self.done == self.queued then farewell.forget(self) end
  if self.room then self.room:fire() end
end

local Call = {}
function Call:__close()
  if not self.begun then leave_queue(self.socket, self.length) end
end

local Leaving = {}
function Leaving:__close() leave_queue(self.socket, self.length) end

local function send_now(self, data, call)
  local _leaving <close> = setmetatable({ socket = self, length = #data }, Leaving)
  call.begun = true
  local _sending <close> = self.sending:take()
  if not self.connection then return nil, "closed" end
  return self.connection:send(data)
end

--- Sends one datagram: the bytes of data from i to j. On success the module has it; otherwise an error says so.
---@param data string bytes, at least one
---@param i? integer index of the first (1); negative ones count from the end
---@param j? integer index of the last (-1)
---@return integer? sent, string? err, integer? taken
function Datagram:send(data, i, j)
  i = argument.whole(argument.number("socket:send", "i", i, 1, "integer"))
  j = argument.whole(argument.number("socket:send", "j", j, -1, "integer"))
  data = argument.text("socket:send", "the data", data):sub(i, j)
  if outgoing.is_refused(self, #data) then return nil, "closed", 0 end
  -- A length of 0 has another meaning for modules: it may ask how much has been sent.
  if data == "" then check.fail("socket:send", "the datagram is empty; modules send none without content") end
  if #data > self.connection.chunk then
    check.fail("socket:send", ("the datagram is %d bytes long; the module takes up to %d"):format(#data,
      self.connection.chunk))
  end
  local call <close> = setmetatable({ socket = self, length = #data, begun = false }, Call)
  self.queued = self.queued + #data
  farewell.note(self)
  local ok, err = job.run(outcome.deadline(self), nil, send_now, self, data, call)
  if not ok then
    if err == "timeout" then outcome.late(self, "send") elseif errors.is(err) then outcome.remember(self, err) end
    return nil, outcome.word_for(err), 0
  end
  self.sent = self.sent + #data
  return #data
end

local function end_datagram(self)
  local pieces = self.pieces
  if not pieces then return end
  self.pieces = nil
  wait.unschedule(self)
  Socket.take_in(self, pieces)
end

---@package
function Datagram:take_in(bytes)
  local connection = self.connection
  if bytes ~= "" then self.pieces = (self.pieces or "") .. bytes end
  local is_full = connection and connection.piece_length and #bytes == connection:piece_length()
  if not is_full or #self.pieces > LONGEST then return end_datagram(self) end
  if not connection:readable() then wait.schedule(self, wait.now() + PIECES_END_AFTER) end
end

--- The timer: no further piece has come.
---@package
function Datagram:due()
  end_datagram(self)
  self:notify()
end

--- The next datagram; with a pattern, that many bytes or lines of those that have come, as a stream.
---@param pattern? string|integer as for the receive() of other sockets (the next datagram, whole)
---@param prefix? string the same
---@return string? data, string? err, string? partial
function Datagram:receive(pattern, prefix)
  if pattern ~= nil then return Socket.receive(self, pattern, prefix) end
  local deadline = outcome.deadline(self)
  while self.input.size == 0 do
    local ok, err = incoming.wait_for_more(self, deadline, 1)
    if not ok then return nil, err end
  end
  return self:after_input(incoming.take(self, self.input:first_length()))
end

return Datagram
