--- Data mode of a connection: the line carries its bytes and no commands (V.250 5.2). The engine does the work
--- (csrc/at/online.h); this file decides when to leave and resume data mode, and handles its end.
---
--- Tasks only wait for this work. Leaving and resuming continue even if the task that asked for it is cancelled.

local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local Lock = require "hayes.lock"
local wait = require "hayes.wait"

--- Shortest time that data has the line before waiting commands get it again, seconds.
local DATA_TURN = 0.25

---@class hayes.data_mode
---@field state "online"|"command"|"ended" online: data mode; command: the connection stays open, and commands are sent
---@field auto boolean  data mode is left for other commands and resumed after them
---@field hangup? string[] the lines that report the end of the connection; nil: those of the dialect
---@field origin? string of its errors
---@field received fun(bytes: string) called with the data that arrives; must neither wait nor raise
---@field ended fun(err: hayes.error) called when the connection has ended; must neither wait nor raise
local DataMode = {}
DataMode.__index = DataMode

---@param modem hayes.modem
---@param options { auto: boolean?, received: function, ended: function, hangup: string[]?, resume: string?,
---  alive: (fun(tell: fun(up: boolean)))?, owner: table?, origin: string? }  hangup, resume (`ATO`): the connection's
---  own, in place of the dialect's; alive: asks, in command mode, whether the connection still exists, for modules that
---  stay in data mode when it ends; owner: of the commands that begin data mode (hayes.request)
---@return hayes.data_mode
function DataMode.new(modem, options)
  local protocol = modem.dialect.protocol
  return setmetatable({
    modem = modem, auto = options.auto or false, received = options.received, ended = options.ended,
    alive = options.alive, owner = options.owner, hangup = options.hangup, origin = options.origin,
    resume_text = options.resume or protocol.resume or "ATO",
    state = "command",
    parked = false,           -- the program has left data mode (escape) and not resumed it
    leaving = false,          -- the engine is leaving data mode
    resuming = false,         -- the command that resumes it is in flight, or is about to be sent
    unwanted = false,         -- the connection is being closed in the background
    in_doubt = false,         -- it was left to find out whether the connection still exists
    withheld = false,         -- data received meanwhile, which may end with the report of the connection's end
    dropped_dtr = false,
    send_lock = Lock.new(),       -- one task at a time sends
    turn_until = 0,           -- until then it is not left for commands
    timer = false,
    changed = wait.waiter(),  -- fires when any of these has changed, and is then replaced
    given = false,            -- the waiter of a send, until the port has accepted its bytes
    err = nil,
  }, DataMode)
end

--- Makes the module leave data mode when DTR drops, if the port has DTR; otherwise the escape sequence is used. To be
--- called before open(), and before the line is reserved for it.
---@param modem hayes.modem
function DataMode.prepare(modem)
  if modem.leaves_by_dtr ~= nil then return end
  local port = modem.port
  local has_dtr = type(port) == "userdata" and port:dtr(true) or type(port) == "table" and port.dtr
  if not has_dtr or modem.dialect.protocol.dtr == false then
    modem.leaves_by_dtr = false
  elseif exchange.run(modem, "AT&D1") then
    modem.leaves_by_dtr = true
  end
end

--- The right to enter data mode. One connection has it while it is being opened or switched; from CONNECT on, the line
--- belongs to the connection in modem.online.
---@class hayes.data_mode.claim
local Claim = {}
Claim.__index = Claim

--- If the connection that keeps others out of data mode is no longer wanted (its caller has left, or its socket was
--- collected): a waiter that fires when it may have ended. Otherwise false or nil.
---@param modem hayes.modem
---@return hayes.waiter|false
local function end_of_unwanted(modem)
  local online, claim = modem.online, modem.data_claim
  if online then return online.unwanted and online.changed end
  return claim and claim.job and claim.job.left and claim.released
end

--- Claims the line for a connection that is to enter data mode. nil and an error if another connection is in data mode
--- or about to enter it; if that one is no longer wanted, waits for its end instead. For access modes other than
--- "transparent" there is nothing to claim, and nil alone is returned.
---
---     local _claim <close>, err = DataMode.claim(modem, mode)
---     if err then return nil, err end
---@param modem hayes.modem
---@param mode "buffer"|"push"|"transparent" the access mode that the connection is to have
---@return hayes.data_mode.claim?, hayes.error?
function DataMode.claim(modem, mode)
  if mode ~= "transparent" then return nil end
  local ending = end_of_unwanted(modem)
  while ending do
    ending:wait()
    ending = end_of_unwanted(modem)
  end
  if modem.online or modem.data_claim then
    return nil, errors.new { name = "busy", message = "another connection is in transparent mode already",
      hint = "There is one line: close that connection first, or switch it to another mode." }
  end
  modem.data_claim = setmetatable({ modem = modem, job = wait.job(), released = wait.waiter() }, Claim)
  return modem.data_claim
end

function Claim:__close()
  if self.modem.data_claim == self then self.modem.data_claim = false end
  self.released:fire()
end

local function not_online(self)
  return errors.new { name = "command_mode", origin = "hayes", sent = 0,
    message = ("the connection on %s is in command mode"):format(self.modem.address),
    hint = "socket:resume() returns to data mode." }
end

local function no_answer(self)
  return errors.new { name = "no_answer", origin = "port",
    message = ("the module on %s does not leave data mode"):format(self.modem.address),
    hint = "Nothing else may write to the port: the escape sequence needs silence around it." }
end

local function carrier_lost(self)
  return errors.closed("the connection on " .. self.modem.address, "the other end", { origin = self.origin })
end

local function change(self)
  local changed = self.changed
  self.changed = wait.waiter()
  changed:fire()
end

--- The last send has failed: `unsent` of its bytes were not sent.
local function end_giving(self, err, unsent)
  local given = self.given
  self.given = false
  if given then given:fire(false, err, unsent) end
end

-- Doubt

--- Removes the texts that report the end of the connection from the end of these bytes.
local function before_end(self, bytes)
  local texts = self.hangup or self.modem.dialect.protocol.hangup or {}
  local i = 1
  while texts[i] do
    local words = "\r\n" .. texts[i] .. "\r\n"
    if bytes:sub(-#words) == words then
      bytes, i = bytes:sub(1, -#words - 1), 1
    else
      i = i + 1
    end
  end
  return bytes
end

--- Delivers the withheld bytes as data, through cut() if given.
local function give_withheld(self, cut)
  local bytes = self.withheld and table.concat(self.withheld) or ""
  self.withheld = false
  if bytes ~= "" then self.received(cut and cut(self, bytes) or bytes) end
end

--- Ends it: the connection has ended, or goes on without data mode. The engine's data mode ends only if the connection
--- has the line: if it failed to open, another one may have it.
---@param unsent? integer bytes passed to send() that were not sent, as far as the engine has reported it
local function end_with(self, err, unsent)
  if self.state == "ended" then return end
  local modem = self.modem
  give_withheld(self, before_end)
  self.state, self.err = "ended", err
  unsent = unsent or 0
  if modem.online == self then
    modem.online = false
    unsent = math.max(unsent, modem:end_data_mode())
  end
  end_giving(self, err, unsent)
end

--- The same, and notifies the owner.
local function over(self, err, unsent)
  if self.state == "ended" then return end
  end_with(self, err, unsent)
  self.ended(err)
  exchange.release(self.modem, self)
  change(self)
end

-- Leaving and returning

local function leave(self)
  local modem = self.modem
  self.leaving = true
  self.dropped_dtr = modem.leaves_by_dtr == true
  if self.dropped_dtr then modem.port:dtr(false) end
  modem:leave_data_mode(self.dropped_dtr)
end

--- The command that resumes data mode has ended.
local function on_resumed(self, err)
  self.resuming = false
  if err then over(self, err.result == "NO CARRIER" and carrier_lost(self) or err) end
  change(self)
end

--- Resumes data mode, ahead of all commands in the queue.
local function go_online(self)
  self.resuming = true
  local ticket, err = exchange.start(self.modem, self.resume_text, { online = self, next = true, owner = self.owner,
    finished = function(_, failed) on_resumed(self, failed) end })
  if not ticket then on_resumed(self, err) end
end

local function return_to(self)
  if not self.resuming then go_online(self) end
end

local function is_wanted(self)
  return self.auto and exchange.has_waiting(self.modem)
end

--- The module has answered, which it may do without a connection: asks whether that exists, ahead of all commands in
--- the queue.
local function ask_whether_alive(self)
  self.resuming = true
  self.alive(function(up)
    self.resuming, self.in_doubt = false, false
    if self.state == "ended" then return change(self) end -- meanwhile; who leaves may have waited for this
    give_withheld(self, not up and before_end or nil)
    if not up then return over(self, carrier_lost(self)) end
    if not self.parked and not is_wanted(self) then go_online(self) end
    change(self)
  end)
end

-- What the engine tells

--- Data mode has begun: all following bytes are data.
function DataMode:on_connect()
  self.modem.online = self
  self.state, self.leaving, self.in_doubt = "online", false, false
  self.turn_until = wait.now() + DATA_TURN
  change(self)
  if is_wanted(self) then self:wanted() end
  if self:keeps_line() then exchange.keep(self.modem) end
end

function DataMode:on_data(bytes)
  -- The report of the end, while data mode is left anyway: the answer to the escape sequence says nothing of it.
  if self.leaving and self.alive and not self.withheld and before_end(self, bytes) ~= bytes then
    self.in_doubt, self.withheld = true, {}
  end
  if self.withheld then self.withheld[#self.withheld + 1] = bytes else self.received(bytes) end
end

--- The port has accepted the bytes of the last send.
function DataMode:on_data_written()
  local given = self.given
  self.given = false
  if given then given:fire(true) end
end

--- The connection may have ended: the data received looks like the report of it.
function DataMode:on_hangup_suspected()
  if self.leaving or self.state ~= "online" then return end
  self.in_doubt = true
  if self.alive then self.withheld = {} end
  leave(self)
end

--- Data mode has been left.
---@param answered boolean the module has answered the escape sequence; if not, it is silent, or had left by itself
---@param ended boolean    the module has reported the end of the connection
---@param unsent integer   bytes passed to send() that were not sent
function DataMode:on_data_mode_end(answered, ended, unsent)
  self.leaving = false
  if self.dropped_dtr then self.modem.port:dtr(true) end
  if self.state ~= "online" then return end
  local asks = self.in_doubt and self.alive and answered and not ended
  if not asks then give_withheld(self, ended and before_end or nil) end
  if ended then return over(self, carrier_lost(self), unsent) end
  if not answered then return over(self, no_answer(self), unsent) end
  self.state = "command"
  if asks then
    ask_whether_alive(self)
  elseif self.in_doubt and not self.parked and not is_wanted(self) then
    return_to(self)
  end
  exchange.release(self.modem, self)
  change(self)
end

--- A command is waiting: leaves data mode for it, but not before data has had the line for a while.
function DataMode:wanted()
  if not self.auto or self.state ~= "online" or self.leaving then return end
  if wait.now() >= self.turn_until then return leave(self) end
  if not self.timer then wait.schedule(self, self.turn_until) end
end

--- Called by the loop's timer: data has had the line long enough.
function DataMode:due()
  if is_wanted(self) then self:wanted() end
end

--- Whether it keeps the line until its owner releases it, even if commands are waiting.
function DataMode:keeps_line()
  return not self.auto and not self.parked and self.state ~= "ended"
end

--- Whether it was left for commands only, and may be resumed.
function DataMode:may_return()
  return self.auto and self.state == "command" and not self.parked and not self.resuming
end

--- No command is waiting any more: resumes data mode if it was left for commands.
function DataMode:idle()
  if self.auto and self.state == "command" and not self.parked then return_to(self) end
end

-- Verbs

--- Sends a command whose CONNECT starts data mode. For a connection that is being opened or switched; the caller holds
--- the claim.
---@param text string
---@param request? hayes.request
---@return hayes.response?, hayes.error?
function DataMode:open(text, request)
  request = request or {}
  request.online, request.owner = self, self.owner
  local response, err = exchange.run(self.modem, text, request)
  if response then return response end
  end_with(self, err)
  return nil, err
end

--- Leaves data mode and keeps the connection open; commands are sent until resume(). True; or nil and the error.
---@param deadline? number  waits no longer than that
---@return true?, hayes.error?
function DataMode:escape(deadline)
  self.parked = true
  while self.state == "online" or self.resuming do
    if self.state == "online" and not self.leaving then leave(self) end
    local _, late = self.changed:wait(deadline)
    if late then return nil, no_answer(self) end
  end
  if self.state == "ended" then return nil, self.err end
  return true
end

--- Resumes data mode if necessary, and waits for it.
local function await_online(self)
  while self.state ~= "online" or self.leaving do
    if self.state == "ended" then return nil, self.err end
    if self.parked then return nil, not_online(self) end
    -- Waiting commands go first; data mode is resumed after the last of them.
    if not self.leaving and not is_wanted(self) then return_to(self) end
    if self.state == "command" or self.leaving then self.changed:wait() end
  end
  return true
end

--- Resumes data mode (in most dialects by `ATO`). True; or nil and the error.
---@return true?, hayes.error?
function DataMode:resume()
  self.parked = false
  exchange.next_turn(self.modem)
  return await_online(self)
end

--- Sends any bytes, and waits until the port has accepted them. They are sent even if the calling task is cancelled.
---@param bytes string
---@return true?, hayes.error?, integer? number of bytes that the port may have accepted, if it fails
function DataMode:send(bytes)
  local _sending <close> = self.send_lock:take()
  if self.given then self.given:wait() end -- the send of a task that was cancelled
  local ok, err = await_online(self)
  if not ok then return nil, err, 0 end
  if bytes == "" then return true end
  local given = wait.waiter()
  self.given = given
  if not self.modem:send_data(self, bytes) then
    self.given = false
    return nil, not_online(self), 0
  end
  local unsent
  ok, err, unsent = given:wait()
  if ok then return true end
  return nil, err, math.max(0, #bytes - unsent)
end

--- Ends it because the port is closed, or the module has restarted.
function DataMode:lose(err) over(self, err) end

--- The connection is about to be closed in the background.
function DataMode:abandon() self.unwanted = true end

--- Leaves data mode for good: the connection changes to another access mode, or is to be closed. True; or nil and the
--- error.
---@return true?, hayes.error?
function DataMode:finish()
  local ok, err = self:escape()
  if not ok then return nil, err end
  end_with(self, not_online(self))
  change(self)
  return true
end

-- For the connections of every dialect

--- The error for a wait that could never end, because another connection keeps the line (exchange.deadlock).
---@param connection table with `modem` and, in data mode, `data`
---@return hayes.error?
function DataMode.deadlock(connection)
  local modem = connection.modem
  local online = modem.online
  if not online or connection.data == online then return nil end
  return exchange.deadlock(modem)
end

--- Sends bytes of a connection, unless that is known to have ended. True; or nil and the error. Its `uncertain` is the
--- number of bytes that may or may not have arrived: the module had them when the connection ended.
---@param ended_error fun(connection): hayes.error the error that the connection has ended with
---@return true?, hayes.error?
function DataMode.send_from(connection, bytes, ended_error)
  local ok, err, given = nil, connection:refusal(), 0
  if not err then ok, err, given = connection.data:send(bytes) end
  if ok then return true end
  if connection.peer_closed or connection.lost then err = ended_error(connection) end
  err = errors.within(err, "sending to " .. connection.host)
  err.sent, err.uncertain = 0, given
  return nil, err
end

return DataMode
