--- A connection of an Ai-Thinker module: client, seed or UDP server, TLS or not.
---
--- The module may reconnect a TCP client that has lost its server (framework P2.27.0 and later). That would be another
--- stream, so a connection that has ended stays ended here, and is deleted in the module once all data has been read.

local DataMode = require "hayes.stream.data_mode"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local Input = require "hayes.dialect.aithinker.input"
local SocketTable = require "hayes.dialect.aithinker.socket_table"
local transparent = require "hayes.dialect.aithinker.transparent"
local wait = require "hayes.wait"

--- The module splits longer data into pieces of this size, bytes (page, AT+SOCKETSEND).
local CHUNK = 1024

local UDP_SERVER, UDP_CLIENT = 1, 2

--- Time for the module to report an end, and to push what came before it, that has just come, seconds.
local REPORTED_WITHIN = 1

---@class hayes.aithinker.connection
local Connection = { chunk = CHUNK }
Connection.__index = Connection

---@class hayes.aithinker.opening
---@field type integer   of AT+SOCKET
---@field what string    "TCP connection"
---@field host string
---@field port integer
---@field mode "buffer"|"push"
---@field auto? boolean  transparent transmission is interrupted for other commands
---@field slots? table<hayes.aithinker.slot, string>  the contents that it needs in the slots for certificates

---@param registry hayes.aithinker.sockets
---@param id integer ConID
---@param opening hayes.aithinker.opening
function Connection.new(modem, registry, id, opening)
  local self = setmetatable({
    modem = modem, registry = registry, id = id, type = opening.type, what = opening.what,
    host = opening.host, port = opening.port, mode = opening.mode, auto = opening.auto or false,
    slots = opening.slots or false,
    datagrams = opening.type == UDP_SERVER or opening.type == UDP_CLIENT,
    peer_closed = false,
    deleted = false,        -- the module no longer has it in its table
    renewed = false,        -- the module has reconnected: its data belongs to another stream
    doubtful = false,       -- silent for so long that a notification may have been lost
    maybe_ended = false,    -- silent for so long that the report of its end may have been lost
    lost = false,           -- the error that has ended it here, though it was not deleted in the module
    gone = false,           -- the module has restarted, or the port is closed
    closing = false,        -- it is being deleted in the module in the background
    -- `owner` of its commands. gone: its ConID is another connection's since; damaged: the line has lost bytes of it.
    place = { gone = false, lost = false, damaged = false },
  }, Connection)
  self.input = Input.new(self)
  return self
end

--- Its name in messages.
function Connection:title()
  return ("the %s to %s:%s"):format(self.what, self.host, self.port)
end

local function closed_error(self)
  return errors.closed(self:title(), "the other end", { origin = "aithinker", sent = 0 })
end

local function ended_error(self)
  return self.lost or closed_error(self)
end

--- Tells the socket that there may be something to receive.
function Connection:notify()
  if self.watch then self.watch() end
end

-- Reading

--- The data that the module pushed last was damaged on the line.
---@param kind "short_read"|"long_read"
function Connection:on_damage(kind)
  self.input:end_damaged(failure.damaged(kind, "the data of " .. self:title(), "aithinker"))
end

--- The module no longer has it, and may give its ConID to another connection: no command of this one goes out any more.
local function leave_place(self)
  self.place.gone, self.place.lost = true, ended_error(self)
end

--- Deletes it in the module in the background, as soon as the module responds.
local function delete_later(self)
  if self.closing then return end
  self.closing = true
  exchange.insist(self.modem, "AT+SOCKETDEL=" .. self.id, function()
    self.deleted = true
    self.registry:forget(self)
  end, { owner = self.place })
end

--- Deletes it in the module, where seeds would stay in the table, and clients would be reconnected. A module that does
--- not answer is told again later.
local function delete(self)
  if self.deleted or self.lost then return true end
  self.deleted = true
  local ended = self.peer_closed
  local response, err = exchange.run(self.modem, "AT+SOCKETDEL=" .. self.id,
    { owner = self.place, ended = function() leave_place(self) end })
  local over = response or self.lost or self.place.gone or err.code == 110
  if not over and not err.result and not self.modem.closed_with then
    delete_later(self)
  else
    self.registry:forget(self)
  end
  if over or ended then return true end
  return nil, err
end

--- All data has been read, or no more can be.
function Connection:on_read_out()
  if self.peer_closed and not self.input.has_data then delete(self) end
  self:notify()
end

--- Data that has been read or pushed already; nil if there is none. Does not wait.
function Connection:take()
  return self.input:take()
end

--- Asks the module whether it has ended, as the line may have lost the event. The state of a UDP socket does not tell.
local function check_for_end(self)
  self.maybe_ended = false
  if self.datagrams or self.peer_closed then return end
  local row = self.registry.table:row(self, { owner = self.place })
  if row == false or row and not SocketTable.is_dead(row) then return end
  wait.sleep(REPORTED_WITHIN)
  if self.peer_closed or self.lost then return end
  if row then self:on_found_closed() else self:on_missing() end
end

--- Reads once: bytes, "" when there are none, or nil and the error.
function Connection:receive()
  local input = self.input
  if self.maybe_ended then check_for_end(self) end
  input:look()
  local bytes = input:take()
  if bytes then return bytes end
  if self.lost then return nil, self.lost end
  if input.failure then return nil, input.failure end
  if self.peer_closed then return nil, ended_error(self) end
  return ""
end

--- Something true if receive() may return data or the end.
function Connection:readable()
  return self.input:is_ready() or self.peer_closed or self.lost or self.doubtful and self.mode == "buffer"
    or self.maybe_ended and self.mode ~= "transparent"
end

-- Events

--- The module has announced data; in push mode it is here.
function Connection:on_data(bytes)
  if self.peer_closed and self.renewed or self.input.failure then return end
  self.input:on_data(bytes, self.registry.mode == "push")
  self:notify()
end

--- Data has arrived in transparent transmission. Data that was announced before and not read arrives in this way, too.
function Connection:on_through(bytes)
  self.input:on_through()
  self:on_data(bytes)
end

--- The connection has ended. Unread data can still be read.
function Connection:on_closed()
  if self.peer_closed then return end
  self.peer_closed = true
  self.input:fetch()
  self:notify()
end

--- The same, where no event has said so, but the module when it was asked.
function Connection:on_found_closed()
  self.input:suspect_data()
  self:on_closed()
end

--- The module has reconnected it by itself.
function Connection:on_renewed()
  self.input:on_renewed()
  self.renewed = true
  self:on_closed()
end

--- The connection has ended, and the module has freed its slot.
function Connection:on_deleted()
  self.peer_closed, self.deleted = true, true
  leave_place(self)
  self.input:on_deleted()
  self.registry:forget(self)
  self:notify()
end

--- The module no longer has it, or has given its ConID to another connection. Data that was not read
--- has gone with it, and where not even its end was reported there may be such data that nobody knows of.
function Connection:on_missing()
  if self.input.has_data or not self.peer_closed then self.input:on_missing() end
  self:on_deleted()
end

--- The module no longer has it: the module has restarted, or the port is closed.
function Connection:lose(err)
  self.lost, self.gone = self.lost or err, true
  leave_place(self)
  if self.data then self.data:lose(err) end
  self:notify()
end

--- Ends it here because transparent transmission could not be left or resumed; the module may still have it.
function Connection:give_up(err)
  if self.gone or self.deleted then return end
  self.lost = self.lost or err
  delete_later(self)
  self:notify()
end

-- Sending

--- Whether it has ended without an event. Some firmware accepts data for a connection that does not exist, and does not
--- answer (V4.18_P23.2.1).
local function is_gone(self)
  return self.registry.table:row(self) == nil
end

--- Takes note of its end, if that is what the module lists of it (SocketTable:row). True: it has ended. Where it is not
--- listed at all, though no event has told of its end, nobody knows what has gone with it.
local function note_end(self, row)
  if row == false or row and SocketTable.is_up(row) then return false end
  if row then self:on_found_closed() else self:on_missing() end
  return true
end

--- Asks the module without waiting, ahead of all commands in the queue, whether it still lists the connection as one
--- that is up, and calls tell() with the answer; true if the module does not tell.
---@param tell fun(up: boolean)
function Connection:ask_whether_up(tell)
  self.registry.table:ask_row(self, function(row)
    local known = self.lost or self.peer_closed -- by now, whatever became of the question
    tell(not known and (row == false or row ~= nil and SocketTable.is_up(row)))
  end)
end

--- The module refuses to go back to its transparent transmission (105): it has ended meanwhile, unless it is listed as
--- one that is up.
---@param reason hayes.error
function Connection:on_refused(reason)
  self.registry.table:ask_row(self, function(row)
    if not note_end(self, row) then self:give_up(reason) end
  end)
end

local function send_failure(self, err, bytes)
  local explained = errors.within(err, "sending to " .. self.host)
  if err.name == "timeout" and not err.queued then
    if not self.deleted and is_gone(self) then
      self:on_missing()
      explained = closed_error(self)
    end
    -- Without an answer it is unknown whether the module has accepted the bytes, so no more may follow them.
    explained.uncertain = #bytes
  end
  explained.sent = 0
  return explained
end

--- The error that send() would return, if the connection is known to have ended; otherwise nil.
function Connection:refusal()
  if self.place.damaged then return self.place.damaged end
  return (self.lost or self.peer_closed) and ended_error(self) or nil
end

Connection.deadlock = DataMode.deadlock

--- Sends up to 1024 bytes.
function Connection:send(bytes, on_written)
  if self.mode == "transparent" then return DataMode.send_from(self, bytes, ended_error) end
  if self.type == UDP_SERVER and self.input.arrivals == 0 then
    return nil, errors.new { name = "no_peer", origin = "aithinker", sent = 0,
      message = "nobody has sent the UDP server anything yet: there is nobody to answer",
      hint = "A UDP server of the module sends to its first client; receive first." }
  end
  local command = ("AT+SOCKETSEND=%d,%d"):format(self.id, #bytes)
  local refusal = self:refusal()
  if refusal then return nil, refusal end
  local response, err = exchange.run(self.modem, command, { data = bytes, owner = self.place,
    progress = on_written and function(count)
      if count >= #bytes then on_written() end
    end })
  if response then return true end
  return nil, send_failure(self, err, bytes)
end

-- Transparent transmission

--- To be called while nobody else reads (`input.read_lock`). The lock keeps others from opening a second connection.
local function enter_transparent(self, options)
  local _opening <close> = self.registry.opening:take()
  local ok, err
  repeat
    self.input:read_out()
    ok, err = self.registry.table:may_be_transparent(self)
    -- It may have ended meanwhile, and what the module lists be another one with its ConID.
    err = self:refusal() or err
    if not ok or err then return nil, err end
  until not self.input.has_data or self.input:is_full()
  ok, err = transparent.open(self, options)
  if ok and not self.peer_closed then return true end
  if ok then -- it has ended before the module entered: what is left is read as before
    transparent.leave(self)
    err = ended_error(self)
  end
  if self.input.has_data then self.input:fetch() end
  return nil, err
end

--- Back in command mode: firmware from framework P2.31.1 on has not reported whether the connection has ended.
local function look_for_end(self)
  if not (self.lost or self.deleted) then note_end(self, self.registry.table:row(self)) end
end

--- Switches to another access mode. Between "buffer" and "push" the module switches all of its connections. In
--- "transparent", firmware from framework P2.31.1 on does not report that the other end has closed the connection;
--- leaving that mode or escape() finds out.
---@param mode "buffer"|"push"|"transparent"
---@param options? { target: "first"|"last" }  for a UDP server in transparent mode: the client to send to ("first")
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
  local _reading <close> = self.input.read_lock:take()
  if mode == "transparent" then
    ok, err = enter_transparent(self, options)
  else
    self.input:read_out()
    local _opening <close> = self.registry.opening:take() -- a connection may be about to be opened in another mode
    ok, err = self.registry:set_mode(mode)
  end
  if not ok then return nil, err end
  self.mode = mode
  return true
end

--- Raises if this connection cannot have this mode or these options.
Connection.check_switch = transparent.check

--- Leave transparent transmission for commands, and resume it.
function Connection:escape()
  local ok, err = self.data:escape()
  if ok then look_for_end(self) end
  if self.input.has_data then self.input:fetch() end
  return ok, err
end

function Connection:resume()
  local _reading <close> = self.input.read_lock:take()
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
    self.registry:forget(self)
    return true
  end
  return delete(self)
end

--- Closes it in a task of its own, for a socket that was collected without being closed.
function Connection:abandon()
  if self.released or self.lost or self.modem.closed_with then return end
  if self.data then self.data:abandon() end
  wait.spawn_detached(self.close, self)
end

local function local_port(row)
  return row and row.local_port and math.max(row.local_port, 0) or 0
end

--- What the module reports about it.
function Connection:describe()
  if self.lost then return nil, self.lost end
  local row
  if not transparent.is_online(self) and not self.deleted then
    local err
    row, err = self.registry.table:row(self, { withdraw = true })
    if row == false then return nil, err end
    if not row then self:on_missing() end
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
