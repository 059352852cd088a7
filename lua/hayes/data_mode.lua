--- Data mode: the line carries a connection's bytes and no commands (V.250 5.2, SSL note 1.4).
---
--- What the module says of the connection's end looks like data, and data may look like it: `NO CARRIER` in a page is
--- none. So a text that may mean the end is held back; if more follows, it was data. If silence follows, the escape
--- sequence is sent: a module that is still in data mode answers it, and is sent back there; one that is not says
--- nothing.
---
--- Modules differ in their manners: guard_ms, the silence in front of the escape sequence; answer_ms, the silence that
--- the module itself wants behind it, which is the soonest that its answer comes (guard_ms); settle_ms, how long it is
--- to be left alone behind that answer (0); resume, the command that returns to data mode (`ATO`); dtr = false: DTR
--- does nothing; hangup, the texts that tell of the end (`NO CARRIER`); behind, how lines begin that the module may
--- say right behind its answer to the escape sequence, of data that goes on coming. With idle_ms the module waits no
--- second, but calls three plus signs the escape sequence that have so little silence around them: then no more than
--- two are ever sent in one go.

local ending = require "hayes.ending"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local Lock = require "hayes.lock"
local wait = require "hayes.wait"

--- So long the rest of a text that may mean the end is waited for, seconds: more than a USB adapter's latency.
local TEXT_GAP = 0.03

--- Silence behind such a text that makes it worth asking, seconds.
local END_QUIET = 0.25

--- What is held back at most, bytes. Behind a real end come a few lines at most.
local MOST_HELD = 4096

--- The answer to the escape sequence comes at most so long behind the guard time, seconds.
local ESCAPE_ANSWER = 1

--- A module leaves data mode at once when DTR drops, seconds.
local DTR_ANSWER = 1

local PLUS = ("+"):byte()

--- Silence behind an `OK` that makes it the answer, seconds.
local OK_QUIET = 0.05

---@class hayes.data_mode
---@field state "online"|"command"|"ended" online: data flows; command: the connection is kept, and commands go
---@field auto boolean  left and entered again around the commands of others
---@field received fun(bytes: string) gets what comes; it must neither wait nor raise
---@field ended fun(err: hayes.error) the connection is over; it must neither wait nor raise
local DataMode = {}
DataMode.__index = DataMode

---@param modem hayes.modem
---@param options { auto: boolean?, received: function, ended: function, hangup: string[]?, resume: string?,
---  alive: (fun(): boolean)? }  hangup and resume: of this connection, in place of the dialect's; alive: asks, in
---  command mode, whether there is a connection still, for modules that stay in data mode when it ends
---@return hayes.data_mode
function DataMode.new(modem, options)
  local manners = modem.dialect.manners
  local texts = {} -- in the order in which they are looked for at the end
  for _, text in ipairs(options.hangup or manners.hangup or { "NO CARRIER" }) do
    texts[#texts + 1] = "\r\n" .. text .. "\r\n"
  end
  for _, boot in ipairs(modem.dialect.boot or {}) do
    if type(boot) == "string" then texts[#texts + 1] = "\r\n" .. boot .. "\r\n" end
  end
  return setmetatable({
    modem = modem, auto = options.auto or false, received = options.received, ended = options.ended,
    alive = options.alive,
    state = "command", texts = texts, escape_text = manners.escape or "+++", guard = (manners.guard_ms or 1000) / 1000,
    answer_after = (manners.answer_ms or manners.guard_ms or 1000) / 1000,
    settle = (manners.settle_ms or 0) / 1000,
    -- More than a USB adapter's latency may take away from it.
    burst_gap = manners.idle_ms and manners.idle_ms * 2.5 / 1000,
    behind = manners.behind,
    resume_text = options.resume or manners.resume or "ATO",
    run = 0,                 -- plus signs at the end of what was sent
    turn = Lock.new(),       -- one task at a time changes the state or writes
    held = "",               -- what has come and has not been handed on
    last_seen = 0,           -- when the last byte came
    pluses = 0,              -- sent since the last silence, if nothing else was; negative: something was
    parked = false,          -- out of data mode because the caller wants it so
    suspect = false,         -- it begins with a text that may mean the end
    last_sent = 0,           -- when the last byte went to the port
    timer = false,
  }, DataMode)
end

local function not_online(self)
  return errors.new { name = "command_mode", origin = "hayes", sent = 0,
    message = ("the connection on %s is in command mode"):format(self.modem.address),
    hint = "socket:resume() returns to data mode." }
end

--- Gives bytes to the port and waits until it has them.
local function say(self, bytes)
  local modem = self.modem
  local done = wait.waiter()
  self.given = done
  if not modem.engine:give(bytes) then return nil, self.err or not_online(self) end
  modem:await(modem.io:push(modem.port, wait.now()))
  done:wait()
  self.given = nil
  self.last_sent = wait.now()
  if self.state == "ended" then return nil, self.err end
  return true
end

--- The engine tells that what was given to it is with the port.
function DataMode:on_given()
  if self.given then self.given:fire() end
end

-- Input

local function hand_on(self, bytes)
  if bytes ~= "" then self.received(bytes) end
end

--- Sorts what has come and was not handed on; `all`: nothing more is to be waited for.
local function sort(self, all)
  local held = self.held
  local whole, partial = ending.find(self.texts, held)
  if whole and #held - whole < MOST_HELD then
    hand_on(self, held:sub(1, whole - 1))
    self.held, self.suspect = held:sub(whole), true
    wait.schedule(self, wait.now() + END_QUIET)
    return
  end
  self.suspect = false
  local keep = not all and partial or #held + 1
  hand_on(self, held:sub(1, keep - 1))
  self.held = held:sub(keep)
  if self.held ~= "" then wait.schedule(self, wait.now() + TEXT_GAP) else self.timer = false end
end

--- Data has come.
function DataMode:on_data(bytes)
  local answer = self.answer
  self.last_seen = wait.now()
  if answer and self.last_seen >= answer.earliest then
    answer.from = answer.from or math.max(1, #self.held - #ending.OK + 2)
  end
  self.held = self.held .. bytes
  if answer then return self:on_answer() end
  sort(self)
end

--- The loop's timer: silence.
function DataMode:due()
  if self.answer then return self:on_answer(true) end
  if not self.suspect then return sort(self, true) end
  wait.spawn_detached(self.probe, self)
end

--- While the answer to the escape sequence is due: an `OK` behind which there is silence, or a line that the module
--- says in command mode alone.
function DataMode:on_answer(silence)
  local answer = self.answer
  if answer.at then return end
  local now = wait.now()
  local found, followed = ending.answer(self.held, answer.from, self.behind)
  if found and (silence or followed) then
    answer.at = found
    return answer.waiter:fire(true)
  end
  if not found and now >= answer.latest then return answer.waiter:fire(false) end
  wait.schedule(self, found and now + OK_QUIET or answer.latest)
end

-- Leaving and entering

--- From now on an answer to what makes the module leave data mode is looked for.
local function expect_answer(self, earliest, latest)
  self.answer = { waiter = wait.waiter(), earliest = earliest, latest = latest }
end

--- Waits for that answer; true when it has come.
local function await_answer(self, latest)
  local answer = self.answer
  answer.latest = latest
  self:on_answer()
  local answered = answer.waiter:wait()
  self.answer = nil
  self.timer = false
  self.answered_at = answer.at
  return answered == true
end

--- Sends the escape sequence with its silences. True when the module has answered it.
local function send_escape(self)
  local quiet_at = self.last_sent + self.guard
  if wait.now() < quiet_at then wait.sleep(quiet_at - wait.now()) end
  if self.state == "ended" then return false end
  local patience = self.guard + ESCAPE_ANSWER
  -- Who wants no silence behind it may have answered before the port tells that it has the bytes.
  if self.answer_after == 0 then expect_answer(self, wait.now(), wait.now() + patience) end
  if not say(self, self.escape_text) then
    self.answer = nil
    return false
  end
  local now = wait.now()
  if not self.answer then expect_answer(self, now + self.answer_after * 0.5, now + patience) end
  return await_answer(self, now + patience)
end

--- By DTR, where the port has it: `AT&D1` has made that the module leaves data mode when it drops.
local function drop_dtr(self)
  local port = self.modem.port
  if not self.dtr then return false end
  port:dtr(false)
  local now = wait.now()
  expect_answer(self, now, now + DTR_ANSWER)
  local answered = await_answer(self, now + DTR_ANSWER)
  port:dtr(true)
  return answered
end

--- What was held back in front of the answer to the escape sequence, and the module's lines behind it.
local function take_held(self)
  local held, at = self.held, self.answered_at
  self.held = ""
  return held:sub(1, at - 1), held:sub(at + #ending.OK)
end

--- The module has answered, and said these lines since: the line is for commands.
local function to_command_mode(self, lines)
  local modem = self.modem
  self.held, self.suspect = "", false
  self.state = "command"
  modem.engine:leave(lines)
  if lines ~= "" then modem:turn(wait.now()) end
  if self.settle > 0 then wait.sleep(self.settle) end
  exchange.release(modem, self)
end

--- Ends it on this side. What was held back is given.
local function end_with(self, err)
  local modem, held = self.modem, self.held
  self.err = err
  self.state = "ended"
  self.held, self.suspect, self.timer = "", false, false
  if modem.online == self then modem.online = false end
  if self.given then self.given:fire() end
  if self.answer then self.answer.waiter:fire(false) end
  self.ended(err)
  return held
end

--- The module is in command mode without having been asked, or does not answer: it is got in step with.
local function finish(self, err)
  if self.state == "ended" then return end
  local modem = self.modem
  local at = ending.last(self.texts, self.held)
  hand_on(self, self.held:sub(1, at - 1))
  self.held = self.held:sub(at)
  local held = end_with(self, err)
  if modem.closed_with then return end
  modem.engine:leave(held)
  modem:turn(wait.now()) -- the lines held back are lines
  if modem.closed_with then return end
  modem.engine:sync(wait.now())
  exchange.release(modem, self)
  modem:turn(wait.now())
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

--- Finds out whether what is held back was the end.
function DataMode:probe()
  local _turn <close> = self.turn:take()
  if self.state ~= "online" or not self.suspect then return end
  if not send_escape(self) then return finish(self, carrier_lost(self)) end
  if ending.find(self.texts, self.held:sub(self.answered_at)) then return finish(self, carrier_lost(self)) end
  local held, lines = take_held(self)
  if lines ~= "" then -- of data that comes still
    hand_on(self, held)
    held = ""
  end
  to_command_mode(self, lines)
  if self.state == "command" and self.alive and not self.alive() then
    hand_on(self, held:sub(1, ending.last(self.texts, held) - 1))
    end_with(self, carrier_lost(self))
    return
  end
  hand_on(self, held) -- it was data
  if self.state == "command" then self:go_online(self.resume_text) end
end

local function enter(self, text, request)
  request = request or {}
  request.online = self
  request.next = true
  local modem = self.modem
  local response, err = exchange.run(modem, text, request)
  if response then return response end
  self.state = "ended"
  self.err = err
  if modem.online == self then modem.online = false end
  return nil, err
end

--- The exchange tells that CONNECT has come: from this place in the stream on, bytes are data.
function DataMode:on_connect()
  self.modem.online = self
  self.state = "online"
  self.held, self.suspect = "", false
  self.last_sent = wait.now() -- the command line
  if self.modem.exchanges.queue[1] then self:wanted() end
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

--- Sends a command that CONNECT answers, and is in data mode then. For a socket that is being opened.
---@param text string
---@param request? hayes.request
---@return hayes.response?, hayes.error?
function DataMode:open(text, request)
  local _turn <close> = self.turn:take()
  self.dtr = self.modem.leaves_by_dtr
  return enter(self, text, request)
end

--- Back into data mode. Only while holding the turn.
function DataMode:go_online(text)
  local response, err = enter(self, text)
  if response then return true end
  if err.result == "NO CARRIER" then err = carrier_lost(self) end
  self.err = err
  self.ended(err)
  return nil, err
end

local function leave(self)
  local _turn <close> = self.turn:take()
  if self.state == "online" then
    if drop_dtr(self) or self.state == "online" and send_escape(self) then
      local held, lines = take_held(self)
      hand_on(self, held)
      to_command_mode(self, lines)
    else
      finish(self, self.suspect and carrier_lost(self) or no_answer(self))
    end
  end
  if self.state == "ended" then return nil, self.err end
  return true
end

--- Leaves data mode and keeps the connection: commands go until resume(). True; or nil and why not.
---@return true?, hayes.error?
function DataMode:escape()
  self.parked = true
  return leave(self)
end

--- Back into data mode (`ATO`, mostly). True; or nil and why not.
---@return true?, hayes.error?
function DataMode:resume()
  local _turn <close> = self.turn:take()
  self.parked = false
  if self.state == "ended" then return nil, self.err end
  if self.state == "online" then return true end
  return self:go_online(self.resume_text)
end

--- Three plus signs between two silences would be the escape sequence: the third one is sent behind a silence then.
local function send_unescaped(self, bytes)
  if wait.now() >= self.last_sent + self.guard * 0.9 then self.pluses = 0 end
  local only = bytes:find("^%+*$") ~= nil
  if not only then
    self.pluses = -#bytes -- other bytes stand among them
  elseif self.pluses >= 0 and self.pluses + #bytes == #self.escape_text then
    if #bytes > 1 then
      local ok, err = say(self, bytes:sub(1, -2))
      if not ok then return nil, err end
    end
    wait.sleep(math.max(0, self.last_sent + self.guard - wait.now()))
    self.pluses, bytes = 0, bytes:sub(-1)
  end
  if only and self.pluses >= 0 then self.pluses = self.pluses + #bytes end
  return say(self, bytes)
end

--- For a module that takes any three plus signs for the escape sequence that have a short silence around them, or
--- (older firmware) none at all: the third one of a run begins a burst of its own.
local function send_in_pairs(self, bytes)
  local from = 1
  for at = 1, #bytes do
    self.run = bytes:byte(at) == PLUS and self.run + 1 or 0
    if self.run == #self.escape_text then
      if at > from then
        local ok, err = say(self, bytes:sub(from, at - 1))
        if not ok then return nil, err end
      end
      wait.sleep(self.burst_gap)
      from, self.run = at, 1
    end
  end
  return say(self, bytes:sub(from))
end

--- Sends bytes, whatever they are.
---@param bytes string
---@return true?, hayes.error?
function DataMode:send(bytes)
  local _turn <close> = self.turn:take()
  if self.state == "command" and self.auto and not self.parked then
    local ok, err = self:go_online(self.resume_text)
    if not ok then return nil, err end
  end
  if self.state == "ended" then return nil, self.err end
  if self.state == "command" then return nil, not_online(self) end
  if self.burst_gap then return send_in_pairs(self, bytes) end
  return send_unescaped(self, bytes)
end

--- Somebody has a command to send.
function DataMode:wanted()
  if self.auto and self.state == "online" and not self.leaving then
    self.leaving = true
    wait.spawn_detached(function()
      leave(self)
      self.leaving = false
      if not self.modem.exchanges.queue[1] and not self.modem.exchanges.holder then self:idle() end
    end)
  end
end

--- Nobody has any more.
function DataMode:idle()
  if self.auto and self.state == "command" and not self.parked and not self.turn.held then
    wait.spawn_detached(self.resume, self)
  end
end

--- It is over: the port is closed, or the module has restarted.
function DataMode:lose(err)
  if self.state == "ended" then return end
  end_with(self, err)
  if not self.modem.closed_with then self.modem.engine:leave() end
  exchange.release(self.modem, self)
end

--- The connection goes on in another access mode. Only in command mode.
function DataMode:retire()
  self.state = "ended"
  self.err = not_online(self)
  if self.modem.online == self then self.modem.online = false end
end

return DataMode
