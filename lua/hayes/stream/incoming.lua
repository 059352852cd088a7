--- The input of a socket. Reads run in tasks of the socket's own, so that the bytes reach its input even if the task
--- that asked for them is cancelled. All functions take the socket.

local errors = require "hayes.error"
local outgoing = require "hayes.stream.outgoing"
local outcome = require "hayes.stream.outcome"
local wait = require "hayes.wait"

--- A notification of data may get lost on the line; so long a silence is not trusted, seconds, in one call or in many.
local ASK_AFTER = 5

--- The report of the end may get lost, too, and a read need not tell of it: after so long a silence the module is asked
--- whether the connection has ended, seconds.
local CHECK_AFTER = 60

local incoming = {
  READ_AHEAD = 16384, -- bytes that are read ahead for programs that wait for the descriptor
}

--- Takes so many bytes of what has come, for the program.
function incoming.take(self, count)
  local bytes = self.input:take(count)
  self.received = self.received + #bytes
  return bytes
end

--- Nothing more can be received, for this reason.
function incoming.finish(self, err)
  self:take_in("")
  self.receive_error = self.receive_error or outcome.remember(self, err)
end

--- Reads until the input has as much as is wanted, or the module has no more.
local function read_on(self, held)
  local _reading <close> = held
  local connection = self.connection
  repeat
    local bytes, err = connection:receive()
    if bytes then self:take_in(bytes) else incoming.finish(self, err) end
    if self.arrival then self.arrival:fire() end
  until not bytes or bytes == "" or self.input.size >= self.wanted or self.closing or not connection:readable()
end

--- The same; wakes those who wait at the end, also if it fails.
local function read_and_tell(self, held)
  local ok, err = xpcall(read_on, debug.traceback, self, held)
  if not ok then incoming.finish(self, errors.internal(err)) end
  self:notify()
  if not ok then error(err, 0) end
end

--- Starts a read, unless one is under way; it goes on until the input has this many bytes.
---@param wanted integer
---@param here? boolean the caller itself reads, since it can be neither cancelled nor timed out
function incoming.start(self, wanted, here)
  self.wanted = wanted < 1 and 1 or wanted
  if self.reading.held or self.receive_error or self.closing then return end
  if here then return read_and_tell(self, self.reading:take()) end
  wait.spawn_detached(read_and_tell, self, self.reading:take())
end

--- Takes data that was pushed by the module into the input. True if there was any.
function incoming.take_pushed(self, connection)
  if not connection.take or self.reading.held then return false end
  local bytes = connection:take()
  if not bytes then return false end
  self:take_in(bytes)
  return true
end

--- Returns "closed", and keeps the reason for lasterror().
local function ended(self)
  outgoing.tell(self)
  outcome.remember(self, self.receive_error or self.send_error)
  return "closed"
end

--- Waits until more input has come. True, although another task may have taken it meanwhile; or false and "timeout" or
--- "closed".
---@param wanted integer bytes that the caller could use, including those that are there
function incoming.wait_for_more(self, deadline, wanted)
  local connection, before = self.connection, self.arrived
  if self.output.size > 0 then outgoing.start(self) end
  while true do
    if self.arrived > before then return true end
    if not connection or self.closing then return false, "closed" end
    if incoming.take_pushed(self, connection) then return true end
    if self.receive_error then return false, ended(self) end
    if outcome.is_deadlock(self, deadline) then return false, "timeout" end
    if connection:readable() then
      incoming.start(self, wanted, not deadline and not wait.running() and not wait.is_within_another())
    elseif self.send_error and not self.reading.held then
      return false, ended(self) -- a connection that cannot send any more receives nothing either
    end
    if self.arrived > before then return true end
    if self.receive_error then return false, ended(self) end -- that read has found the end
    local now = wait.now()
    self.quiet_since, self.silent_since = self.quiet_since or now, self.silent_since or now
    local ask_at = (self.reading.held and now or self.quiet_since) + ASK_AFTER
    if now >= ask_at then
      self.quiet_since, connection.doubtful = now, true
      if now >= self.silent_since + CHECK_AFTER then self.silent_since, connection.maybe_ended = now, true end
    elseif outcome.is_late(deadline) then
      if self.arrived > before or incoming.take_pushed(self, connection) then return true end
      if self.receive_error then return false, ended(self) end
      return false, outcome.late(self, "receive")
    else
      outcome.waiter_in(self, "arrival"):wait(deadline and math.min(deadline, ask_at) or ask_at)
    end
  end
end

function incoming.line(self, deadline, prefix)
  while true do
    local length = self.input:line_length()
    if length then
      local line = incoming.take(self, length)
      return prefix .. line:sub(1, -2):gsub("\r", "")
    end
    local ok, err = incoming.wait_for_more(self, deadline, 1)
    if not ok then return nil, err, prefix .. incoming.take(self, self.input.size):gsub("\r", "") end
  end
end

function incoming.all(self, deadline, prefix)
  while true do
    local ok, err = incoming.wait_for_more(self, deadline, self.input.size + incoming.READ_AHEAD)
    if not ok then
      local bytes = incoming.take(self, self.input.size)
      local failed = self.receive_error or self.send_error
      local whole = err == "closed" and failed and failed.name == "closed" and bytes ~= ""
      if whole then return prefix .. bytes end
      return nil, err, prefix .. bytes
    end
  end
end

function incoming.count(self, count, deadline, prefix)
  local input, wanted = self.input, count - #prefix
  if wanted < 0 then wanted = 0 end
  -- A count of 0 waits until there is something, or the end.
  local least = count == 0 and prefix == "" and 1 or wanted
  while input.size < least do
    local ok, err = incoming.wait_for_more(self, deadline, least)
    if not ok then return nil, err, prefix .. incoming.take(self, input.size) end
  end
  if prefix == "" then return incoming.take(self, wanted) end
  return prefix .. incoming.take(self, wanted)
end

return incoming
