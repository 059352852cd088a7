--- One module on one port: commands go in one after the other, events come out.
---
--- Longer than 500 lines: a third of it documents the methods.

local answer = require "hayes.declare.answer"
local by_hand = require "hayes.modem.by_hand"
local check = require "hayes.check"
local command = require "hayes.declare.command"
local core = require "hayes.core"
local dispatch = require "hayes.dispatch"
local errors = require "hayes.error"
local event_names = require "hayes.modem.event_names"
local Events = require "hayes.events"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local farewell = require "hayes.modem.farewell"
local identity = require "hayes.identity"
local Keeper = require "hayes.keeper"
local keeper_options = require "hayes.keeper.options"
local line_errors = require "hayes.modem.line_errors"
local Lock = require "hayes.lock"
local mask = require "hayes.display.mask"
local notifications = require "hayes.modem.notifications"
local service = require "hayes.modem.service"
local startup = require "hayes.startup"
local wait = require "hayes.wait"

---@class hayes.modem one module on one port, of hayes.open(). Which services it has depends on its dialect
---@field address string what hayes.open() was given
---@field dialect hayes.dialect what it speaks
---@field network hayes.quectel.network Quectel: SIM card, registration, PDP context
---@field clock hayes.quectel.clock Quectel: the module's clock
---@field file hayes.quectel.file Quectel: files in the module's flash
---@field ftp hayes.quectel.ftp_service Quectel: FTP and FTPS
---@field ssl hayes.quectel.ssl|hayes.aithinker.service TLS connections
---@field tcp hayes.quectel.tcp|hayes.aithinker.tcp TCP connections
---@field udp hayes.quectel.connections|hayes.aithinker.service UDP sockets
---@field certificates hayes.quectel.certificates|hayes.aithinker.certificates certificates and keys in the module
---@field wifi hayes.aithinker.wifi Ai-Thinker: the access point
---@field dns hayes.aithinker.dns Ai-Thinker: name resolution
---@field sockets hayes.aithinker.sockets Ai-Thinker: all connections and servers
---@field feeder? table  whose source an upload waits for, which has the line: see wait.caller
---@field package restart? fun(self) runs start-up again after a restart of the module; set once the first is over
---@field package profile? hayes.profile|false what is known of the module, where hayes.open was given one
---@field package again? { open: function, startup: table } how the port is opened again, and what start-up then needs
local Modem = {}
Modem.__name = "hayes.modem"

--- Sets everything that depends on the port to its initial state.
local function put_on_port(self, port)
  line_errors.keep(self)
  self.port = port
  self.engine = core.engine(self.dialect.rules)
  self.io = self.engine
  if type(port) ~= "userdata" then
    self.io = port
    port.engine = self.engine
  end
  self.engine:set_times(table.unpack(self.times))
  self.engine:set_line_speed(self.speed)
  self.engine:observe(self.trace ~= nil)
  self.fd = port:fd()
  self.exchanges = exchange.new(self)
  -- Present from the start: what is missing goes through __index.
  self.lost = false        -- the error that commands get while the module does not answer
  self.starting = false
  self.starter = false     -- the task whose commands go meanwhile
  self.rebooted = false
  self.restart = false
  self.online = false      -- the data mode that the line is in, or was in and will be in again
  self.data_claim = false  -- of the connection that is about to enter data mode (DataMode.claim)
  self.leaves_by_dtr = nil -- the module leaves data mode when DTR drops; nil: not known (data_mode.prepare)
  self.stray_final_at = 0  -- when one came that nobody waited for (foreign.lua); false: that has been reported
  self.blocked = false     -- waits for the port to take output
  self.timer = false
  self.ended_up_to = 0     -- of the steps that end it (shut)
  self.soon, self.next_soon = self.soon or false, self.next_soon or false
  self.closed_with = false -- the error that ended it
  self.leaving = false     -- it is about to be closed: what was sent before goes out (farewell.lua)
  self.guard = farewell.guard(self)
end

--- A modem on an open port; start-up is up to the caller. The port is one of core.open_port, or a table with the
--- methods fd, close, push and pump, the last two as the engine's own (see csrc/lua/pump.c); it finds the engine in its
--- field `engine`.
---@param port any
---@param address string what to call it in messages
---@param dialect table
---@param options { timeout: number, gap: number, speed: integer, trace: table? }  speed: bytes per second of the line
---  beyond the port, 0: as the port says
function Modem.new(port, address, dialect, options)
  local self = setmetatable({
    address = address,
    dialect = dialect,
    times = { options.timeout, options.gap },
    timeout_s = options.timeout,
    speed = options.speed,
    trace = options.trace,
    listeners = Events.new(),
    services = {},
    reopening = Lock.new(),
    notifications = {}, -- by name: URCs that were switched on for the program
    counts = { overlong = 0, unknown = 0, desyncs = 0, noise = 0, damaged = 0 }, -- of line_errors()
    counting_from = false, -- what the engine had counted when the start-up was over; false: it is not
    pollable = false, -- what pollfd() is of; false: nobody has asked, or the system has no such thing
    ended = false, -- close() was called: it is not opened again
    keeper = false, -- of keep()
    closed_with = true, soon = true, -- until it is complete: a finalizer before that ends nothing
    await = Modem.await,
    advance = Modem.advance,
  }, Modem)
  put_on_port(self, port)
  self:use_dialect(dialect)
  self.soon = false
  wait.attach(self)
  return self
end

--- Speaks this dialect from now on. Only while no command is under way.
---@package
function Modem:use_dialect(dialect)
  self.dialect = dialect
  self.engine:set_rules(dialect.rules)
  if not self.trace then return end
  self.trace.dialect = dialect
  self.trace:remark(wait.now(), "dialect " .. dialect.name)
end

--- Services hang off the modem, modem.ssl and the like; one is made when it is first asked for.
function Modem:__index(key)
  local method = Modem[key]
  if method ~= nil then return method end
  local dialect = rawget(self, "dialect")
  local make = dialect and dialect.services and dialect.services[key]
  if not make then return nil end
  local own = type(make) == "string"
  local made = service.dress(key, (own and require(make) or make)(self), own)
  self.services[key] = made
  rawset(self, key, made)
  return made
end

function Modem:__tostring()
  local state = self.closed_with and "closed" or self.dialect.name
  return ("hayes.modem: %s (%s)"):format(self.address, state)
end

--- Tells the services that their connections and sessions are gone: the module has restarted.
---@package
function Modem:reset_services()
  for _, made in pairs(self.services) do
    if made.reset then made.reset() end
  end
end

-- Commands

local at_options = {
  timeout = { type = "number", min = 0, max = 86400, unit = "s",
    doc = "To the final result code, and again to the deferred result (what the command's declaration says)." },
  data = { type = "string", secret = true, doc = "Bytes to send at the prompt, or after CONNECT." },
  expect = { type = "string", line = true,
    doc = 'The prefix of a deferred result, which comes after OK: "+QPING".' },
}

local no_options = { patient = true, reason = false }

--- Sends a command line, with or without `AT`, and gives what the module answers.
---
--- Without a time-out it waits for the line for as long as a connection in transparent mode has that; `busy` at once
--- when nobody else is there to end it.
---
--- Errors: `timeout`, the name of the module's error (modem:explain tells them all), `error` for a bare ERROR, `busy`,
--- `data_not_taken`, `too_long`.
---@param text string one command line
---@param options? { timeout: number?, data: string?, expect: string? } what else belongs to the command
---@return hayes.response?, hayes.error?
function Modem:at(text, options)
  options = options == nil and no_options or check.options("modem:at", options, at_options)
  local data = by_hand.check("modem:at", self.dialect, text, options.data)
  if options == no_options then return exchange.run(self, text, no_options) end
  options.deferred, options.patient, options.reason, options.data = options.timeout, true, false, data
  return exchange.run(self, text, options)
end

check.takes(Modem.at, at_options)

--- Sends a command by its declaration: the arguments are checked against it, and encoded as it says. Fails, too, when
--- its deferred result holds an error's number (`error = true` of a field, which is then not 0).
---@param name string      `+QSSLCFG`
---@param form "test"|"read"|"write"|"execute"
---@param arguments? table a list
---@param request? hayes.request
---@return hayes.response?, hayes.error?
---@package
function Modem:call(name, form, arguments, request)
  local declaration = self.dialect.commands[name]
  if not declaration then check.fail("modem:call", "the dialect declares no command " .. check.show(name)) end
  local text = command.build(declaration, form, arguments, self.dialect.protocol)
  local response, err = exchange.run(self, text, request)
  local refused = response and response.deferred and not self.dialect.reads_results
    and failure.of_result(self, text, response)
  if refused then return nil, refused end
  return response, err
end

--- The fields of one line of the answer to a command, by index as they stand there, and by the names of its declaration
--- as they are declared: an integer or absent, text or absent. `damaged`: an integer is none.
---@param text string the command
---@param line string
---@return table, hayes.error? damaged
---@package
function Modem:fields(text, line)
  local values, damaged = answer.fields(self.dialect.commands, text, line)
  return values, damaged and failure.bad_answer(self, text, line, damaged) or nil
end

--- The fields of the first information line, by index and by the names of the declaration. nil and an error
--- (`bad_answer`) when one is not what it is declared to be, or one of those needed is missing.
---
--- Errors: those of modem:at, `no_information`, `bad_answer`.
---@param text string one command line, with or without AT
---@param needed? string[] names
---@return table?, hayes.error?
function Modem:query(text, needed)
  by_hand.check("modem:query", self.dialect, text)
  local response, err = exchange.run(self, text)
  if not response then return nil, err end
  if not response[1] then
    local shown = mask.command(self.dialect, text)
    if response.truncated then
      return nil, errors.new { name = "bad_answer", command = shown, result = response.result,
        message = ("the answer to %s is a line longer than %d bytes, and was lost"):format(shown,
          self.dialect.protocol.max_line or 4096) }
    end
    return nil, errors.new { name = "no_information", command = shown, result = response.result,
      message = ("%s was answered with %s alone"):format(shown, response.result) }
  end
  local values, damaged = self:fields(text, response[1])
  if damaged then return nil, damaged end
  for _, name in ipairs(needed or {}) do
    if values[name] == nil then return nil, failure.bad_answer(self, text, response[1], name) end
  end
  return values
end

Modem.line_errors = line_errors.of

-- Data

--- Hands bytes to the port: in data mode, or as the data of the current command (hayes.request), whose callback is
--- called once the port has taken them. False if earlier bytes are still on their way, or if no data can be sent.
---@param owner table  the data mode, or the ticket of the command: whoever has the line
---@param bytes string
---@return boolean
---@package
function Modem:send_data(owner, bytes)
  if not exchange.has_line(self, owner) or self.closed_with or not self.engine:write_data(bytes) then return false end
  self:await(self.io:push(self.port, wait.now()))
  return true
end

--- The data of the command under way has come to its end.
---@param owner hayes.ticket
---@package
function Modem:finish_data(owner)
  if self.closed_with or not exchange.has_line(self, owner) then return end
  self.engine:finish_data()
  self:await(self.io:push(self.port, wait.now()))
end

--- Leaves data mode; the data mode's on_data_mode_end() is called with the outcome.
---@param by_dtr boolean it has been dropped; else by the escape sequence
---@package
function Modem:leave_data_mode(by_dtr)
  local now = wait.now()
  self.engine:leave_data_mode(by_dtr, now)
  self:await(self.io:push(self.port, now))
end

--- Ends data mode at once, when the module is known to have left it. Returns the number of bytes not sent.
---@return integer
---@package
function Modem:end_data_mode()
  return self.closed_with and 0 or self.engine:end_data_mode()
end

--- Resynchronises with the module after the pending events were handled, so that a late answer is not taken for that of
--- another command. Does nothing in data mode. With `seconds`, a module that does not answer in time is declared
--- unresponsive (`lost`).
---@param seconds? number
---@package
function Modem:resync(seconds)
  if self.closed_with or self.online and self.online.state == "online" then return end
  local now = wait.now()
  self.engine:sync(now, seconds and now + seconds)
  wait.schedule(self, now)
end

-- Events

--- Calls handler(event), as a task of its own, for every URC with this prefix, which is switched on in the module where
--- its declaration says how; `urc` stands for all of them. `reboot`, `closed`, `desync`, `resync` and `foreign`
--- (another program speaks on this port) come from the library. A URC that is not declared is waited for all the same;
--- the subscription says when its name is like one that is.
---@param name string of the event
---@param handler fun(event: hayes.event) may call anything, also commands on the same modem
---@return hayes.subscription
function Modem:on(name, handler)
  event_names.check(self, "modem:on", name)
  check.value("modem:on", "the handler", handler, { type = "callable" })
  notifications.want(self, name)
  local subscription = self.listeners:on(name, handler)
  subscription.doubt = event_names.like(self, name)
  return subscription
end

--- Waits for the next such event; nil, "timeout" if it does not come in time (without `timeout`: waits for ever).
---@param name string of the event, as for modem:on
---@param timeout? number seconds, 0 to 1,000,000,000
---@return hayes.event?, any
function Modem:wait(name, timeout)
  event_names.check(self, "modem:wait", name)
  check.value("modem:wait", "the time-out", timeout, { type = "number|nil", min = 0, max = 1e9 })
  if self.closed_with then return nil, self.closed_with end
  notifications.want(self, name)
  return self.listeners:wait(name, timeout)
end

--- Calls f(event) at once, inside the dispatch: it must neither wait nor raise. For services.
---@package
function Modem:listen(name, f)
  return self.listeners:listen(name, f)
end

-- Driving

--- What Lua raises when an allocation has failed.
local NO_MEMORY = "not enough memory"

--- Message handler for xpcall: adds the traceback, without which a report of a bug is useless. Out-of-memory errors are
--- left as they are, since a traceback needs memory.
local function traceback(err)
  if type(err) ~= "string" or err == NO_MEMORY then return err end
  return debug.traceback(err, 2)
end

local OUT_OF_MEMORY = errors.new { name = "out_of_memory", message = "not enough memory: the modem was closed",
  hint = "Open it again once there is some." }

local function internal_error(err)
  if err == NO_MEMORY then return OUT_OF_MEMORY end
  return errors.internal(tostring(err), ", and closed the modem")
end

--- Takes note of what the engine waits for beside input.
---@package
function Modem:await(blocked, deadline)
  if blocked ~= self.blocked then
    self.blocked = blocked
    wait.want_output(self.fd, blocked)
  end
  local timer = self.timer
  if deadline and not (timer and timer.at <= deadline) then wait.schedule(self, deadline) end
end

local function serve(self, now)
  local io, port = self.io, self.port
  while not self.closed_with do
    local kind, a, b, c, d, e = io:pump(port, now)
    if not kind then return self:await(a, b) end
    dispatch[kind](self, a, b, c, d, e)
  end
end

--- Reads, writes and delivers events without waiting. The loop calls it when the port is ready or a deadline has
--- passed, and holds interrupts meanwhile: Ctrl-C in the middle of it would be taken for a failure of the library.
---
--- A failure in the middle of that (out of memory, or a bug in the library) leaves nobody waiting: the modem is closed,
--- and everything pending ends with that error.
---@package
function Modem:advance(now)
  if self.closed_with then return self:go_on() end -- there was not even memory to begin with that
  local ok, err = xpcall(serve, traceback, self, now)
  if not ok then
    local made, failed = pcall(internal_error, err)
    self:shut(made and failed or OUT_OF_MEMORY)
  end
end

local Held = setmetatable({}, { __close = core.release_interrupts })

--- The same at once, for callers that are not the loop.
---@package
function Modem:advance_now()
  core.hold_interrupts()
  local _held <close> = Held -- advance() may raise for want of memory
  self:advance(wait.now())
end

Modem.due = Modem.advance

--- For a loop that is not the library's: wait until this descriptor is ready for events(), or timeout() has passed,
--- then call step(). It stays the same until the modem is collected, and becomes ready when the modem is closed.
---@return integer
function Modem:pollfd()
  self.pollable = self.pollable or wait.loop_descriptor() or false
  return self.pollable and self.pollable:fd() or self.fd
end

--- What a loop that is not the library's waits for at pollfd().
---@return "r"|"rw"
function Modem:events() return not self.pollable and self.blocked and "rw" or "r" end

--- How long a loop that is not the library's may wait before it calls step(): every timer of the library counts. What
--- becomes due earlier meanwhile makes pollfd() ready.
---@return number? seconds; nil: without end
function Modem.timeout(_) return wait.timeout() end

--- Serves the modem, waiting up to `seconds` (0) for something to happen; handlers run, too.
---
--- Errors: the one that the modem was closed with: `closed`, `port_gone`.
---@param seconds? number 0 to 1,000,000,000
---@return true?, hayes.error?
function Modem:step(seconds)
  check.value("modem:step", "the time", seconds, { type = "number|nil", min = 0, max = 1e9 })
  if not self.closed_with then
    wait.iterate(wait.now() + (seconds or 0))
    wait.iterate(0)
  end
  if self.closed_with then return nil, self.closed_with end
  return true
end

-- The end

local function report_failure(modem, err)
  if err == NO_MEMORY then error(err, 0) end
  wait.report("closing the modem on " .. modem.address, err)
end

--- What ends with a modem, in order. Each step is taken whatever becomes of the others.
local endings = {
  function(modem) wait.detach(modem, modem.fd) end,
  function(modem) modem.port:close() end,
  function(modem)
    for _, made in pairs(modem.services) do
      local ok, err = true, nil
      if made.reset then ok, err = xpcall(made.reset, traceback, modem.closed_with) end
      if not ok then report_failure(modem, err) end
    end
  end,
  function(modem) exchange.close(modem, modem.closed_with) end,
  function(modem)
    modem.listeners:emit { name = "closed", line = modem.closed_with.message, fields = {} }
  end,
  function(modem) modem.listeners:close(modem.closed_with) end,
  function(modem) if modem.trace then modem.trace:close(modem.closed_with.message) end end,
  function(modem) if modem.emulator then modem.emulator:close() end end,
}

--- Continues to close the modem. A step that runs out of memory is tried again in the next round of the loop.
---@package
function Modem:go_on()
  if not self.closed_with then return end
  wait.soon(self)
  while self.ended_up_to < #endings do
    local ok, err = xpcall(endings[self.ended_up_to + 1], traceback, self)
    if err == NO_MEMORY then return end
    self.ended_up_to = self.ended_up_to + 1
    if not ok then report_failure(self, err) end
  end
  wait.not_soon(self)
end

--- Ends everything with this error; the port is closed.
---@param err hayes.error
---@package
function Modem:shut(err)
  if self.closed_with and (self.soon or self.ended_up_to == #endings) then return end -- it ends, or has ended
  self.closed_with = self.closed_with or err
  self:go_on()
end

local function closed_error(self) return errors.closed("the modem on " .. self.address) end

local function close(self)
  local made, err = pcall(closed_error, self)
  self:shut(made and err or OUT_OF_MEMORY)
end

--- Closes the port, after what sockets have queued was sent, for which it waits up to 2 seconds; what is left then is
--- told on stderr. Leaves data mode, for which it waits up to 5 seconds more; the module keeps the connection. What
--- waits on this modem ends with `closed`. Any number of times.
---@return true
function Modem:close()
  if self.keeper then self.keeper:close() end
  if not self.ended and not self.closed_with then
    self.ended = true
    farewell.bid(self)
  end
  self.ended = true
  close(self)
  return true
end

Modem.__close = Modem.close

--- A finalizer may run in the middle of anything, and cannot wait.
function Modem:__gc()
  self.ended = true
  if not self.closed_with then farewell.report(self) end
  close(self)
end

--- Opens a port again that has gone (the cable was unplugged, the module reset its USB), with the same address and
--- object: start-up runs again and handlers stay; sockets and sessions from before are gone. Returns true; nil and the
--- error if that fails, or if close() was called. May be called any number of times.
---
--- Errors: `closed` after close(), and those of hayes.open.
---@return true?, hayes.error?
function Modem:reopen()
  local _held <close> = self.reopening:take()
  if not self.closed_with then return true end
  if self.ended or not self.again then return nil, self.closed_with end
  self:go_on()
  if self.ended_up_to < #endings then return nil, OUT_OF_MEMORY end
  local port, err = self.again.open()
  if not port then return nil, err end
  put_on_port(self, port)
  if self.trace then self.trace:reopen() end
  wait.attach(self)
  local options = self.again.startup
  local ok
  ok, err = startup.run(self, { dialect = self.dialect, baud = options.baud, timeout = options.timeout })
  if ok then return true end
  self:shut(err)
  return nil, err
end

--- Keeps the module on line for months: looks at the connection and brings it back, by the steps of the notes, after
--- the network has taken it away, the module has restarted, or the port was gone. It begins at once, in the background;
--- the object that it gives tells how things stand, and ends it.
---
--- What the network (`+QIURC: "pdpdeact"`, `+EVENT:WIFI_DISCONNECT`), a restart of the module or the port tells is
--- acted on at once, by modem.network.reattach, modem.wifi.join and modem:reopen. Attempts that fail are repeated after
--- longer and longer pauses. When the settings are right and it still fails, the module is restarted, within a budget.
--- What takes a person (no SIM card, its PIN, a network that refuses it, a wrong Wi-Fi password) is told in the state
--- `failed`, is looked at again after the same pauses, and is never answered with a restart.
---
--- The program stays in charge: after its own modem.network.detach or modem.wifi.leave the keeper does nothing until
--- the program attaches or joins again, and brings back what was attached last. While a connection in transparent mode
--- has the line it sends nothing, unless that was opened with `escape = "auto"`. It works while the program waits in a
--- call of the library, as handlers do, and keeps neither hayes.run nor the program from ending. Sockets and sessions
--- that were lost are the program's to open again.
---
--- Errors: `busy` where there is a keeper already, `not_supported` where the dialect does not say how, `closed`.
---
--- Source: FTP note 4.2 (AT+CGATT, AT+CGREG and the APN first, then a restart, then three checks 10 minutes apart); SSL
--- note 4 (AT+QIACT?); TCP/IP note, QIDEACT after `pdpdeact`; combo guide, AT+WJAP.
---@param options { network: table?, wifi: table?, check: number?, probe: any, probe_every: number?, backoff: table?,
---  budget: table?, restart: any } what is kept, and how
---@return hayes.keeper?, hayes.error?
function Modem:keep(options)
  return Keeper.start(self, options)
end

check.takes(Modem.keep, keeper_options.rules)

Modem.identify, Modem.habits = identity.of, identity.habits

check.methods(Modem, "modem", { "at", "close", "events", "habits", "identify", "keep", "line_errors", "on", "pollfd",
  "query", "reopen", "step", "timeout", "wait" })

return Modem
