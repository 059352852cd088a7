--- A connection of a Quectel module, TLS or not: the same life under other command names, in three access modes (SSL
--- note 1.4).
---
--- In buffer access mode the module says once that there is data, and not again until it has been read to the end;
--- so it is read until a read gives nothing. A `closed` that comes while data is unread counts only after it. In direct
--- push mode the URC carries the data; in transparent access mode the line does, and commands wait.

local Buffer = require "hayes.stream.buffer"
local DataMode = require "hayes.stream.data_mode"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local undamaged = require "hayes.damage.undamaged"
local wait = require "hayes.wait"

---@class hayes.quectel.family
---@field what string     "TLS connection"
---@field plural string
---@field urc string      its prefix
---@field origin string   of errors
---@field send string     `AT+QSSLSEND`
---@field receive string
---@field close string
---@field state string   with the parameter in front of the index: "QISTATE=1,"
---@field state_command string that lists them all
---@field other_state string    tells of a connection of the other kind, TLS or not, with the same index
---@field other_what string     "TLS connection"
---@field must_know boolean     whether there is one must be known before the access mode is switched
---@field forget fun(connection: table) gives the socket index back

local MOST_SENT, MOST_READ = 1460, 1500

--- How the access modes are called on the wire.
local modes = { buffer = 0, push = 1, transparent = 2 }

--- A module whose buffer is full is asked again after this long, doubling up to the second figure, seconds.
local RETRY_FIRST, RETRY_LAST = 0.02, 1

--- What modules say of a connection whose PDP context has gone (SSL and TCP/IP notes, error codes).
local CONTEXT_LOST = 570

--- So long may the buffer stay full, seconds.
local FULL_FOR = 120

--- By modem: the sends that the module has been given and not confirmed, the last one last. The SEND OK that some
--- modules send behind SEND FAIL says neither which connection nor which kind it is of.
local unconfirmed_sends = setmetatable({}, { __mode = "k" })

local Connection = { chunk = MOST_SENT, modes = modes }
Connection.__index = Connection

--- A SEND OK that no command was waiting for confirms one send, the last that was refused.
---@param modem hayes.modem
function Connection.heed_late_answers(modem)
  if unconfirmed_sends[modem] then return end
  local unconfirmed = {}
  unconfirmed_sends[modem] = unconfirmed
  modem:listen("SEND OK", function()
    for i = #unconfirmed, 1, -1 do
      if not exchange.is_under_way(modem, unconfirmed[i]) then
        table.remove(unconfirmed, i).taken = true
        return
      end
    end
  end)
end

local Send = {}
Send.__index = Send

--- It counts no more, whatever way it ends.
function Send:__close()
  for i, candidate in ipairs(self.unconfirmed) do
    if candidate == self then return table.remove(self.unconfirmed, i) end
  end
end

--- It goes to the module.
function Send:begun()
  table.insert(self.unconfirmed, self)
end

--- The request of one send.
---@return hayes.request
local function new_send(connection, bytes)
  return setmetatable({ data = bytes, unconfirmed = unconfirmed_sends[connection.modem], taken = false,
    owner = connection }, Send)
end

---@param family hayes.quectel.family
---@param mode "buffer"|"push"|"transparent"
---@param auto boolean commands of others interrupt data mode
function Connection.new(modem, family, id, host, port, mode, auto)
  local self = setmetatable({
    modem = modem, family = family, id = id, host = host, port = port, mode = mode, auto = auto,
    pushed = Buffer.new(), -- what has come without being asked for
    read_command = ("AT+%s=%d,%d"):format(family.receive, id, MOST_READ),
    arrivals = 0,      -- notifications so far
    has_data = false,  -- notified, and not yet read to the end
    peer_closed = false,
    opened_in = mode,  -- nil once its mode has been switched
    doubtful = false,  -- silent for so long that a notification may have got lost
    ended_by = false,  -- why it was closed, if that was not the server
    lost = false,      -- the error that ended it without a word to the module
    damaged = false,   -- the error that ended it because bytes were lost on the line
    gone = false,      -- the module has it no longer: it has restarted, or the port is closed
    closing = false,   -- it is being closed in the module, whoever waits for that
  }, Connection)
  self.read_request = { into = {}, patient = true, owner = self }
  return self
end

--- Bytes follow what the module says of received data if that is pushed, whatever else the line says.
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

--- The module says that data has come, and may give it, too.
function Connection:on_data(bytes)
  if self.damaged then return end -- it would stand in the wrong place
  self.arrivals = self.arrivals + 1
  if bytes then self.pushed:put(bytes) else self.has_data = true end
  notify(self)
end

--- The module says that the connection has ended.
function Connection:on_closed()
  self.peer_closed = true
  notify(self)
end

--- The data connection (PDP context) that it uses is over, whether the module says of the connection itself that it has
--- ended or not. What the module has received can still be read.
function Connection:on_detached()
  if self.peer_closed or self.lost then return end
  self.ended_by = failure.coded(self.modem, CONTEXT_LOST, "the " .. describe(self) .. " has ended")
  self:on_closed()
end

--- Bytes of what it has received were lost, or came twice: what comes after them would be in the wrong place, so it
--- ends here.
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

--- Ends it for good without a word to the module: it has restarted, or the port is closed.
function Connection:lose(err)
  self.lost, self.gone = self.lost or err, true
  if self.data then self.data:lose(err) end
  notify(self)
end

--- Closes it in the module in the background, as soon as that answers; its index is not used before.
local function close_later(self)
  if self.closing then return end
  self.closing = true
  exchange.insist(self.modem, ("AT+%s=%d"):format(self.family.close, self.id), function()
    self.family.forget(self)
  end, self)
end

--- Ends it here, while the module may have it still: data mode could not be left, or returned to.
local function give_up(self, err)
  if self.gone then return end
  self.lost = self.lost or err
  close_later(self)
  notify(self)
end

--- Something true when receive() may give something.
function Connection:readable()
  return self.has_data or self.pushed.size > 0 or self.peer_closed or self.lost or self.damaged
    or self.doubtful and self.mode == "buffer"
end

local function closed_error(self, more)
  if self.ended_by then return self.ended_by end
  return errors.new { name = "closed", origin = self.family.origin,
    message = ("the %s was closed%s"):format(describe(self), more or "") }
end

--- The error of a command on this connection, with the number that the module gives for it.
local function explain(self, err, doing)
  if err.name == "reboot" or err.name == "port_gone" or err.name == "closed" then return err end
  if err.result == "ERROR" then
    local response = self.modem:call("+QIGETERROR", "execute")
    local fields = response and response[1] and self.modem:fields("AT+QIGETERROR", response[1])
    if fields and math.type(fields.err) == "integer" and fields.err ~= 0 then
      local coded = failure.coded(self.modem, fields.err, doing)
      coded.command = err.command
      return coded
    end
  end
  return errors.within(err, doing)
end

local function lost_by_server(self)
  return self.lost or closed_error(self, " by the server")
end

--- The error that sending ends with from now on; nil: none is known.
function Connection:refusal()
  local err = self.lost or self.damaged
  if err then return err end
  return self.peer_closed and closed_error(self, " by the server") or nil
end

Connection.deadlock = DataMode.deadlock

--- Sends up to 1460 bytes, waiting while the module's buffer is full.
function Connection:send(bytes)
  if self.mode == "transparent" then return DataMode.send_from(self, bytes, lost_by_server) end
  local command = ("AT+%s=%d,%d"):format(self.family.send, self.id, #bytes)
  local retry, full_since = RETRY_FIRST, nil
  while true do
    local refusal = self:refusal()
    if refusal then return nil, refusal end
    local send <close> = new_send(self, bytes)
    local response, err = exchange.run(self.modem, command, send)
    if response then return true end
    if err.result ~= "SEND FAIL" then
      local explained = explain(self, err, "sending to " .. self.host)
      explained.sent = 0
      -- Without an answer it is not known whether the bytes were taken: no more may follow them.
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

--- The first of what came unasked: one push.
local function take_pushed(self)
  local pushed = self.pushed
  return pushed:take(pushed:first_length())
end

--- Which of the bytes that came were data is not known then: the stream is not to be trusted any more.
local function short_read(self, response)
  return end_damaged(self, errors.new { name = "short_read", origin = self.family.origin,
    message = ("the module announced %d bytes and gave %d of the %s"):format(#response.data + response.missing,
      #response.data, describe(self)), hint = "The line loses bytes (use flow control), or the firmware miscounts." })
end

--- A read that gives no data is answered by a line that says 0. Where it says something else, or is missing, there was
--- data after it.
local function says_empty(self, response)
  return #response == 1 and response[1]:match("^%+" .. self.family.receive .. ": *0$") ~= nil
end

local function no_count(self)
  return end_damaged(self, failure.damaged("short_read", "what was read from the " .. describe(self),
    self.family.origin))
end

--- What has come unasked, without waiting.
function Connection:take()
  if self.pushed.size > 0 then return take_pushed(self) end
end

--- Reads once: bytes, "" when there are none, or nil and the error.
function Connection:receive()
  if self.pushed.size > 0 then return take_pushed(self) end
  if self.lost or self.damaged then return nil, self.lost or self.damaged end
  if self.mode ~= "buffer" then
    if self.peer_closed then return nil, closed_error(self, " by the server") end
    return ""
  end
  local arrivals = self.arrivals
  self.doubtful = false
  local request = self.read_request
  local response, err = exchange.run(self.modem, self.read_command, request)
  local short = request.into
  if not response then
    request.into = {}
    if short and short.missing and short.missing > 0 then return nil, short_read(self, short) end
    if self.lost then return nil, self.lost end
    if err.name == "short_read" or err.name == "long_read" then
      return nil, end_damaged(self, errors.within(err, "receiving from " .. self.host))
    end
    if self.peer_closed and err.result then return nil, closed_error(self, " by the server") end
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
  if data then return data end
  if arrivals == self.arrivals then self.has_data = false end
  if self.peer_closed and not self.has_data then return nil, closed_error(self, " by the server") end
  return ""
end

-- Access modes

--- Opens data mode with this command. The response, or nil and the error.
function Connection:go_online(text, request)
  local data = DataMode.new(self.modem, {
    auto = self.auto,
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

--- For good: the connection goes on without it, or ends.
function leave_data_mode(self)
  local ok, err = self.data:finish()
  if ok then self.data = nil end
  return ok, err
end

--- Reads what the module still has, so that it comes before what it will push.
local function read_ahead(self)
  local ahead = {}
  local bytes, err
  repeat
    bytes, err = self:receive()
    ahead[#ahead + 1] = bytes
  until not bytes or bytes == ""
  for _, part in ipairs(ahead) do self.pushed:put(part) end
  return bytes and true, err
end

--- AT+QISWTMD takes an index alone, and TLS connections and others count theirs apart: is there another one that it
--- could mean? nil and an error if so, or if that must be known and is not.
local function check_unambiguous(self, hold)
  local family = self.family
  local text = ("AT+%s%d"):format(family.other_state, self.id)
  local response, err = undamaged.ask(self.modem, text, function()
    return exchange.run(self.modem, text, { within = hold })
  end)
  if not response and not (err.result and not family.must_know) then
    return nil, errors.within(err, "looking for other connections with the index " .. self.id)
  end
  if not response or not response[1] then return true end
  return nil, errors.new { name = "ambiguous", origin = family.origin,
    message = ("the %s cannot change its access mode: the module has a %s with the same index, %d, and would switch "
      .. "that one"):format(describe(self), family.other_what, self.id),
    hint = "Open it in the mode wanted (the option mode), or close the other connection first." }
end

--- Tells the module, with nobody's command between the look for others and that.
local function change_mode(self, mode)
  if mode == "transparent" then DataMode.prepare(self.modem) end
  local hold <close>, err = exchange.hold(self.modem)
  if not hold then return nil, err end
  local ok
  ok, err = check_unambiguous(self, hold)
  if not ok then return nil, err end
  local text = ("AT+QISWTMD=%d,%d"):format(self.id, modes[mode])
  local request = { within = hold, ends_hold = true, ended = function() self:expect_blocks(mode == "push") end }
  if mode ~= "transparent" then return exchange.run(self.modem, text, request) end
  return self:go_online(text, request)
end

--- Goes on in another access mode (AT+QISWTMD, SSL note 1.4). Refused where a connection of the other kind has the same
--- index, which the module would switch in its place.
---@param mode "buffer"|"push"|"transparent"
---@return true?, hayes.error?
function Connection:switch(mode)
  if mode == self.mode then return true end
  local _claim <close>, refusal = DataMode.claim(self.modem, mode)
  if refusal then return nil, refusal end
  local ok, err
  if self.mode == "transparent" then ok, err = leave_data_mode(self) else ok, err = read_ahead(self) end
  if not ok then return nil, err end
  local before = self.mode
  self.mode, self.opened_in = mode, nil
  ok, err = change_mode(self, mode)
  if ok then return true end
  self.mode = before == "transparent" and "buffer" or before
  if err.name == "ambiguous" then return nil, err end
  if err.name == "no_data_mode" then return nil, end_damaged(self, err) end
  return nil, explain(self, err, "switching to " .. mode .. " mode")
end

--- Leaves data mode for commands, or returns to it.
function Connection:escape() return self.data:escape() end
function Connection:resume() return self.data:resume() end

-- The end

--- Closes it and gives the socket index back.
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
  local response, err = exchange.run(self.modem, ("AT+%s=%d"):format(self.family.close, self.id), { owner = self })
  self.closing = false
  if not response and not err.result and not self.gone then
    close_later(self)
  else
    self.family.forget(self)
  end
  if response or self.lost or self.peer_closed then return true end
  return nil, err
end

--- The same as a task, for a socket that was dropped without being closed.
function Connection:abandon()
  if self.released or self.lost or self.modem.closed_with then return end
  if self.data then self.data:abandon() end
  wait.spawn_detached(self.close, self)
end

--- What the module tells of it.
function Connection:describe()
  if self.lost then return nil, self.lost end
  if self.data and self.data.state == "online" then
    -- The module cannot be asked now.
    return { state = "connected", remote_ip = self.host, remote_port = self.port, local_ip = "0.0.0.0",
      local_port = 0 }
  end
  local text = ("AT+%s%d"):format(self.family.state, self.id)
  local response, err = exchange.run(self.modem, text, { withdraw = true, owner = self })
  if not response then return nil, err end
  if not response[1] then return { state = "closed", remote_ip = self.host, remote_port = self.port } end
  local fields = self.modem:fields(text, response[1])
  local states = { [0] = "initial", "opening", "connected", "listening", "closing" }
  return {
    state = self.peer_closed and "closed" or states[fields.socket_state] or tostring(fields.socket_state),
    remote_ip = fields.IP_address, remote_port = fields.remote_port,
    local_ip = "0.0.0.0", local_port = fields.local_port,
  }
end

return Connection
