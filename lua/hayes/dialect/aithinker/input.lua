--- What has come for a connection of an Ai-Thinker module.
---
--- It is read at once, one packet a read, until a read gives nothing: the module keeps packets in its little memory,
--- acknowledged, and drops them when that runs low (vendor's skill pages). In push mode the event carries the data.
--- Both kinds of event are understood in either mode, for the mode is the module's and not a connection's.

local Buffer = require "hayes.stream.buffer"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local Lock = require "hayes.lock"
local transparent = require "hayes.dialect.aithinker.transparent"
local wait = require "hayes.wait"

--- So much is read ahead of those who receive, bytes; what is more stays in the module.
local MOST_AHEAD = 1048576

---@class hayes.aithinker.input
local Input = {}
Input.__index = Input

---@param connection hayes.aithinker.connection
function Input.new(connection)
  local self = setmetatable({
    connection = connection,
    arrived = Buffer.new(), -- read from the module, or pushed by it
    behind = Buffer.new(),  -- pushed while older packets are still to be read
    turn = Lock.new(),      -- one task at a time reads
    arrivals = 0,           -- notifications so far
    has_data = false,       -- notified, and not yet read to the end
    owed = false,           -- data was announced that was not pushed, and not been read yet
    fetching = false,
    stale = false,          -- an answer was about another connection that has its ConID now
    failure = false,        -- the error that reading ended with
    damaged = false,        -- the error that ended it because bytes were lost on the line
  }, Input)
  -- Events that stand after the answer do not change what it was about: firmware that deletes a connection when it
  -- is read to the end says so right after the last packet.
  self.read_request = { patient = true, ended = function() self.stale = connection.deleted or connection.renewed end }
  return self
end

--- Bytes of what has come were lost on the line, or came twice: what comes after them would be in the wrong place, so
--- it ends here.
---@param err hayes.error
function Input:end_damaged(err)
  self.damaged = self.damaged or err
  self.failure, self.has_data = self.failure or err, false
  self.connection:notify()
  return err
end

--- Which of the bytes that came were data is not known then: the stream is not to be trusted any more.
local function short_read(self, response)
  return self:end_damaged(errors.new { name = "short_read", origin = "aithinker",
    message = ("the module announced %d bytes and gave %d of %s"):format(#response.data + response.missing,
      #response.data, self.connection:title()),
    hint = "The line loses bytes: use a lower speed; these modules have no flow control." })
end

--- Is this the answer to a read of this connection: `+SOCKETREAD,1,5` and data, or `+SOCKETREAD,1,0` and none?
local function is_answer(self, response)
  local id, length = (response[1] or ""):match("^%+SOCKETREAD[,:] *(%d+), *(%d+),?$")
  return tonumber(id) == self.connection.id and (response.data ~= nil or tonumber(length) == 0)
end

--- Reads one packet: its bytes, "" when there is none, or nil and the error. Only while holding the turn.
local function read_packet(self)
  local connection = self.connection
  local arrivals, owed = self.arrivals, self.owed
  self.owed = false -- from here on: by events that stand after the answer
  local response, err = exchange.run(connection.modem, "AT+SOCKETREAD=" .. connection.id, self.read_request)
  if not response then self.owed = self.owed or owed end
  if connection.lost then return nil, connection.lost end
  if response and self.stale or not response and (connection.deleted or connection.renewed) then
    self.has_data = false
    return ""
  end
  if not response then
    self.has_data = false
    if err.name == "short_read" or err.name == "long_read" then
      return nil, self:end_damaged(errors.within(err, "receiving from " .. connection.host))
    end
    if connection.peer_closed and err.result then return "" end
    return nil, errors.within(err, "receiving from " .. connection.host)
  end
  if response.missing then return nil, short_read(self, response) end
  if not is_answer(self, response) then
    return nil, self:end_damaged(failure.damaged("short_read", "what was read from " .. connection:title(),
      "aithinker"))
  end
  if response.data and response.data ~= "" then return response.data end
  if owed then
    return nil, self:end_damaged(failure.damaged("short_read", "the data of " .. connection:title(), "aithinker"))
  end
  if arrivals == self.arrivals then self.has_data = false end
  return ""
end

local function take_behind(self)
  while self.behind.size > 0 do self.arrived:put(self.behind:take(self.behind:first_length())) end
end

--- Is there as much as is read ahead?
function Input:is_full()
  return self.arrived.size >= MOST_AHEAD
end

--- Reads the packets that the module has. Only while holding the turn.
function Input:read_out()
  local connection = self.connection
  while self.has_data and not connection.lost and not transparent.is_online(connection) and not self:is_full() do
    local bytes, err = read_packet(self)
    if not bytes then
      self.failure, self.has_data = err, false
      break
    end
    self.arrived:put(bytes)
    if bytes ~= "" then connection:notify() end
  end
  if not self.has_data then take_behind(self) end
end

local function fetch_task(self)
  do
    local _turn <close> = self.turn:take()
    self:read_out()
    self.fetching = false
  end
  self.connection:on_read_out()
end

--- Reads what there is as a task, and deletes the connection after that if it has ended.
function Input:fetch()
  local connection = self.connection
  if self.fetching or connection.lost or connection.deleted or connection.modem.closed_with then return end
  if transparent.is_passing(connection) then return end -- what is unread comes as data
  self.fetching = true
  wait.spawn_detached(fetch_task, self)
end

--- What has come already, without waiting.
function Input:take()
  if self.arrived.size == 0 then return nil end
  local bytes = self.arrived:take(self.arrived:first_length())
  if self.has_data then self:fetch() end
  return bytes
end

--- Sees to it that there is something, if the module has anything.
function Input:look()
  local connection = self.connection
  if self.arrived.size > 0 or connection.lost then return end
  if not (self.has_data or connection.doubtful or self.turn.held) then return end
  local _turn <close> = self.turn:take()
  if self.arrived.size == 0 and not transparent.is_online(connection) and (self.has_data or connection.doubtful) then
    self.has_data = not connection.deleted
    self:read_out()
  end
  connection.doubtful = false
end

--- Something true when there is something to take, or an error.
function Input:is_ready()
  return self.arrived.size > 0 or self.has_data and not transparent.is_online(self.connection) or self.failure
end

-- What the module says

--- Data has come, and may be there.
---@param bytes? string
---@param pushes boolean the module is set to push it
function Input:on_data(bytes, pushes)
  self.arrivals = self.arrivals + 1
  if not bytes then
    self.has_data = true
    -- In push mode the data stands in the event; where it does not, the module must have it, or the line lost a comma.
    self.owed = pushes
    self:fetch()
  elseif self.has_data then
    self.behind:put(bytes)
  else
    self.arrived:put(bytes)
  end
end

--- Data mode has begun: what the module has told of before and was not asked for comes there.
function Input:on_through()
  self.has_data = false
  take_behind(self)
end

--- The module has connected anew, by itself. What was still to be read of this stream cannot be told from what comes on
--- the new one.
function Input:on_renewed()
  if self.has_data and not self.failure then
    self.failure = errors.new { name = "data_lost", origin = "aithinker",
      message = self.connection:title() .. " has ended, and the module has connected anew before all that had come was "
        .. "read",
      hint = "Read as it comes. Firmware that connects anew by itself keeps nothing of an earlier connection apart." }
  end
  self.has_data = false
end

--- The module has it no longer.
function Input:on_deleted()
  self.has_data = false
  if not self.turn.held then take_behind(self) end -- else who reads does it, after what is being read
end

return Input
