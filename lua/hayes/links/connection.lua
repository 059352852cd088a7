--- A connection of a declared service, as sockets want one (hayes.connection).
---
--- The module tells of data once, and not again until all of it has been read; so a connection is read until a read
--- gives nothing. An end that is told before that takes effect afterwards.

local Buffer = require "hayes.stream.buffer"
local DataMode = require "hayes.stream.data_mode"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local step = require "hayes.links.step"
local wait = require "hayes.wait"

--- Pause before more is sent to a module that has taken only a part, and the longest after doubling it, seconds; and
--- how long it may take nothing.
local RETRY_FIRST, RETRY_LAST, FULL_FOR = 0.02, 1, 120

---@class hayes.links.connection
local Connection = { mode = "buffer", deadlock = DataMode.deadlock }
Connection.__index = Connection

---@class hayes.links.opening
---@field host string
---@field port integer
---@field options table
---@field trust? hayes.links.trust

---@param registry hayes.links.registry
---@param declared hayes.links.link
---@param id integer
function Connection.new(registry, declared, id, host, port)
  return setmetatable({
    registry = registry, modem = registry.modem, declared = declared, id = id, host = host, port = port,
    chunk = declared.send.most, datagrams = declared.kind == "udp",
    pushed = Buffer.new(), -- what has come with URCs
    arrivals = 0,        -- announcements of data so far
    has_data = false,    -- data was announced, and has not been read to the end
    owed = false,        -- data was announced when none was left, and no read has been sent since: there must be some
    reading = false,     -- a read is under way
    doubtful = false,    -- silent for so long that an announcement may have been lost
    peer_closed = false,
    ended_by = false,    -- the error that it has ended with, if the peer has not closed it
    lost = false, gone = false, -- the error that has ended it, as the module has restarted or the port was closed
    damaged = false,     -- the error that has ended it because the line has lost bytes of it
    released = false,    -- close() was called
    asked = false,       -- the command that opens it was sent, or waits for its turn
  }, Connection)
end

--- Its name in messages.
function Connection:title()
  return ("the %s to %s:%s"):format(self.declared.what, self.host, self.port)
end

local function notify(self)
  if self.watch then self.watch() end
end

-- Events

--- The module has announced data, or brought it.
function Connection:on_data(bytes)
  if self.damaged then return end -- it would follow a gap
  if bytes then
    self.pushed:put(bytes)
  else
    self.owed = self.owed or not self.has_data and not self.reading
    self.arrivals, self.has_data = self.arrivals + 1, self.declared.read ~= nil
  end
  notify(self)
end

--- It has ended. What has come before can still be read.
function Connection:on_closed()
  self.peer_closed = true
  notify(self)
end

local function end_damaged(self, err)
  self.damaged, self.has_data = self.damaged or err, false
  notify(self)
  return err
end

---@param kind "short_read"|"long_read"
function Connection:on_damage(kind)
  end_damaged(self, failure.damaged(kind, "the data of " .. self:title(), self.modem.dialect.name))
end

--- The module no longer has it.
function Connection:lose(err)
  self.lost, self.gone = self.lost or err, true
  notify(self)
end

-- The contract of sockets

local function closed_error(self)
  return self.ended_by or errors.closed(self:title(), "the peer", { origin = self.modem.dialect.name })
end

function Connection:refusal()
  return self.lost or self.damaged or self.peer_closed and closed_error(self) or nil
end

function Connection:readable()
  return self.pushed.size > 0 or self.peer_closed or self.lost or self.damaged
    or self.declared.read and (self.has_data or self.doubtful)
end

function Connection:take()
  local pushed = self.pushed
  if pushed.size > 0 then return pushed:take(pushed:first_length()) end
end

local function send_failure(self, err, bytes, sent)
  local explained = errors.within(err, "sending to " .. self.host)
  explained.sent = sent
  -- Without an answer, or with a damaged one, it is unknown whether the module has taken the bytes, so no more may
  -- follow them.
  local unknown = err.name == "timeout" or err.name == "bad_answer"
  if unknown and not err.queued then explained.uncertain = #bytes end
  return nil, explained
end

--- How many of the bytes the module has taken, by its result; nil and an error where that is damaged.
local function taken_of(self, response, length)
  local field = self.declared.send.taken
  if not field then return length end
  local text = step.text(self.modem, self.declared.send, { id = self.id, length = length })
  local line = response[response.deferred or #response]
  local taken = line and self.modem:fields(text, line)[field]
  if math.type(taken) ~= "integer" then return nil, failure.bad_answer(self.modem, text, line, field) end
  return math.min(taken, length)
end

--- Sends up to `chunk` bytes, waiting while the module takes none.
function Connection:send(bytes, on_written)
  local sent, retry, full_since = 0, RETRY_FIRST, nil
  while true do
    local refusal = self:refusal()
    if refusal then
      refusal = errors.copy(refusal)
      refusal.sent = sent
      return nil, refusal
    end
    local part = bytes:sub(sent + 1)
    local response, err = step.run(self.modem, self.declared.send, { id = self.id, length = #part }, { data = part,
      owner = self, progress = on_written and function(count) return count >= #part and on_written() end })
    if not response then return send_failure(self, err, part, sent) end
    local taken
    taken, err = taken_of(self, response, #part)
    if not taken then return send_failure(self, err, part, sent) end
    if taken < 0 then
      self:on_closed()
    else
      sent = sent + taken
      if sent == #bytes then return true end
      if taken > 0 then full_since = nil else full_since = full_since or wait.now() end
      if full_since and wait.now() - full_since > FULL_FOR then
        return nil, errors.new { name = "send_buffer_full", origin = self.modem.dialect.name, sent = sent,
          message = ("the module could not pass anything on to %s for %d s"):format(self.host, FULL_FOR),
          hint = "The server does not read." }
      end
      wait.sleep(retry)
      retry = math.min(retry * 2, RETRY_LAST)
    end
  end
end

local function lost_data(self)
  return end_damaged(self, failure.damaged("short_read", "the data of " .. self:title(), self.modem.dialect.name))
end

--- The module refuses to give what it has announced, and the peer has closed.
local function dropped_data(self)
  return end_damaged(self, errors.new { name = "short_read", origin = self.modem.dialect.name,
    message = ("the module does not have %s any more, for which it had announced data"):format(self:title()),
    hint = "It drops what has not been read when the other end closes: read at once what comes." })
end

--- What a read that has failed means: there is no data, or this error. `owed`: there must have been some.
local function read_failure(self, err, owed)
  local missing = err.response and err.response.missing
  if missing and missing > 0 then return lost_data(self) end
  if failure.is_damage(err.name) then return end_damaged(self, errors.within(err, "receiving from " .. self.host)) end
  local is_refused = failure.is_refusal(err)
  if is_refused and owed and self.peer_closed then return dropped_data(self) end
  if is_refused and (self.declared.read.empty == "refused" or self.peer_closed) then return nil end
  local explained = errors.within(err, "receiving from " .. self.host)
  -- It went to the module, and what it gave is lost.
  if err.name == "timeout" and not err.queued then end_damaged(self, explained) end
  return explained
end

--- Whether the answer to a read, which has brought no block, says that there is no data. One without the line that
--- tells the length, or with another length, has lost data on the line.
local function says_empty(self, response)
  local read = self.declared.read
  local block = self.modem.dialect.commands[read[1]].block
  if not block then return true end -- data comes with a URC
  if not response[1] then return read.empty == "ok" end
  local text = step.text(self.modem, read, { id = self.id, length = read.most })
  return self.modem:fields(text, response[1])[block.length] == 0
end

--- Reads once: bytes, "" when there are none, or nil and the error.
function Connection:receive()
  local bytes = self:take()
  if bytes then return bytes end
  if self.lost or self.damaged then return nil, self.lost or self.damaged end
  local read = self.declared.read
  local arrivals, asked = self.arrivals, self.has_data or self.doubtful
  self.doubtful = false
  if read and asked then
    local owed = self.owed
    self.owed, self.reading = false, true
    local response, err = step.run(self.modem, read, { id = self.id, length = read.most }, { patient = true,
      owner = self })
    self.reading = false
    if self.lost then return nil, self.lost end
    err = not response and read_failure(self, err, owed) or nil
    if err then return nil, err end
    if response and (response.missing or 0) > 0 then return nil, read_failure(self, { response = response }) end
    if response and not response.data and not says_empty(self, response) then return nil, lost_data(self) end
    bytes = response and response.data or self:take()
    if bytes then
      -- A read may find the end of what it was told of, and data that was not told of: the next one finds out.
      self.has_data = true
      return bytes
    end
    if arrivals == self.arrivals then self.has_data = false end
  end
  if self.peer_closed and not self.has_data then return nil, closed_error(self) end
  return ""
end

-- The end

--- Closes it in the module, where that still has it. A module that does not answer is told again later, and the id is
--- not used before.
local function close_in_module(self)
  local registry, declared = self.registry, self.declared
  if registry.by_id[self.id] ~= self then return true end
  if self.peer_closed and not declared.needs_close then
    registry.by_id[self.id] = nil
    return true
  end
  local response, err = step.run(self.modem, declared.close, { id = self.id }, { owner = self })
  if registry.by_id[self.id] ~= self then return true end -- a restart has ended it meanwhile
  registry.by_id[self.id] = nil
  if response or failure.is_refusal(err) then return true end
  if not self.modem.closed_with then registry:close_later(declared, self.id) end
  return nil, err
end

function Connection:close()
  if self.released then return true end
  self.released = true
  if self.lost then return true end
  return close_in_module(self)
end

--- For a socket that was collected without being closed.
function Connection:abandon()
  if self.released or self.lost or self.modem.closed_with then return end
  wait.spawn_detached(self.close, self)
end

--- What is known of it: modules that could be asked are not, as each does that in another way.
function Connection:describe()
  if self.lost then return nil, self.lost end
  return { state = self.peer_closed and "closed" or "connected", remote_ip = self.host, remote_port = self.port,
    local_ip = "0.0.0.0", local_port = 0 }
end

-- The beginning

local function hold_for(trust, options)
  if trust then return trust:hold(options) end
end

--- Sends the commands that open it; what the module says of its id counts for it as soon as the last one has succeeded.
--- None is sent to a module that has restarted since the id was reserved: it has lost the settings for TLS.
---@param reserved hayes.links.reservation
local function connect(self, values, opening, reserved)
  local modem, registry, open = self.modem, self.registry, self.declared.open
  local trust, ok, err = opening.trust, true, nil
  local hold <close>, hold_err = hold_for(trust, opening.options)
  if hold_err then return nil, hold_err end
  if hold then ok, err = trust:confirm(values, hold) end
  local request = { within = hold, owner = reserved }
  if ok then ok, err = step.run_all(modem, table.move(open, 1, #open - 1, 1, {}), values, request) end
  if not ok then return nil, err end
  local function adopt()
    if not reserved.gone then registry.by_id[self.id] = self end
  end
  local last = open[#open]
  local deferred = modem.dialect.commands[last[1]].deferred
  self.asked = true
  return step.run(modem, last, values, { came = adopt, ended = not deferred and adopt or nil, withdraw = true,
    within = hold, ends_hold = hold ~= nil, owner = reserved })
end

local function turn_of(trust)
  if trust then return trust:turn() end
end

--- What Connection.open does, with the next free id; also whether a client of a server has got that meanwhile.
local function open_next(registry, declared, opening)
  local reserved <close>, err = registry:take(declared.ids, registry.by_id, declared.what)
  if not reserved then return nil, err end
  local ok
  ok, err = registry:prepare(declared, reserved)
  if not ok then return nil, err, reserved.taken end
  local self = Connection.new(registry, declared, reserved.id, opening.host, opening.port)
  local values = { id = self.id, host = opening.host, port = opening.port }
  local trust = opening.trust
  local _turn <close>, turn_err = turn_of(trust)
  if turn_err then return nil, turn_err end
  if trust then
    ok, err = trust:set(self, values, opening.options)
    if not ok then return nil, errors.within(err, self:title()) end
  end
  local opened
  opened, err = connect(self, values, opening, reserved)
  if opened then
    ok, err = step.run_all(self.modem, declared.opened, values, { owner = reserved })
    if ok and not reserved.gone then return self end
  end
  if registry.by_id[self.id] == self then registry.by_id[self.id] = nil end
  if reserved.taken then return nil, reserved.lost, true end
  if opened and ok then err = reserved.lost end -- the module has restarted right behind its last answer
  -- Refused, it does not exist; in any other case the module may have opened it, or be about to.
  local may_exist = opened or self.asked and not failure.is_refusal(err) and not err.queued
  if may_exist and not self.gone and not registry.modem.closed_with and err.name ~= "reboot" then
    registry:close_later(declared, self.id)
  end
  return nil, errors.within(err, self:title())
end

--- Opens a connection; nil and the error if that fails: the module then keeps nothing of it.
---@param registry hayes.links.registry
---@param declared hayes.links.link
---@param opening hayes.links.opening
---@return hayes.links.connection?, hayes.error?
function Connection.open(registry, declared, opening)
  while true do
    local self, err, taken = open_next(registry, declared, opening)
    if self or not taken then return self, err end
  end
end

return Connection
