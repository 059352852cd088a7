--- The data received for a connection of an Ai-Thinker module.
---
--- Data is read at once, one packet per read, until a read returns nothing: the module keeps packets in its small
--- memory after acknowledging them, and drops them if memory runs low (vendor's skill pages). In push mode the event
--- carries the data. Both kinds of event are handled in either mode, since the module has one mode for all of its
--- connections.

local Buffer = require "hayes.stream.buffer"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local Lock = require "hayes.lock"
local transparent = require "hayes.dialect.aithinker.transparent"
local wait = require "hayes.wait"

--- Limit for data read ahead of the program, bytes; more data stays in the module.
local MOST_AHEAD = 1048576

---@class hayes.aithinker.input
local Input = {}
Input.__index = Input

---@param connection hayes.aithinker.connection
function Input.new(connection)
  local self = setmetatable({
    connection = connection,
    arrived = Buffer.new(), -- read from the module, or pushed by it
    behind = Buffer.new(),  -- pushed while earlier packets are still unread
    read_lock = Lock.new(), -- one task at a time reads
    arrivals = 0,           -- notifications so far
    has_data = false,       -- data was announced, or may be there, and has not been read to the end
    announced = 0,          -- packets that are in the module as far as is known
    answered = false,       -- one of these is here, and not yet in `arrived`
    owed = false,           -- in push mode, the last of these was announced without being pushed
    fetching = Lock.new(),  -- held by the task of fetch()
    stale = false,          -- the last answer may be about another connection that now has its ConID
    failure = false,        -- the error that has ended reading
  }, Input)
  -- Only events before the answer count: firmware that deletes a connection once it has been read to the end reports
  -- that right after the last packet.
  self.read_request = { patient = true, owner = connection.place,
    ended = function(response) self:on_read(response) end }
  return self
end

--- Received bytes were lost or duplicated on the line. Later data would follow a gap, so reading ends here.
---@param err hayes.error
function Input:end_damaged(err)
  local place = self.connection.place
  place.damaged = place.damaged or err
  self.failure, self.has_data = self.failure or err, false
  self.connection:notify()
  return err
end

--- The block was too short, and may have been followed by other bytes: the stream cannot be trusted any more.
local function short_read(self, response)
  return self:end_damaged(errors.new { name = "short_read", origin = "aithinker",
    message = ("the module announced %d bytes and gave %d of %s"):format(#response.data + response.missing,
      #response.data, self.connection:title()),
    hint = "The line loses bytes: use a lower speed; these modules have no flow control." })
end

--- Whether this is the answer to a read of this connection: `+SOCKETREAD,1,5` and data, or `+SOCKETREAD,1,0`.
local function is_answer(self, response)
  local id, length = (response[1] or ""):match("^%+SOCKETREAD[,:] *(%d+), *(%d+),?$")
  return tonumber(id) == self.connection.id and (response.data ~= nil or tonumber(length) == 0)
end

--- What was pushed while earlier packets were unread. Where one of these got lost, it would stand behind a gap.
local function take_behind(self)
  if self.failure then self.behind = Buffer.new() end
  while self.behind.size > 0 do self.arrived:put(self.behind:take(self.behind:first_length())) end
end

--- A read has been answered, before events that follow it in the stream. Without a packet, what was pushed so far comes
--- next, ahead of what the module may announce from now on, since it no longer has to push.
function Input:on_read(response)
  local connection = self.connection
  self.stale = connection.deleted or connection.renewed
  self.answered = not self.stale and response.data ~= nil
  if self.stale or self.owed or response.data or not is_answer(self, response) then return end
  self.announced = 0
  take_behind(self)
end

--- Reads one packet: its bytes, "" if there is none, or nil and the error. Only while holding `read_lock`.
local function read_packet(self)
  local connection = self.connection
  local arrivals, expects = self.arrivals, self.owed
  local response, err = exchange.run(connection.modem, "AT+SOCKETREAD=" .. connection.id, self.read_request)
  if connection.lost then return nil, connection.lost end
  local is_over = connection.deleted or connection.renewed
  if response and self.stale or not response and is_over and (err.result or err == connection.place.lost) then
    self.has_data = false
    return ""
  end
  if not response then
    self.has_data = false
    -- A read that was not answered went to the module, and what it gave is lost.
    if failure.is_damage(err.name) or err.name == "timeout" and not err.queued then
      return nil, self:end_damaged(errors.within(err, "receiving from " .. connection.host))
    end
    if connection.peer_closed and err.result then
      if self.announced == 0 then return "" end
      self:on_missing()
      return nil, self.failure
    end
    return nil, errors.within(err, "receiving from " .. connection.host)
  end
  if response.missing then return nil, short_read(self, response) end
  if not is_answer(self, response) then
    return nil, self:end_damaged(failure.damaged("short_read", "what was read from " .. connection:title(),
      "aithinker"))
  end
  if response.data and response.data ~= "" then return response.data end
  if expects and self.owed then
    return nil, self:end_damaged(failure.damaged("short_read", "the data of " .. connection:title(), "aithinker"))
  end
  if arrivals == self.arrivals then self.has_data = false end
  return ""
end

local function put_packet(self, bytes)
  self.announced, self.answered = math.max(self.announced - 1, 0), false
  self.arrived:put(bytes)
  if self.announced == 0 then
    self.owed = false
    take_behind(self)
  end
  self.connection:notify()
end

--- Whether the limit for data read ahead has been reached.
function Input:is_full()
  return self.arrived.size >= MOST_AHEAD
end

--- Reads all packets that the module has, up to the limit. Only while holding `read_lock`.
function Input:read_out()
  local connection = self.connection
  local function may_read() return self.has_data and not (self.failure or connection.lost or self:is_full()) end
  while may_read() and not transparent.is_online(connection) do
    local bytes, err = read_packet(self)
    if not bytes then
      self.failure, self.has_data = err, false
      break
    end
    if bytes ~= "" then put_packet(self, bytes) end
  end
  if not self.has_data then take_behind(self) end
end

local function fetch_task(self, held)
  do
    local _fetching <close> = held
    local _reading <close> = self.read_lock:take()
    self:read_out()
  end
  self.connection:on_read_out()
end

--- Reads all packets in a task of its own; then deletes the connection if it has ended.
function Input:fetch()
  local connection = self.connection
  if self.fetching.held or connection.lost or connection.deleted or connection.modem.closed_with then return end
  if transparent.is_passing(connection) then return end -- unread data will arrive in data mode
  wait.spawn_detached(fetch_task, self, self.fetching:take())
end

--- Data that has been read or pushed already; nil if there is none. Does not wait.
function Input:take()
  if self.arrived.size == 0 then return nil end
  local bytes = self.arrived:take(self.arrived:first_length())
  if self.has_data then self:fetch() end
  return bytes
end

--- The module may have data that it has not announced.
function Input:suspect_data()
  self.has_data = not self.connection.deleted
end

--- Waits until data has been read, if the module has or may have any.
function Input:look()
  local connection = self.connection
  if self.arrived.size > 0 or connection.lost then return end
  if not (self.has_data or connection.doubtful or self.read_lock.held) then return end
  local _reading <close> = self.read_lock:take()
  if self.arrived.size == 0 and not transparent.is_online(connection) and (self.has_data or connection.doubtful) then
    self:suspect_data()
    self:read_out()
  end
  connection.doubtful = false
end

--- Something true if there is data or an error, or the module has announced data.
function Input:is_ready()
  return self.arrived.size > 0 or self.has_data and not transparent.is_online(self.connection) or self.failure
end

-- Events

--- The module has announced data.
---@param bytes? string the data itself, if it was pushed
---@param pushes boolean the module is set to push data
function Input:on_data(bytes, pushes)
  self.arrivals = self.arrivals + 1
  if not bytes then
    self.has_data, self.announced = true, self.announced + 1
    -- In push mode the event carries the data. If it does not, the module still has it, or the line has lost a comma.
    self.owed = pushes
    self:fetch()
  elseif self.announced > 0 then
    self.behind:put(bytes)
  else
    self.arrived:put(bytes)
  end
end

--- Data has arrived in transparent transmission, as will data that was announced before and not read.
function Input:on_through()
  self.has_data, self.announced, self.owed = false, 0, false
  take_behind(self)
end

--- The module has reconnected by itself. Unread data of this stream can no longer be told from data of the new one.
function Input:on_renewed()
  if self.has_data and not self.failure then
    self.failure = errors.new { name = "data_lost", origin = "aithinker",
      message = self.connection:title() .. " has ended, and the module has reconnected before all data was read",
      hint = "Read data as it arrives. Firmware that reconnects by itself mixes the data of both connections." }
  end
  self.has_data = false
end

--- The module no longer has the connection, and with it data that was not read.
function Input:on_missing()
  self.failure = self.failure or errors.new { name = "data_lost", origin = "aithinker",
    message = self.connection:title() .. " is gone, and the module has not said so: data of it may be missing",
    hint = "The module has restarted, or what it said got lost: modem:line_errors() counts what looked wrong." }
end

--- The module no longer has the connection. What it has announced, and nobody has read, is lost.
function Input:on_deleted()
  self.has_data = false
  if self.announced > (self.answered and 1 or 0) and not self.failure then
    self.failure = errors.new { name = "data_lost", origin = "aithinker",
      message = self.connection:title() .. " has ended, and the module has deleted it before all data was read",
      hint = "Read data as it arrives; push mode has the module send it at once." }
  end
  if not self.read_lock.held then take_behind(self) end -- otherwise the task that reads does this afterwards
end

return Input
