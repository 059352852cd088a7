--- The output of a socket: a bounded queue, sent in chunks of the module's size by a task of the socket's own. All
--- functions take the socket.

local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local farewell = require "hayes.modem.farewell"
local outcome = require "hayes.stream.outcome"
local wait = require "hayes.wait"

local QUEUE_CHUNKS = 8 -- size of the queue

--- How long send() waits at most for the port to take its bytes, seconds. The program may block in something else right
--- after send(), where nothing of the library runs. So if the line is free, send() waits until the module has prompted
--- and the port has taken the bytes. If a chunk is under way, one send() waits until that has been sent and the port
--- has taken the next one; further calls during the same chunk do not wait.
local LINGER = 0.05

local outgoing = {}

--- Sending has failed: the queue is lost. `bytes` are those that were being sent, err.sent tells how many of them were.
function outgoing.fail(self, bytes, err)
  err = errors.copy(err)
  local sent = err.sent or 0
  self.sent = self.sent + sent
  -- The end may have been known, and what was queued given up, while these bytes were under way.
  local before = self.send_error and self.send_error.unsent or 0
  err.unsent = #bytes - sent + self.output.size + before
  self.send_error = outcome.remember(self, err)
  self.untold = self.reported and 0 or err.unsent
  self.output:clear()
  self:notify()
end

--- Wakes those who wait for the output, to look whether it is still being sent.
function outgoing.notify(self)
  if self.room then self.room:fire() end
  if self.progress then self.progress:fire() end
end

--- Sends one chunk of the queue.
local function send_chunk(self, connection)
  local queue = self.output
  local bytes = queue:take(connection.chunk)
  local on_written = self.linger_goal and function()
    self.written = self.done + #bytes
    if self.progress then self.progress:fire() end
  end
  local ok, err = connection:send(bytes, on_written or nil)
  self.has_lingered = false
  if ok then
    self.done = self.done + #bytes
  elseif err.name == "command_mode" then
    queue:put_back(bytes)
    self.paused = outcome.remember(self, err)
  else
    outgoing.fail(self, bytes, err)
  end
  if self.room then self.room:fire() end
  -- A send() that lingers is not woken while what it waits for is in a later chunk.
  local is_later = ok and queue.size > 0 and self.linger_goal and self.done < self.linger_goal
  if self.progress and not is_later then self.progress:fire() end
  if self.signal then self:update_signal() end
end

--- Whether send() would take a byte, or say something else, without waiting.
function outgoing.has_room(self)
  local connection = self.connection
  if not connection then return not self.connecting or self.connecting.err ~= nil end
  return self.output.size < QUEUE_CHUNKS * connection.chunk or self.closing ~= false or self.send_error ~= nil
    or self.paused ~= false
end

--- Sends the queue.
local function send_queued(self, held)
  local _sending <close> = held
  local queue, connection = self.output, self.connection
  while queue.size > 0 and not self.send_error and not self.paused do
    local ok, err = xpcall(send_chunk, debug.traceback, self, connection)
    if not ok then
      outgoing.fail(self, "", errors.internal(err))
      outgoing.notify(self)
      error(err, 0)
    end
  end
  if queue.size == 0 and self.untold == 0 and not self.bridge then farewell.forget(self) end
end

--- The caller hears that the connection has failed. Whoever has the other end of a bridge does not.
function outgoing.tell(self)
  if not self.bridge then self.untold = 0 end
end

--- Starts sending the queue, unless that is under way: what is put into it meanwhile is joined.
function outgoing.start(self)
  if self.output.size == 0 or self.send_error or self.paused or self.sending.held then return end
  wait.spawn_detached(send_queued, self, self.sending:take())
end

--- Lets the port have what was queued, as far as that takes no time to speak of.
local function linger(self, deadline, was_free)
  if not was_free then
    if self.has_lingered then return end
    self.has_lingered = true
  end
  local goal, limit = self.queued, wait.now() + LINGER
  self.linger_goal = math.min(self.linger_goal or goal, goal)
  if deadline and deadline < limit then limit = deadline end
  while self.done < goal and self.written < goal and self.sending.held and not self.send_error do
    local _, late = outcome.waiter_in(self, "progress"):wait(limit)
    if late then break end
  end
  self.linger_goal = false
end

--- Waits until the module has everything that was passed to send() before this call. True; or false and the error or
--- "timeout".
function outgoing.wait_until_sent(self, deadline)
  local goal = self.queued
  -- What is under way when the end becomes known is waited for, too: it counts, whatever becomes of it.
  local function is_to_come() return self.done < goal and (self.sending.held or not self.send_error) end
  while is_to_come() do
    if self.paused then return false, self.paused end
    outgoing.start(self)
    if outcome.is_deadlock(self, deadline) then return false, "timeout" end
    local late = outcome.is_late(deadline)
    local _, err = outcome.waiter_in(self, "room"):wait(deadline)
    if (late or err) and is_to_come() then return false, outcome.late(self, "send") end
  end
  return not self.send_error, self.send_error
end

-- Bytes of a send() that waits for room in the queue: a table with the data, and the indices i and j of what is left.

local Entering = {}
Entering.__index = Entering

--- However the call ends: what it has not queued is not sent.
function Entering:__close()
  self.list[self] = nil
end

--- Queues these bytes.
local function put(self, bytes)
  self.output:put(bytes)
  self.queued, self.sent = self.queued + #bytes, self.sent + #bytes
  farewell.note(self)
end

local function put_part(self, data, i, j)
  put(self, i == 1 and j == #data and data or data:sub(i, j))
end

--- Queues as much as there is room for.
local function enqueue(self, entering, room)
  local i = entering.i
  local last = math.min(entering.j, i + room - 1)
  put_part(self, entering.data, i, last)
  entering.i = last + 1
end

--- Queues these bytes, however many there are already, for a caller that cannot be told that they are not sent.
function outgoing.put(self, bytes)
  if not outgoing.has_failed(self) then return put(self, bytes) end
  self.untold = self.untold + (self.reported and 0 or #bytes)
end

--- Waits until the queue has room, and gives how many bytes it may take; nil when nothing more can be sent.
function outgoing.wait_for_room(self)
  while not self.closing and not outgoing.has_failed(self) do
    local room = QUEUE_CHUNKS * self.connection.chunk - self.output.size
    if room > 0 then return room end
    outcome.waiter_in(self, "room"):wait()
  end
end

--- The end: what send() calls have not queued yet counts as sent by the program, and is queued in their place.
function outgoing.gather(self)
  if self.send_error or self.closing then return end -- they hear of that
  for entering in pairs(self.entering) do enqueue(self, entering, math.maxinteger - entering.i) end
end

--- Bytes that the program has passed to send(), and the module has not got.
function outgoing.unsent(self)
  if self.reported then return 0 end
  if self.send_error then return self.untold end
  local count = self.queued - self.done
  if not self.closing then
    for entering in pairs(self.entering) do count = count + entering.j - entering.i + 1 end
  end
  return count
end

--- Sends what has been queued, as soon as the line is free.
local function start_put(self)
  outgoing.start(self)
  if self.signal then self:update_signal() end
end

--- Queues the bytes of data from i to j as the queue gets room. Gives the index of the first byte that was
--- not queued, and the word for why.
local function enter(self, data, i, j, deadline, limit)
  local entering <close> = setmetatable({ data = data, i = i, j = j, list = self.entering }, Entering)
  self.entering[entering] = true
  while entering.i <= entering.j and not self.closing and not outgoing.is_over(self, entering.j - entering.i + 1) do
    local room = limit - self.output.size
    if room > 0 then
      enqueue(self, entering, room)
      start_put(self)
    elseif self.paused then
      return entering.i, "command_mode"
    elseif outcome.is_deadlock(self, deadline) then
      return entering.i, "timeout"
    elseif outcome.is_late(deadline) then
      if self.output.size >= limit then return entering.i, outcome.late(self, "send") end
    else
      outcome.waiter_in(self, "room"):wait(deadline)
    end
  end
  return entering.i
end

--- Queues the bytes of data from i to j, waiting while the queue is full. Returns what Socket:send returns, which
--- has checked is_refused before.
function outgoing.take(self, data, i, j)
  local deadline = outcome.deadline(self)
  local limit = QUEUE_CHUNKS * self.connection.chunk
  local modem = self.connection.modem
  local was_free = not self.sending.held and not (modem and not exchange.is_free(modem))
  if j - i < limit - self.output.size then
    put_part(self, data, i, j)
    start_put(self)
    i = j + 1
  else
    local word
    i, word = enter(self, data, i, j, deadline, limit)
    if word then return nil, word, i - 1 end
  end
  if not self.closing and not self.paused and not outcome.is_late(deadline) then linger(self, deadline, was_free) end
  if self.send_error or i <= j then
    outgoing.tell(self)
    return nil, "closed", i - 1
  end
  return j
end

--- Whether it is known that nothing more can be sent.
function outgoing.has_failed(self)
  if self.send_error then return true end
  local connection = self.connection
  local err = connection and connection.refusal and connection:refusal()
  if not err then return false end
  err = errors.copy(err)
  err.sent = nil -- of what the connection was sending when it ended
  outgoing.fail(self, "", err)
  outgoing.notify(self)
  return true
end

--- The same for send(), whose caller hears of it. `count`: bytes that it wanted to send, which count as unsent then.
function outgoing.is_over(self, count)
  local known = self.send_error
  if not outgoing.has_failed(self) then return false end
  if not known then self.send_error.unsent = self.send_error.unsent + count end
  outcome.remember(self, self.send_error)
  outgoing.tell(self)
  return true
end

--- Whether send() takes nothing any more: the connection is over, closed or shut, or its modem is about to be closed.
--- `count`: bytes that the caller wanted to send, which count as unsent then.
function outgoing.is_refused(self, count)
  if not self.connection or self.closing or self.write_shut or outgoing.is_over(self, count) then return true end
  local modem = self.modem
  if not modem or not modem.leaving then return false end
  outcome.remember(self, errors.closed("the modem on " .. modem.address))
  return true
end

return outgoing
