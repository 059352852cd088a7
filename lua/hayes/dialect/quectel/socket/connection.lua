--- A connection of a Quectel module. TLS and other connections differ in the names of their commands; both have three
--- access modes (SSL note 1.4).
---
--- In buffer access mode the module announces data once, and not again until all of it has been read; so the connection
--- is read until a read returns nothing. A `closed` that arrives before that takes effect afterwards. In direct push
--- mode the URC carries the data. In transparent access mode the line carries the data, and commands wait.

local access_mode = require "hayes.dialect.quectel.socket.access_mode"
local Buffer = require "hayes.stream.buffer"
local commands = require "hayes.declare.command"
local DataMode = require "hayes.stream.data_mode"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local reason = require "hayes.dialect.quectel.reason"
local Send = require "hayes.dialect.quectel.socket.send"
local state = require "hayes.dialect.quectel.socket.state"
local wait = require "hayes.wait"

---@class hayes.quectel.family
---@field what string     "TLS connection"
---@field plural string
---@field urc string      the prefix of its URCs
---@field origin string   of errors
---@field send string     `AT+QSSLSEND`
---@field receive string
---@field close string
---@field state string   the command that asks for one connection, up to its index: "QISTATE=1,"
---@field state_command string the command that lists all connections
---@field other_state string    like `state`, for the other kind of connection, which may have the same index
---@field other_what string     "TLS connection"
---@field must_know boolean     the access mode is switched only if it is known that there is none of the other kind
---@field forget fun(connection: table) frees the socket index

local MOST_SENT, MOST_READ = 1460, 1500

--- So much is read of a datagram at once. What fills a read may go on in the next, so this is a length that datagrams
--- rarely have.
local DATAGRAM_READ = 1499

--- Pause before a send that found the module's buffer full is repeated, and the longest after doubling it, seconds.
local RETRY_FIRST, RETRY_LAST = 0.02, 1

--- Error code for a connection whose PDP context was deactivated (SSL and TCP/IP notes).
local CONTEXT_LOST = 570

--- Longest time for which the buffer may stay full, seconds.
local FULL_FOR = 120

---@class hayes.quectel.connection
local Connection = { modes = access_mode.numbers }
Connection.__index = Connection

---@param family hayes.quectel.family
---@param opening hayes.quectel.opening
function Connection.new(modem, family, id, opening)
  local mode, datagrams = opening.mode, opening.datagrams
  local declared, most = modem.dialect.commands, datagrams and DATAGRAM_READ or MOST_READ
  most = commands.most(declared, "+" .. family.receive, 2, most, 1)
  local self = setmetatable({
    modem = modem, family = family, id = id, host = opening.host, port = opening.port, mode = mode,
    auto = opening.auto, datagrams = datagrams,
    pushed = Buffer.new(), -- what has come without being asked for
    read_command = ("AT+%s=%d,%d"):format(family.receive, id, most),
    send_command = ("AT+%s=%d,"):format(family.send, id), -- the length follows
    chunk = commands.most(declared, "+" .. family.send, 2, MOST_SENT, 1),
    arrivals = 0,      -- notifications so far
    has_data = false,  -- data was announced, and has not been read to the end
    peer_closed = false,
    opened_in = mode,  -- nil after its mode has been switched
    doubtful = false,  -- the module may have data that it has not announced
    maybe_ended = false, -- silent for so long that the report of its end may have been lost
    ended_by = false,  -- the error that it has ended with, if the server has not closed it
    lost = false,      -- the error that has ended it here, though it was not closed in the module
    damaged = false,   -- the error that has ended it because the line has lost bytes of it
    gone = false,      -- the module no longer has it: the module has restarted, or the port is closed
    closing = false,   -- it is being closed in the module
  }, Connection)
  self.read_request = { into = {}, patient = true, owner = self }
  return self
end

--- Whether the announcements of received data carry the data, as they do in push mode.
---@param pushes boolean
function Connection:expect_blocks(pushes)
  exchange.expect_blocks(self.modem, self.family.urc, self.id, pushes)
end

local function describe(self)
  return ("%s to %s:%s"):format(self.family.what, self.host, self.port)
end

local leave_data_mode

local function notify(self)
  if self.watch then self.watch() end
end

--- The module has announced data; in push mode it is here.
function Connection:on_data(bytes)
  if self.damaged then return end -- it would follow a gap
  self.arrivals = self.arrivals + 1
  if bytes then self.pushed:put(bytes) else self.has_data = true end
  if bytes and self.mode ~= "buffer" then self.has_data = false end -- it was announced before the switch, and comes now
  notify(self)
end

--- The module has reported the end of the connection.
function Connection:on_closed()
  self.peer_closed = true
  notify(self)
end

--- This program deactivates its data connection (PDP context), or has tried to: what the module says of the connection
--- until then is not the server's doing.
---@param begins boolean
function Connection:on_detaching(begins)
  if self.peer_closed or self.lost then return end
  self.ended_by = begins and errors.new { name = failure.coded(self.modem, CONTEXT_LOST, "").name, code = CONTEXT_LOST,
    origin = self.family.origin,
    message = ("the %s has ended: this program has deactivated PDP context %d"):format(describe(self),
      self.pdp_context) }
end

--- The data connection (PDP context) that it uses is over, whether the module says of the connection itself that it has
--- ended or not. What the module has received can still be read.
function Connection:on_detached()
  if self.peer_closed or self.lost then return end
  self.ended_by = self.ended_by or failure.coded(self.modem, CONTEXT_LOST, "keeping the " .. describe(self))
  self:on_closed()
end

--- Received bytes were lost or duplicated on the line. Later data would follow a gap, so the connection ends here.
---@param err hayes.error
local function end_damaged(self, err)
  self.damaged = self.damaged or err
  self.has_data = false
  notify(self)
  return err
end

--- The data that the module pushed last was damaged on the line.
---@param kind "short_read"|"long_read"
function Connection:on_damage(kind)
  end_damaged(self, failure.damaged(kind, "the data of the " .. describe(self), self.family.origin))
end

--- The module no longer has it: the module has restarted, or the port is closed.
function Connection:lose(err)
  self.lost, self.gone = self.lost or err, true
  if self.data then self.data:lose(err) end
  notify(self)
end

--- The command that closes it, and the request with it: it may take as long as the option close_timeout says.
local function closing_command(self)
  local seconds = self.close_timeout
  if not seconds then return ("AT+%s=%d"):format(self.family.close, self.id), { owner = self } end
  return ("AT+%s=%d,%d"):format(self.family.close, self.id, seconds), { timeout = seconds + 15, owner = self }
end

--- Closes it in the module in the background, as soon as that answers; its index is not used before.
local function close_later(self)
  if self.closing then return end
  self.closing = true
  local text, request = closing_command(self)
  exchange.insist(self.modem, text, function() self.family.forget(self) end, request)
end

--- Ends it here because data mode could not be left or resumed; the module may still have it.
local function give_up(self, err)
  if self.gone then return end
  self.lost = self.lost or err
  close_later(self)
  notify(self)
end

--- Something true if receive() may return data or the end.
function Connection:readable()
  return self.pushed.size > 0 or self.peer_closed or self.lost or self.damaged
    or (self.has_data or self.doubtful) and self.mode == "buffer"
    or self.maybe_ended and self.mode ~= "transparent"
end

local function closed_error(self)
  return self.ended_by or errors.closed("the " .. describe(self), "the server", { origin = self.family.origin })
end

--- The error of a command on this connection, with the number that the module gives for the failure.
local function explain(self, err, doing)
  if err.name == "reboot" or err.name == "port_gone" or err.name == "closed" then return err end
  return reason.error(self.modem, err, doing) or errors.within(err, doing)
end

local function lost_by_server(self)
  return self.lost or closed_error(self)
end

--- The error that send() would return, if the connection is known to have ended; otherwise nil.
function Connection:refusal()
  local err = self.lost or self.damaged
  if err then return err end
  return self.peer_closed and closed_error(self) or nil
end

Connection.deadlock = DataMode.deadlock

--- The module gives longer datagrams in pieces of this length, and the rest.
function Connection:piece_length()
  return self.mode == "push" and MOST_READ or DATAGRAM_READ
end

--- Sends up to 1460 bytes, waiting while the module's buffer is full.
function Connection:send(bytes, on_written)
  if self.mode == "transparent" then return DataMode.send_from(self, bytes, lost_by_server) end
  local command = self.send_command .. #bytes
  local retry, full_since = RETRY_FIRST, nil
  while true do
    local refusal = self:refusal()
    if refusal then return nil, refusal end
    local send <close> = Send.new(self, bytes, on_written)
    local response, err = exchange.run(self.modem, command, send)
    if response then return true end
    if err.result ~= "SEND FAIL" then
      local explained = explain(self, err, "sending to " .. self.host)
      explained.sent = 0
      -- Without an answer it is unknown whether the module has accepted the bytes, so no more may follow them.
      if err.name == "timeout" and not err.queued then explained.uncertain = #bytes end
      return nil, explained
    end
    full_since = full_since or wait.now()
    if wait.now() - full_since > FULL_FOR then
      return nil, errors.new { name = "send_buffer_full", origin = self.family.origin, sent = 0,
        message = ("the module could not pass anything on to %s for %d s"):format(self.host, FULL_FOR),
        hint = "The server does not read." }
    end
    wait.sleep(retry)
    if send.taken then return true end -- SEND OK after SEND FAIL (ESP8266)
    retry = math.min(retry * 2, RETRY_LAST)
  end
end

--- The first of the data that was pushed: the content of one URC.
local function take_pushed(self)
  local pushed = self.pushed
  return pushed:take(pushed:first_length())
end

--- The block was too short, and may have been followed by other bytes: the stream cannot be trusted any more.
local function short_read(self, response)
  return end_damaged(self, errors.new { name = "short_read", origin = self.family.origin,
    message = ("the module announced %d bytes and gave %d of the %s"):format(#response.data + response.missing,
      #response.data, describe(self)), hint = "The line loses bytes (use flow control), or the firmware miscounts." })
end

--- Whether the answer to a read says that there is no data, by a length of 0. With another length, or without the line,
--- there was data that the line has lost.
local function says_empty(self, response)
  return #response == 1 and response[1]:match("^%+" .. self.family.receive .. ": *0$") ~= nil
end

local function no_count(self)
  return end_damaged(self, failure.damaged("short_read", "what was read from the " .. describe(self),
    self.family.origin))
end

--- It is not in the module any more, and with it may have gone what the module had received.
local function end_missing(self, which)
  return end_damaged(self, errors.new { name = "short_read", origin = self.family.origin,
    message = ("the module does not have the %s any more%s"):format(describe(self), which),
    hint = "Connect again: the module has restarted, or another program has closed the connection." })
end

--- A read was refused after the server had closed. That is how some firmware says that all has been read; but data that
--- was announced is lost if the module does not have the connection any more.
local function refused_at_end(self)
  if not self.has_data then return closed_error(self) end
  local row, err = state.ask(self)
  if row == nil then return self.lost or explain(self, err, "receiving from " .. self.host) end
  if row then return closed_error(self) end
  return end_missing(self, ", for which it had announced data")
end

--- Asks the module whether it has ended, as the line may have lost the report.
local function look_for_end(self)
  self.maybe_ended = false
  if self.datagrams or self.peer_closed then return end
  local how = state.find_end(self)
  local is_known = self.peer_closed or self.lost or self.damaged or self.released -- by now
  if not how or is_known then return end
  if how == "closed" then self:on_closed() else end_missing(self, ", and has not said that it has ended") end
end

--- What receive() gives in a mode in which the module sends the data by itself, and has sent no more. What it announced
--- before it was switched from buffer mode may still be to come when the connection ends, or is lost.
local function nothing_pushed(self)
  if not self.peer_closed then return "" end
  return nil, self.has_data and no_count(self) or closed_error(self)
end

--- Data that the module has pushed; nil if there is none. Does not wait.
function Connection:take()
  if self.pushed.size > 0 then return take_pushed(self) end
end

--- Reads once: bytes, "" when there are none, or nil and the error.
function Connection:receive()
  if self.maybe_ended then look_for_end(self) end
  if self.released then return nil, closed_error(self) end -- meanwhile; its index may be another connection's
  if self.pushed.size > 0 then return take_pushed(self) end
  if self.lost or self.damaged then return nil, self.lost or self.damaged end
  if self.mode ~= "buffer" then return nothing_pushed(self) end
  local arrivals = self.arrivals
  self.doubtful = false
  local request = self.read_request
  local response, err = exchange.run(self.modem, self.read_command, request)
  local short = request.into
  if not response then
    request.into = {}
    if short and short.missing and short.missing > 0 then return nil, short_read(self, short) end
    if self.lost then return nil, self.lost end
    if failure.is_damage(err.name) then
      return nil, end_damaged(self, errors.within(err, "receiving from " .. self.host))
    end
    if self.peer_closed and err.result then return nil, refused_at_end(self) end
    local explained = explain(self, err, "receiving from " .. self.host)
    -- It went to the module, and what it gave is lost.
    if err.name == "timeout" and not err.queued then end_damaged(self, explained) end
    return nil, explained
  end
  if not response.data and not says_empty(self, response) then
    request.into = {}
    return nil, no_count(self)
  end
  if response.missing then
    request.into = {}
    return nil, short_read(self, response)
  end
  local data = response.data
  response[1], response.result, response.data, response.truncated = nil, nil, nil, nil
  if data then
    self.has_data = true -- more is not announced before a read has found nothing
    return data
  end
  if arrivals == self.arrivals then self.has_data = false end
  if self.peer_closed and not self.has_data then return nil, closed_error(self) end
  return ""
end

-- Access modes

--- Opens data mode with this command. The response, or nil and the error.
function Connection:go_online(text, request)
  local data = DataMode.new(self.modem, {
    auto = self.auto, origin = self.family.origin,
    received = function(bytes) self:on_data(bytes) end,
    ended = function(err)
      if err.name == "closed" then self:on_closed() else give_up(self, err) end
    end,
  })
  self.data = data
  local response, err = data:open(text, request)
  if not response then self.data = nil end
  return response, err
end

--- Leaves data mode for good: the connection changes its mode, or ends.
function leave_data_mode(self)
  local ok, err = self.data:finish()
  if ok then self.data = nil end
  return ok, err
end

--- Reads what the module still has, so that it precedes the data that will be pushed.
local function read_ahead(self)
  local ahead = {}
  local bytes, err
  repeat
    bytes, err = self:receive()
    ahead[#ahead + 1] = bytes
    local more = self.has_data and self.mode == "buffer" -- it may have been announced during the read
  until not bytes or bytes == "" and not more
  for _, part in ipairs(ahead) do self.pushed:put(part) end
  return bytes and true, err
end

--- Nobody knows in which mode it is: it is closed. A length in what the module says of it means that data follows,
--- since the lengths of buffer mode are switched off.
local function end_unknown_mode(self, err)
  self:expect_blocks(true)
  give_up(self, err)
end

--- Switches to another access mode (AT+QISWTMD, SSL note 1.4). Refused if a connection of the other kind has the same
--- index, since the module would switch that one instead.
---@param mode "buffer"|"push"|"transparent"
---@return true?, hayes.error?
function Connection:switch(mode)
  if mode == self.mode then return true end
  local _claim <close>, refusal = DataMode.claim(self.modem, mode)
  if refusal then return nil, refusal end
  local ok, err
  if self.mode == "transparent" then ok, err = leave_data_mode(self) else ok, err = read_ahead(self) end
  if not ok then return nil, err end
  if self.peer_closed then return nil, closed_error(self) end -- what the module still has is read as before
  local before = self.mode
  self.mode, self.opened_in = mode, nil
  local uncertain
  ok, err, uncertain = access_mode.change(self, mode)
  -- What was announced and not read before it ended may be pushed, or not.
  if ok and mode == "push" and self.has_data and self.peer_closed then ok, err = nil, no_count(self) end
  if ok then
    self.doubtful = mode == "buffer" -- what it has not pushed until then is not announced again
    return true
  end
  self.mode = before == "transparent" and "buffer" or before
  if err.result then self:expect_blocks(self.mode == "push") end
  if err.name == "ambiguous" then return nil, err end
  if err.name == "no_data_mode" or self.damaged then return nil, end_damaged(self, err) end
  err = explain(self, err, "switching to " .. mode .. " mode")
  if uncertain then end_unknown_mode(self, err) end
  return nil, err
end

--- Leave data mode for commands, and resume it.
function Connection:escape() return self.data:escape() end
function Connection:resume() return self.data:resume() end

-- The end

--- Closes it and frees the socket index.
function Connection:close()
  if self.released then return true end
  self.released = true
  if self.data then leave_data_mode(self) end
  if self.closing then return true end -- in the background
  if self.lost then
    self.family.forget(self)
    return true
  end
  self.closing = true
  local response, err = exchange.run(self.modem, closing_command(self))
  self.closing = false
  if not response and not failure.is_refusal(err) and not self.gone then
    close_later(self)
  else
    self.family.forget(self)
  end
  if response or self.lost or self.peer_closed then return true end
  return nil, err
end

--- Closes it in a task of its own, for a socket that was collected without being closed.
function Connection:abandon()
  if self.released or self.lost or self.modem.closed_with then return end
  if self.data then self.data:abandon() end
  wait.spawn_detached(self.close, self)
end

--- What the module tells of it.
function Connection:describe()
  if self.lost then return nil, self.lost end
  return state.describe(self)
end

return Connection
