--- Data mode of a connection: the line carries its bytes and no commands (V.250 5.2, SSL note 1.4). The engine does the
--- work (csrc/at/online.h); here is the policy: when it is left, for whom, and what is made of its end.
---
--- Nothing here is done by the task that happens to ask: leaving goes on, and so does returning, whatever becomes of
--- those who wait for it.

local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local Lock = require "hayes.lock"
local wait = require "hayes.wait"

--- Data has the line for so long at least before commands that wait have it again, seconds.
local DATA_TURN = 0.25

---@class hayes.data_mode
---@field state "online"|"command"|"ended" online: data flows; command: the connection is kept, and commands go
---@field auto boolean  left and entered again around the commands of others
---@field hangup? string[] the lines that tell of the connection's end; nil: those of the dialect
---@field received fun(bytes: string) gets what comes; it must neither wait nor raise
---@field ended fun(err: hayes.error) the connection is over; it must neither wait nor raise
local DataMode = {}
DataMode.__index = DataMode

---@param modem hayes.modem
---@param options { auto: boolean?, received: function, ended: function, hangup: string[]?, resume: string?,
---  alive: (fun(tell: fun(up: boolean)))? }  hangup and resume (`ATO`): of this connection, in place of the dialect's;
---  alive: asks, in command mode, whether there is a connection still, for modules that stay in data mode when it ends
---@return hayes.data_mode
function DataMode.new(modem, options)
  local manners = modem.dialect.manners
  return setmetatable({
    modem = modem, auto = options.auto or false, received = options.received, ended = options.ended,
    alive = options.alive, hangup = options.hangup,
    resume_text = options.resume or manners.resume or "ATO",
    state = "command",
    parked = false,           -- out of data mode because the caller wants it so
    leaving = false,          -- the engine is
    resuming = false,         -- a command that leads back is under way, or is being decided on
    unwanted = false,         -- it is being closed, and nobody waits for that
    in_doubt = false,         -- left to find out whether there is a connection
    withheld = false,         -- what has come meanwhile, where the module may have said the end among it
    dropped_dtr = false,
    turn = Lock.new(),        -- one task at a time sends
    turn_until = 0,           -- before that it is not left for commands
    timer = false,
    changed = wait.waiter(),  -- fires when any of these may have changed, and another one stands here then
    given = false,            -- whoever waits until the port has its bytes
    err = nil,
  }, DataMode)
end

--- Has the module leave data mode when DTR drops, where the port has it; without that, the escape sequence does. Before
--- open(), and before the line is held for it.
---@param modem hayes.modem
function DataMode.prepare(modem)
  if modem.leaves_by_dtr ~= nil then return end
  local port = modem.port
  local has_dtr = type(port) == "userdata" and port:dtr(true) or type(port) == "table" and port.dtr
  if not has_dtr or modem.dialect.manners.dtr == false then
    modem.leaves_by_dtr = false
  elseif exchange.run(modem, "AT&D1") then
    modem.leaves_by_dtr = true
  end
end

--- The right to enter data mode. One connection has it, from the beginning of its opening or switching to the end of
--- that; from CONNECT on, modem.online names the connection that has the line.
---@class hayes.data_mode.claim
local Claim = {}
Claim.__index = Claim

--- Fires when the connection that keeps others from data mode may have ended, where nobody wants that one any more: the
--- caller of its opening has left, or its socket was dropped.
---@param modem hayes.modem
---@return hayes.waiter|false
local function end_of_unwanted(modem)
  local online, claim = modem.online, modem.data_claim
  if online then return online.unwanted and online.changed end
  return claim and claim.job and claim.job.left and claim.released
end

--- Claims the line for a connection that is to enter data mode. nil and the error at once, where another connection has
--- data mode or is about to enter it. One that nobody wants any more is waited for. For other access modes than
--- "transparent" there is nothing to claim: nil alone.
---
---     local _claim <close>, err = DataMode.claim(modem, mode)
---     if err then return nil, err end
---@param modem hayes.modem
---@param mode "buffer"|"push"|"transparent" that the connection is to have
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
  return errors.new { name = "closed", origin = "ssl",
    message = ("the connection on %s was closed by the other end"):format(self.modem.address) }
end

local function change(self)
  local changed = self.changed
  self.changed = wait.waiter()
  changed:fire()
end

--- The bytes given last will not go out, or this many of them not.
local function end_giving(self, err, unsent)
  local given = self.given
  self.given = false
  if given then given:fire(false, err, unsent) end
end

-- Doubt

--- The bytes in front of the texts that tell of the end, which stand last.
local function before_end(self, bytes)
  local texts = self.hangup or self.modem.dialect.manners.hangup or {}
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

--- What was withheld is data, as far as this gives it back.
local function give_withheld(self, cut)
  local bytes = self.withheld and table.concat(self.withheld) or ""
  self.withheld = false
  if bytes ~= "" then self.received(cut and cut(self, bytes) or bytes) end
end

--- The connection is over, or is none of data mode's any more. The engine's data mode ends with it only where the
--- connection has the line: it may have failed to open, and another one may have the line.
---@param unsent? integer bytes given that did not go out; nil: the engine is asked
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

--- The same, and its owner is told.
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

--- The command that leads back has ended.
local function on_resumed(self, err)
  self.resuming = false
  if err then over(self, err.result == "NO CARRIER" and carrier_lost(self) or err) end
  change(self)
end

--- Back into data mode, in front of everybody else's commands.
local function go_online(self)
  self.resuming = true
  local ticket, err = exchange.start(self.modem, self.resume_text, { online = self, next = true,
    finished = function(_, failed) on_resumed(self, failed) end })
  if not ticket then on_resumed(self, err) end
end

local function return_to(self)
  if not self.resuming then go_online(self) end
end

local function is_wanted(self)
  return self.auto and exchange.has_waiting(self.modem)
end

--- The module has answered, and may do so without a connection: is there one? Asked in front of all others' commands.
local function ask_whether_alive(self)
  self.resuming = true
  self.alive(function(up)
    if self.state == "ended" then return end
    self.resuming, self.in_doubt = false, false
    give_withheld(self, not up and before_end or nil)
    if not up then return over(self, carrier_lost(self)) end
    if not self.parked and not is_wanted(self) then go_online(self) end
    change(self)
  end)
end

-- What the engine tells

--- From this place in the stream on, bytes are data.
function DataMode:on_connect()
  self.modem.online = self
  self.state, self.leaving, self.in_doubt = "online", false, false
  self.turn_until = wait.now() + DATA_TURN
  change(self)
  if is_wanted(self) then self:wanted() end
  if self:keeps_line() then exchange.keep(self.modem) end
end

function DataMode:on_data(bytes)
  if self.withheld then self.withheld[#self.withheld + 1] = bytes else self.received(bytes) end
end

--- What was given is with the port.
function DataMode:on_given()
  local given = self.given
  self.given = false
  if given then given:fire(true) end
end

--- The connection may have ended: what has come looks like it.
function DataMode:on_doubt()
  if self.leaving or self.state ~= "online" then return end
  self.in_doubt = true
  if self.alive then self.withheld = {} end
  leave(self)
end

--- Data mode has been left.
---@param answered boolean the module was in it and has answered; else it had left by itself, or is silent
---@param ended boolean    it has said that the connection is over
---@param unsent integer   bytes given that did not go out
function DataMode:on_left(answered, ended, unsent)
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

--- Somebody has a command to send. Where commands follow each other without a pause, data has its turn between them.
function DataMode:wanted()
  if not self.auto or self.state ~= "online" or self.leaving then return end
  if wait.now() >= self.turn_until then return leave(self) end
  if not self.timer then wait.schedule(self, self.turn_until) end
end

--- The loop's timer: data has had its turn.
function DataMode:due()
  if is_wanted(self) then self:wanted() end
end

--- Is the line its own until its owner gives it back, whoever has a command to send?
function DataMode:keeps_line()
  return not self.auto and not self.parked and self.state ~= "ended"
end

--- Out of data mode for commands only, and free to return?
function DataMode:may_return()
  return self.auto and self.state == "command" and not self.parked and not self.resuming
end

--- Nobody has any more.
function DataMode:idle()
  if self.auto and self.state == "command" and not self.parked then return_to(self) end
end

-- Verbs

--- Sends a command that CONNECT answers, and is in data mode then. For a connection that is being opened or switched,
--- whose claim the caller holds.
---@param text string
---@param request? hayes.request
---@return hayes.response?, hayes.error?
function DataMode:open(text, request)
  request = request or {}
  request.online = self
  local response, err = exchange.run(self.modem, text, request)
  if response then return response end
  end_with(self, err)
  return nil, err
end

--- Leaves data mode and keeps the connection: commands go until resume(). True; or nil and why not.
---@return true?, hayes.error?
function DataMode:escape()
  self.parked = true
  while self.state == "online" or self.resuming do
    if self.state == "online" and not self.leaving then leave(self) end
    self.changed:wait()
  end
  if self.state == "ended" then return nil, self.err end
  return true
end

--- Waits until bytes can be given.
local function await_online(self)
  while self.state ~= "online" or self.leaving do
    if self.state == "ended" then return nil, self.err end
    if self.parked then return nil, not_online(self) end
    -- Commands that wait for the line have it first; the last of them leads back.
    if not self.leaving and not is_wanted(self) then return_to(self) end
    if self.state == "command" or self.leaving then self.changed:wait() end
  end
  return true
end

--- Back into data mode (`ATO`, mostly). True; or nil and why not.
---@return true?, hayes.error?
function DataMode:resume()
  self.parked = false
  exchange.next_turn(self.modem)
  return await_online(self)
end

--- Sends bytes, whatever they are, and waits until the port has them. A caller that leaves earlier has given them all
--- the same.
---@param bytes string
---@return true?, hayes.error?, integer? how many of them the port may have
function DataMode:send(bytes)
  local _turn <close> = self.turn:take()
  if self.given then self.given:wait() end -- of a caller that has left
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

--- It is over: the port is closed, or the module has restarted.
function DataMode:lose(err) over(self, err) end

--- It will be closed, and nobody waits for that.
function DataMode:abandon() self.unwanted = true end

--- Leaves data mode for good, since the connection goes on in another access mode or is to be closed. True; or nil and
--- why not.
---@return true?, hayes.error?
function DataMode:finish()
  local ok, err = self:escape()
  if not ok then return nil, err end
  end_with(self, not_online(self))
  change(self)
  return true
end

-- For the connections of every dialect

--- The error for a wait without a limit that nothing can end: another connection keeps the line.
---@param connection table with `modem` and, in data mode, `data`
---@return hayes.error?
function DataMode.deadlock(connection)
  local modem = connection.modem
  if connection.data and connection.data == modem.online then return nil end
  return exchange.deadlock(modem)
end

--- Sends a connection's bytes. True; or nil and the error, whose `uncertain` tells of how many it is not known whether
--- they have arrived: those that went to the module when the connection ended.
---@param ended_error fun(connection): hayes.error why it has ended
---@return true?, hayes.error?
function DataMode.send_from(connection, bytes, ended_error)
  local ok, err, given = connection.data:send(bytes)
  if ok then return true end
  if connection.peer_closed or connection.lost then err = ended_error(connection) end
  err = errors.within(err, "sending to " .. connection.host)
  err.sent, err.uncertain = 0, given
  return nil, err
end

return DataMode
