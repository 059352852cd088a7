--- A connection of an Ai-Thinker module: client, seed or UDP server, TLS or not.
---
--- What has come is read at once, one packet a read, until a read gives nothing: the module keeps packets in its little
--- memory, acknowledged, and drops them when that runs low (vendor's skill pages). In push mode the event carries the
--- data. Both kinds of event are understood in either mode, for the mode is the module's and not a connection's.
---
--- A TCP client that has lost its server may connect anew by itself (framework P2.27.0 and later). That would be
--- another stream: a connection that has ended stays ended here, and is deleted in the module as soon as it has been
--- read out.

local Buffer = require "hayes.stream.buffer"
local DataMode = require "hayes.stream.data_mode"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local Lock = require "hayes.lock"
local transparent = require "hayes.dialect.aithinker.transparent"
local wait = require "hayes.wait"

--- The module sends what is longer in pieces of this size (page, AT+SOCKETSEND).
local CHUNK = 1024

--- So much is read ahead of those who receive, bytes; what is more stays in the module.
local MOST_AHEAD = 1048576

local UDP_SERVER = 1

local Connection = { chunk = CHUNK }
Connection.__index = Connection

---@class hayes.aithinker.opening
---@field type integer   of AT+SOCKET
---@field what string    "TCP connection"
---@field host string
---@field port integer
---@field mode "buffer"|"push"
---@field auto? boolean  commands of others interrupt transparent transmission
---@field slots? table<hayes.aithinker.slot, string>  what it needs in the slots for certificates

---@param registry table with forget(connection), rows() and mode(), which the module is in
---@param id integer ConID
---@param opening hayes.aithinker.opening
function Connection.new(modem, registry, id, opening)
  local self = setmetatable({
    modem = modem, registry = registry, id = id, type = opening.type, what = opening.what,
    host = opening.host, port = opening.port, mode = opening.mode, auto = opening.auto or false,
    slots = opening.slots or false,
    arrived = Buffer.new(), -- read from the module, or pushed by it
    behind = Buffer.new(),  -- pushed while older packets are still to be read
    turn = Lock.new(),      -- one task at a time reads
    arrivals = 0,           -- notifications so far
    has_data = false,       -- notified, and not yet read to the end
    peer_closed = false,
    deleted = false,        -- the module knows it no longer
    renewed = false,        -- the module has connected anew: what it has is of another stream
    doubtful = false,       -- silent for so long that a notification may have got lost
    owed = false,           -- data was announced that was not pushed, and not been read yet
    damaged = false,        -- the error that ended it because bytes were lost on the line
    lost = false,           -- the error that ended it without a word to the module
    gone = false,           -- the module has it no longer: it has restarted, or the port is closed
    closing = false,        -- it is being deleted in the module in the background
    fetching = false,
    stale = false,          -- an answer was about another connection that has its ConID now
  }, Connection)
  -- Events that stand after the answer do not change what it was about: firmware that deletes a connection when it
  -- is read to the end says so right after the last packet.
  self.read_request = { patient = true, owner = self, ended = function() self.stale = self.deleted or self.renewed end }
  return self
end

--- What it is called in messages.
function Connection:title()
  return ("the %s to %s:%s"):format(self.what, self.host, self.port)
end

local function closed_error(self)
  return errors.new { name = "closed", origin = "aithinker", sent = 0,
    message = self:title() .. " was closed by the other end" }
end

local function ended_error(self)
  return self.lost or closed_error(self)
end

local function notify(self)
  if self.watch then self.watch() end
end

-- Reading

--- Bytes of what has come were lost on the line, or came twice: what comes after them would be in the wrong place, so
--- it ends here.
local function end_damaged(self, err)
  self.damaged = self.damaged or err
  self.failure, self.has_data = self.failure or err, false
  notify(self)
  return err
end

--- The data that the module pushed last was damaged.
---@param kind "short_read"|"long_read"
function Connection:on_damage(kind)
  end_damaged(self, failure.damaged(kind, "the data of " .. self:title(), "aithinker"))
end

--- Which of the bytes that came were data is not known then: the stream is not to be trusted any more.
local function short_read(self, response)
  return end_damaged(self, errors.new { name = "short_read", origin = "aithinker",
    message = ("the module announced %d bytes and gave %d of %s"):format(#response.data + response.missing,
      #response.data, self:title()),
    hint = "The line loses bytes: use a lower speed; these modules have no flow control." })
end

--- Is this the answer to a read of this connection: `+SOCKETREAD,1,5` and data, or `+SOCKETREAD,1,0` and none?
local function is_answer(self, response)
  local id, length = (response[1] or ""):match("^%+SOCKETREAD[,:] *(%d+), *(%d+),?$")
  return tonumber(id) == self.id and (response.data ~= nil or tonumber(length) == 0)
end

--- Reads one packet: its bytes, "" when there is none, or nil and the error. Only while holding the turn.
local function read_packet(self)
  local arrivals, owed = self.arrivals, self.owed
  self.owed = false -- from here on: by events that stand after the answer
  local response, err = exchange.run(self.modem, "AT+SOCKETREAD=" .. self.id, self.read_request)
  if not response then self.owed = self.owed or owed end
  if self.lost then return nil, self.lost end
  if response and self.stale or not response and (self.deleted or self.renewed) then
    self.has_data = false
    return ""
  end
  if not response then
    self.has_data = false
    if err.name == "short_read" or err.name == "long_read" then
      return nil, end_damaged(self, errors.within(err, "receiving from " .. self.host))
    end
    if self.peer_closed and err.result then return "" end
    return nil, errors.within(err, "receiving from " .. self.host)
  end
  if response.missing then return nil, short_read(self, response) end
  if not is_answer(self, response) then
    return nil, end_damaged(self, failure.damaged("short_read", "what was read from " .. self:title(), "aithinker"))
  end
  if response.data and response.data ~= "" then return response.data end
  if owed then
    return nil, end_damaged(self, failure.damaged("short_read", "the data of " .. self:title(), "aithinker"))
  end
  if arrivals == self.arrivals then self.has_data = false end
  return ""
end

local function take_behind(self)
  while self.behind.size > 0 do self.arrived:put(self.behind:take(self.behind:first_length())) end
end

--- Reads the packets that the module has. Only while holding the turn.
local function read_out(self)
  while self.has_data and not self.lost and not transparent.is_online(self) and self.arrived.size < MOST_AHEAD do
    local bytes, err = read_packet(self)
    if not bytes then
      self.failure, self.has_data = err, false
      break
    end
    self.arrived:put(bytes)
    if bytes ~= "" then notify(self) end
  end
  if not self.has_data then take_behind(self) end
end

--- Ends it in the module, too: seeds stay in its table until they are deleted, and clients connect anew.
local function delete(self)
  if self.deleted or self.lost then return true end
  self.deleted = true
  local ended = self.peer_closed
  local response, err = exchange.run(self.modem, "AT+SOCKETDEL=" .. self.id, { owner = self })
  self.registry.forget(self)
  if response or ended or self.lost or err.code == 110 then return true end
  return nil, err
end

local function fetch_task(self)
  do
    local _turn <close> = self.turn:take()
    read_out(self)
    self.fetching = false
  end
  if self.peer_closed and not self.has_data then delete(self) end
  notify(self)
end

--- Reads what there is as a task, and deletes the connection after that if it has ended.
local function fetch(self)
  if self.fetching or self.lost or self.deleted or self.modem.closed_with then return end
  if transparent.is_passing(self) then return end -- what is unread comes as data
  self.fetching = true
  wait.spawn_detached(fetch_task, self)
end

--- What has come already, without waiting.
function Connection:take()
  if self.arrived.size == 0 then return nil end
  local bytes = self.arrived:take(self.arrived:first_length())
  if self.has_data then fetch(self) end
  return bytes
end

--- Reads once: bytes, "" when there are none, or nil and the error.
function Connection:receive()
  if self.arrived.size == 0 and not self.lost and (self.has_data or self.doubtful or self.turn.held) then
    local _turn <close> = self.turn:take()
    if self.arrived.size == 0 and not transparent.is_online(self) and (self.has_data or self.doubtful) then
      self.has_data = not self.deleted
      read_out(self)
    end
    self.doubtful = false
  end
  local bytes = self:take()
  if bytes then return bytes end
  if self.lost then return nil, self.lost end
  if self.failure then return nil, self.failure end
  if self.peer_closed then return nil, ended_error(self) end
  return ""
end

--- Something true when receive() may give something.
function Connection:readable()
  return self.arrived.size > 0 or self.has_data and not transparent.is_online(self) or self.peer_closed or self.lost
    or self.failure
    or self.doubtful and self.mode == "buffer"
end

-- What the module says of it

--- Data has come, and may be there.
function Connection:on_data(bytes)
  if self.peer_closed and self.renewed or self.damaged then return end
  self.arrivals = self.arrivals + 1
  self.heard = true
  if not bytes then
    self.has_data = true
    -- In push mode the data stands in the event; where it does not, the module must have it, or the line lost a comma.
    self.owed = self.registry.mode() == "push"
    fetch(self)
  elseif self.has_data then
    self.behind:put(bytes)
  else
    self.arrived:put(bytes)
  end
  notify(self)
end

--- Data has come while the line is its. What the module had told of before and was not asked for comes like this, too.
function Connection:on_through(bytes)
  self.has_data = false
  take_behind(self)
  self:on_data(bytes)
end

--- It has ended; what is unread can still be read.
function Connection:on_closed()
  if self.peer_closed then return end
  self.peer_closed = true
  fetch(self)
  notify(self)
end

--- The module has connected anew, by itself. What was still to be read of this stream cannot be told from what comes on
--- the new one.
function Connection:on_renewed()
  if self.has_data and not self.failure then
    self.failure = errors.new { name = "data_lost", origin = "aithinker",
      message = self:title() .. " has ended, and the module has connected anew before all that had come was read",
      hint = "Read as it comes. Firmware that connects anew by itself keeps nothing of an earlier connection apart." }
  end
  self.renewed = true
  self.has_data = false
  self:on_closed()
end

--- It has ended and its slot is free.
function Connection:on_deleted()
  self.peer_closed, self.deleted, self.has_data = true, true, false
  if not self.turn.held then take_behind(self) end -- else who reads does it, after what is being read
  self.registry.forget(self)
  notify(self)
end

--- Ends it for good without a word to the module: it has restarted, or the port is closed.
function Connection:lose(err)
  self.lost, self.gone = self.lost or err, true
  if self.data then self.data:lose(err) end
  notify(self)
end

--- Deletes it in the module in the background, as soon as that answers.
local function delete_later(self)
  if self.closing then return end
  self.closing = true
  exchange.insist(self.modem, "AT+SOCKETDEL=" .. self.id, function()
    self.deleted = true
    self.registry.forget(self)
  end, self)
end

--- Ends it here, while the module may have it still: transparent transmission could not be left, or returned to.
function Connection:give_up(err)
  if self.gone or self.deleted then return end
  self.lost = self.lost or err
  delete_later(self)
  notify(self)
end

-- Sending

--- Its row in the module's table; nil when there is none, false when the module does not say.
local function find_row(self)
  local rows = self.registry.rows()
  if not rows then return false end
  for _, row in ipairs(rows) do
    if row.ConID == self.id then return row end
  end
end

--- Has it gone without a word? Some firmware takes data for a connection that is not there and says nothing
--- (V4.18_P23.2.1).
local function is_gone(self)
  return find_row(self) == nil
end

local function is_row_up(self, row)
  return row ~= nil and (self.registry.may_be_up(row) or self.type == UDP_SERVER)
end

--- Is it connected still, as far as the module tells?
function Connection:is_up()
  local row = find_row(self)
  return row == false or is_row_up(self, row)
end

--- The same for a call in place of a task, in front of the commands of all others.
---@param tell fun(up: boolean)
function Connection:ask_whether_up(tell)
  self.registry.ask_row(self.id, function(row) tell(row == false or is_row_up(self, row)) end)
end

local function send_failure(self, err, bytes)
  local explained = errors.within(err, "sending to " .. self.host)
  if err.name == "timeout" and not err.queued then
    if not self.deleted and is_gone(self) then
      self:on_deleted()
      explained = closed_error(self)
    end
    -- Without an answer it is not known whether the bytes were taken: no more may follow them.
    explained.uncertain = #bytes
  end
  explained.sent = 0
  return explained
end

--- The error that sending ends with from now on; nil: none is known.
function Connection:refusal()
  if self.damaged then return self.damaged end
  return (self.lost or self.peer_closed) and ended_error(self) or nil
end

Connection.deadlock = DataMode.deadlock

--- Sends up to 1024 bytes.
function Connection:send(bytes)
  if self.mode == "transparent" then return DataMode.send_from(self, bytes, ended_error) end
  if self.type == UDP_SERVER and not self.heard then
    return nil, errors.new { name = "no_peer", origin = "aithinker", sent = 0,
      message = "nobody has sent the UDP server anything yet: there is nobody to answer",
      hint = "A UDP server of the module sends to its first client; receive first." }
  end
  local command = ("AT+SOCKETSEND=%d,%d"):format(self.id, #bytes)
  local refusal = self:refusal()
  if refusal then return nil, refusal end
  local response, err = exchange.run(self.modem, command, { data = bytes, owner = self })
  if response then return true end
  return nil, send_failure(self, err, bytes)
end

-- Transparent transmission

--- Only while holding the turn: nobody may be about to read. The lock keeps others from opening a second connection.
local function enter_transparent(self, options)
  local _opening <close> = self.registry.opening:take()
  local ok, err
  repeat
    read_out(self)
    ok, err = self.registry.may_be_transparent(self)
    if not ok then return nil, err end
  until not self.has_data or self.arrived.size >= MOST_AHEAD
  ok, err = transparent.open(self, options)
  if ok then return true end
  if self.has_data then fetch(self) end
  return nil, err
end

--- In command mode again: firmware from framework P2.31.1 on has kept it to itself if the connection has ended.
local function look_for_end(self)
  if not self:is_up() then self:on_closed() end
end

--- Goes on in another access mode. From "buffer" to "push" and back the module changes for all of its connections. In
--- "transparent", firmware from framework P2.31.1 on does not tell that the other end has closed: leaving it finds out,
--- as does escape().
---@param mode "buffer"|"push"|"transparent"
---@param options? { target: "first"|"last" }  of a UDP server in transparent mode: whom data goes to ("first")
---@return true?, hayes.error?
function Connection:switch(mode, options)
  if mode == self.mode then return true end
  if self.lost or self.peer_closed then return nil, ended_error(self) end
  local _claim <close>, refusal = DataMode.claim(self.modem, mode)
  if refusal then return nil, refusal end
  local ok, err
  if self.mode == "transparent" then
    ok, err = transparent.leave(self)
    if not ok then return nil, err end
    self.mode = "buffer"
    look_for_end(self)
    if self.peer_closed then return nil, ended_error(self) end
  end
  local _turn <close> = self.turn:take()
  if mode == "transparent" then
    ok, err = enter_transparent(self, options)
  else
    read_out(self)
    local _opening <close> = self.registry.opening:take() -- a connection may be about to be opened in another mode
    ok, err = self.registry.set_mode(mode)
  end
  if not ok then return nil, err end
  self.mode = mode
  return true
end

--- Raises when this mode, or its options, make no sense for this connection.
Connection.check_switch = transparent.check

--- Leaves transparent transmission for commands, or returns to it.
function Connection:escape()
  local ok, err = self.data:escape()
  if ok then look_for_end(self) end
  if self.has_data then fetch(self) end
  return ok, err
end

function Connection:resume()
  local _turn <close> = self.turn:take()
  return self.data:resume()
end

-- The end

--- Closes it and frees the slot in the module.
function Connection:close()
  if self.released then return true end
  self.released = true
  if self.data then transparent.leave(self) end
  if self.closing then return true end -- in the background
  if self.lost then
    self.registry.forget(self)
    return true
  end
  return delete(self)
end

--- The same as a task, for a socket that was dropped without being closed.
function Connection:abandon()
  if self.released or self.lost or self.modem.closed_with then return end
  if self.data then self.data:abandon() end
  wait.spawn_detached(self.close, self)
end

local function local_port(row)
  return row and row.local_port and math.max(row.local_port, 0) or 0
end

--- What the module tells of it.
function Connection:describe()
  if self.lost then return nil, self.lost end
  local row
  if not transparent.is_online(self) and not self.deleted then
    local rows, err = self.registry.rows { withdraw = true }
    if not rows then return nil, err end
    for _, candidate in ipairs(rows) do
      if candidate.ConID == self.id then row = candidate end
    end
    if not row then return { state = "closed", remote_ip = self.host, remote_port = self.port, local_ip = "0.0.0.0",
      local_port = 0 } end
  end
  local gone = self.peer_closed or self.deleted
  return {
    state = gone and "closed" or row and row.state or "connected",
    remote_ip = row and row.remote_host ~= "" and row.remote_host or self.host,
    remote_port = row and row.remote_port and row.remote_port > 0 and row.remote_port or self.port,
    local_ip = "0.0.0.0", local_port = local_port(row),
  }
end

return Connection
