--- The LuaSocket TCP contract over any dialect's connections, so that socket.http, socket.smtp, LTN12 pumps and
--- MQTT clients run over them unchanged.
---
--- What is sent goes out at once; only while the line is busy are small sends joined into chunks of the module's
--- size. send() takes bytes into a bounded queue. It waits while that is full, and a moment for the module to take what
--- a free line can carry at once (outgoing.lua).
---
--- Reads and sends run in tasks of the socket's own, so that no bytes are lost if the calling task is cancelled.
--- Callers wait for the outcome, and their time-out covers the whole wait.

local argument = require "hayes.stream.argument"
local bridge = require "hayes.stream.bridge"
local Buffer = require "hayes.stream.buffer"
local check = require "hayes.check"
local connecting = require "hayes.stream.connecting"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local farewell = require "hayes.modem.farewell"
local hosts = require "hayes.stream.host"
local incoming = require "hayes.stream.incoming"
local job = require "hayes.job"
local Lock = require "hayes.lock"
local outcome = require "hayes.stream.outcome"
local outgoing = require "hayes.stream.outgoing"
local pollable = require "hayes.stream.pollable"
local properties = require "hayes.stream.properties"
local wait = require "hayes.wait"

--- What a dialect provides. The methods may wait, except those that say otherwise.
---@class hayes.connection
---@field chunk integer     most bytes that send takes
---@field send function     (bytes, on_written) sends all of the bytes -> true, or nil and an error, with `sent`; calls
---  on_written(), if there is one, when the port has taken them all, unless it returns then
---@field receive function  () -> bytes; "" if there are none yet; nil and an error at the end: `closed`, or another
---@field take? function    () -> bytes that the module has pushed, or nil. Does not wait
---@field close function    () -> true, or nil and an error
---@field abandon function  () closes it in a task of its own. Does not wait
---@field readable function () -> whether receive() may return bytes or the end. Does not wait
---@field refusal? function () -> the error that send() would return, if the connection is known to have ended
---@field deadlock? function () -> the error for a wait that could never end (exchange.deadlock)
---@field modem? hayes.modem
---@field datagrams? boolean what is sent and received are datagrams, not parts of a stream
---@field piece_length? function () -> length of the pieces in which receive() gives longer datagrams; nil: whole
---@field describe function () -> { remote_ip, remote_port, local_ip, local_port, state }, or nil and an error
---@field watch? function   () set by the socket; to be called when readable() may have changed

---@class hayes.socket a connection through the module, with the contract of a TCP client of LuaSocket
---@field mode "buffer"|"push"|"transparent" access mode of the connection
---@field verified? boolean of an Ai-Thinker module: the firmware is known to have checked the server
local Socket = {}
Socket.__index = Socket
Socket.__name = "hayes.socket"

local function new(class, kind, connection, host, port, opener)
  local self = setmetatable({
    kind = kind, opener = opener,
    input = Buffer.new(), reading = Lock.new(),
    output = Buffer.new(), sending = Lock.new(),
    wanted = 0,    -- number of bytes of input that a read goes on for
    has_lingered = false, -- a send() has waited for the chunk that is under way
    linger_goal = false, -- the lowest value of `written` that a send() waits for
    queued = 0, done = 0, -- bytes passed to send() so far, and how many of them the module has taken
    written = 0,   -- how many of them the port has taken, as far as is known
    modem = false, -- of the connection, also when that is over
    bridge = false, -- that of descriptor() (bridge.lua)
    entering = {}, -- the send() calls that wait for room, as keys (outgoing.lua)
    untold = 0,    -- bytes lost by a failure that the program has not heard of
    reported = false, -- a line on stderr has said what was not sent
    paused = false,  -- the error that sending waits with, in command mode
    changing = Lock.new(), -- held while the access mode changes, data mode is left or resumed, or the socket closes
    connecting = false,
    closing = false, -- a waiter, once close() was called
    arrived = 0,   -- bytes that the input has ever got
    received = 0, sent = 0, opened_at = wait.now(), -- of getstats()
    block_timeout = -1, total_timeout = -1, -- seconds; negative: none
    quiet_since = false, -- since then nothing has come for those who want it, and the module was not asked
    silent_since = false, -- the same, and the module was not asked for the state of the connection
    arrival = false, room = false, progress = false, signal = false, timer = false,
  }, class)
  if connection then connecting.adopt(self, connection, host, port) end
  return self
end

--- A socket over a connection. Without a connection, the opener makes one when connect() is called: its
--- check(host, port) raises if these are wrong, and its open(host, port) returns the connection.
---@param kind "SSL"|"tcp"|"udp"
---@param opener? { check: fun(host: any, port: any), open: fun(host: string, port: integer): table?, hayes.error? }
---@package
function Socket.new(kind, connection, host, port, opener)
  return new(Socket, kind, connection, host, port, opener)
end

--- A subclass, whose instances are sockets with some methods of their own.
function Socket.derive()
  local class = setmetatable({}, { __index = Socket })
  class.__index = class
  for _, name in ipairs { "__name", "__tostring", "__gc", "__close" } do class[name] = Socket[name] end
  --- As Socket.new.
  ---@package
  function class.new(kind, connection, host, port, opener)
    return new(class, kind, connection, host, port, opener)
  end
  return class
end

function Socket:__tostring()
  return ("%s: %s:%s"):format(self.kind, self.host or "unconnected", self.port or "")
end

--- The error of the last operation that failed, or that the connection ended with.
---
--- Errors: `timeout`, `closed`, `reboot`, `port_gone`, `send_buffer_full`, `short_read`, `long_read`, `data_lost`,
--- `cancelled`, the name of the module's error.
---@return hayes.error?
function Socket:lasterror()
  if self.last_error == "timeout" then self.last_error = outcome.error_of_timeout(self) end
  return self.last_error
end

--- Something may have changed for those who wait for input.
---@package
function Socket:notify()
  if self.arrival then self.arrival:fire() end
  if self.signal then self:update_signal() end
end

-- Output

--- Sends the bytes of data from i to j. Gives the index of the last one taken; or nil, "closed" or "timeout", and
--- that index. "closed" as soon as the end of the connection is known, also of what is queued then: flush() and close()
--- tell of that.
---@param data string bytes
---@param i? integer index of the first (1); negative ones count from the end
---@param j? integer index of the last (-1)
---@return integer? last, string? err, integer? taken
function Socket:send(data, i, j)
  data = argument.text("socket:send", "the data", data)
  i = i == nil and 1 or argument.whole(argument.number("socket:send", "i", i, nil, "integer"))
  j = j == nil and -1 or argument.whole(argument.number("socket:send", "j", j, nil, "integer"))
  if i < 0 then i = #data + i + 1 end
  if j < 0 then j = #data + j + 1 end
  if i < 1 then i = 1 end
  if j > #data then j = #data end
  if i > j then return i - 1 end
  if outgoing.is_refused(self, j - i + 1) then return nil, "closed", i - 1 end
  return outgoing.take(self, data, i, j)
end

--- Waits until everything passed to send() has been sent. true; or nil and "closed", "timeout" (sending continues), or
--- "command_mode" (after escape(): sending continues after resume()).
---@return true?, string?
function Socket:flush()
  if not self.connection or self.closing then return nil, "closed" end
  local ok, err = outgoing.wait_until_sent(self, outcome.deadline(self))
  if ok then return true end
  if self.send_error then outgoing.tell(self) end
  return nil, outcome.word_for(err)
end

-- The end (modem/farewell.lua)

--- Bytes that the program has passed to send() and the module has not got, and will not get without the program's
--- knowledge; false: the socket is not one of this modem.
---@package
function Socket:unsent(modem)
  return self.modem == modem and outgoing.unsent(self)
end

--- Queues all that the program has handed over to be sent. Does not wait.
---@package
function Socket:gather()
  if self.bridge then bridge.gather(self) end
  outgoing.gather(self)
end

--- Waits until it is sent, or the deadline.
---@package
function Socket:send_until(deadline)
  outgoing.wait_until_sent(self, deadline)
end

--- A line on stderr has said how much was not sent.
---@package
function Socket:report()
  self.reported, self.untold = true, 0
end

-- Input

--- Receives by LuaSocket's patterns: "*l", a line without its end (the default); "*a", everything up to the end of the
--- connection; or a number of bytes. On failure nil, "timeout" or "closed", and the bytes received so far.
---@param pattern? string|integer "*l", "*a", or a number of bytes, not negative
---@param prefix? string what the result begins with: the bytes that a call has given which ran out of time ("")
---@return string? data, string? err, string? partial
function Socket:receive(pattern, prefix)
  prefix = prefix == nil and "" or argument.text("socket:receive", "the prefix", prefix)
  local deadline = outcome.deadline(self)
  local count = math.type(pattern) and pattern or type(pattern) ~= "table" and tonumber(pattern)
  if count then
    if count < 0 or count ~= count then
      check.fail("socket:receive", ("the count is %s; it must not be negative"):format(count))
    end
    count = argument.whole(count)
    if self.signal then return self:after_input(incoming.count(self, count, deadline, prefix)) end
    return incoming.count(self, count, deadline, prefix)
  end
  local letter = argument.text("socket:receive", "the pattern", pattern, "*l"):match("^%*?([la])")
  if letter == "l" then return self:after_input(incoming.line(self, deadline, prefix)) end
  if letter == "a" then return self:after_input(incoming.all(self, deadline, prefix)) end
  check.value("socket:receive", "the pattern", pattern, { values = { "*l", "*a" } })
end

--- Returns what has been received already, or waits for the first bytes; at most max bytes.
---@param max? integer bytes, from 1 (all that there are)
---@return string? data, string? err, string? partial
function Socket:receivepartial(max)
  check.value("socket:receivepartial", "max", max, { type = "integer|nil", min = 1, max = math.maxinteger })
  local deadline = outcome.deadline(self)
  while self.input.size == 0 do
    local ok, err = incoming.wait_for_more(self, deadline, 1)
    if not ok then return nil, err, "" end
  end
  return self:after_input(incoming.take(self, max or self.input.size))
end

--- Takes what a read has given; "": there is no more for now.
---@package
function Socket:take_in(bytes)
  self.input:put(bytes)
  self.arrived = self.arrived + #bytes
  if bytes ~= "" then self.quiet_since, self.silent_since = false, false end
end

--- Returns its arguments, after input was taken: the descriptor of getfd() may be no longer readable.
---@package
function Socket:after_input(...)
  if self.signal then self:update_signal() end
  return ...
end

--- Whether there is input that can be received without waiting.
---@return boolean
function Socket:dirty()
  return self.input.size > 0
end

-- The rest of the contract

--- Connects a socket that a factory has made. 1; or nil and "connection refused", "timeout", "host or service not
--- provided, or not known", or "closed" for all else: lasterror() is the error. With a time-out of 0 it gives "timeout"
--- and goes on by itself; call it again once the descriptor is writable.
---@param host string a name or an address, up to 255 bytes
---@param port integer 1 to 65535
---@return 1?, string?
function Socket:connect(host, port)
  return connecting.connect(self, host, port)
end

--- Sends the queue and closes the connection.
local function close(self)
  local connection = self.connection
  local _changing <close> = self.changing:take()
  local flushed, err = outgoing.wait_until_sent(self)
  connection.watch = nil
  local ran, closed, close_err = xpcall(connection.close, debug.traceback, connection)
  if not ran then closed, close_err = nil, errors.internal(closed) end
  self.connection = nil
  if flushed and not closed then err = close_err end
  if errors.is(err) then outcome.remember(self, err) end
  outgoing.notify(self)
  self.closing:fire(flushed and closed or false, err)
end

--- The same as close(), for callers that do not tell the program what has become of it.
local function finish(self)
  if not self.connection then
    self.connecting = false -- a connection that is being opened is closed again
    return 1
  end
  if not self.closing then
    if self.bridge then bridge.leave(self) end
    self.closing = wait.waiter()
    incoming.finish(self, errors.closed(tostring(self)))
    if self.arrival then self.arrival:fire() end
    if self.signal then self.signal:close() end
    self.signal = false
    wait.spawn_detached(close, self)
  end
  local deadline = outcome.deadline(self)
  if not self.closing.fired and outcome.is_deadlock(self, deadline) then return nil, "timeout" end
  outcome.is_late(deadline) -- a program that polls
  local ok, err = self.closing:wait(deadline)
  if ok then return 1 end
  if ok == nil then return nil, outcome.late(self, "close") end
  return nil, "closed", err
end

--- Closes the connection after sending what is queued. 1; or nil, "closed" if some bytes could not be sent, and
--- lasterror() tells how many. nil, "timeout" if that takes longer than the time-out allows: it continues, and another
--- close() waits for it.
---
--- Errors: `timeout`, `closed`, and the name of the error with which sending has failed.
---@return 1?, string?, hayes.error?
function Socket:close()
  local ok, word, err = finish(self)
  if word == "closed" then outgoing.tell(self) end
  return ok, word, err
end

local access_modes = { "buffer", "push", "transparent" }

--- Sends the queue, then changes something about the access mode; that continues even if the caller leaves.
local function change(self, f)
  local deadline = outcome.deadline(self)
  local ok, err = job.run(deadline, nil, function()
    local _changing <close> = self.changing:take()
    if not self.connection or self.closing then return nil, "closed" end
    outgoing.wait_until_sent(self)
    local ok, err = f()
    self.paused = false -- sending finds out whether it still must wait
    if self.output.size > 0 then outgoing.start(self) end
    if self.room then self.room:fire() end -- sending was held meanwhile, and may have failed before
    return ok, err
  end)
  if ok then return true end
  if err == "timeout" then
    err = failure.out_of_time(self.connection and self.connection.modem, ("%s, which goes on"):format(self),
      outcome.seconds(self))
  end
  return nil, errors.is(err) and outcome.remember(self, err) or err
end

--- Switches to another access mode, "buffer", "push" or "transparent", after sending what is queued. true, or nil and
--- the error.
---
--- Errors: `timeout`, `closed`, `busy`, `ambiguous`, `not_alone`, `no_peer`, and those of modem:at.
---@param mode "buffer"|"push"|"transparent" how data comes from now on
---@param options? table for transparent mode
---@return true?, hayes.error?
function Socket:switch(mode, options)
  check.value("socket:switch", "the mode", mode, { values = access_modes })
  local connection = self.connection
  if not connection then return nil, "closed" end
  if not connection.switch then
    check.fail("socket:switch", "this module has one access mode only")
  end
  if connection.check_switch then
    connection:check_switch(mode, options)
  elseif options ~= nil then
    check.fail("socket:switch", "the access modes of this module take no options")
  end
  return change(self, function()
    local _reading <close> = self.reading:take()
    local _sending <close> = self.sending:take()
    local ok, err = connection:switch(mode, options)
    self.mode = connection.mode
    return ok, err
  end)
end

--- The same as switch("transparent"): the line then carries this connection's bytes alone, except between escape() and
--- resume(). Only a UDP server of an Ai-Thinker module has an option: target = "first" or "last", the client to send
--- to.
---
--- Errors: those of sock:switch.
---@param options? table of a UDP server
---@return true?, hayes.error?
function Socket:transparent(options)
  return self:switch("transparent", options)
end

--- Calls escape or resume of the connection.
local function change_data_mode(self, name)
  if self.mode ~= "transparent" then
    check.fail("socket:" .. name, ("the socket is in %s mode; this is for transparent mode"):format(self.mode or "no"))
  end
  local connection = self.connection
  if not connection then return nil, "closed" end
  return change(self, function()
    if self.mode == "transparent" then return connection[name](connection) end
    return nil, errors.new { name = "command_mode",
      message = ("%s was switched to %s mode meanwhile"):format(self, self.mode) }
  end)
end

--- Leaves data mode so that commands can be sent; the connection stays open. Only in transparent access mode.
---
--- Errors: `timeout`, `closed`, `command_mode`.
---@return true?, hayes.error?
function Socket:escape()
  return change_data_mode(self, "escape")
end

--- Returns to data mode after escape().
---
--- Errors: `timeout`, `closed`, `command_mode`, and those of modem:at.
---@return true?, hayes.error?
function Socket:resume()
  return change_data_mode(self, "resume")
end

Socket.__close = finish

--- Sending keeps a socket alive. One that has something to send is collected in command mode, where it cannot, or at
--- the end of the program, before its modem bids farewell.
function Socket:__gc()
  local connection, unsent = self.connection, outgoing.unsent(self)
  if unsent > 0 then
    if not self.paused and not self.send_error then return end
    farewell.tell(self, unsent)
  end
  if connection then connection:abandon() end
end

--- Shuts one direction, or both. Modules do not close one alone: what is queued is sent, and no more is taken; what has
--- come can still be read. When both are shut, the connection is closed.
---@param mode? "both"|"send"|"receive" the direction ("both")
---@return 1
function Socket:shutdown(mode)
  mode = check.value("socket:shutdown", "the mode", mode or "both", { values = { "both", "send", "receive" } })
  if not self.connection or self.closing then return 1 end
  if mode ~= "send" then
    self.read_shut = true
    incoming.finish(self, errors.new { name = "closed", message = tostring(self) .. " was shut down for receiving" })
    self:notify()
  end
  if mode ~= "receive" then self.write_shut = true end
  if self.read_shut and self.write_shut then
    self:close()
  elseif self.write_shut then
    outgoing.wait_until_sent(self, outcome.deadline(self))
  end
  return 1
end

--- What the module reports about the connection; nil and an error, or "timeout".
local function describe(self, name)
  local connection = self.connection
  local described, err = job.run(outcome.deadline(self), nil, connection.describe, connection)
  if described then return described end
  if err == "timeout" then return nil, outcome.late(self, name) end
  if errors.is(err) then outcome.remember(self, err) end
  return nil, errors.is(err) and outcome.word_for(err) == "timeout" and "timeout" or err
end

--- The state of the connection, as the module tells it: "connected", "closed", or its word for another one; nil,
--- "timeout" if it did not answer in time.
---@return string?, string?
function Socket:state()
  if not self.connection then return "closed" end
  local described, err = describe(self, "state")
  if err == "timeout" then return nil, "timeout" end
  return described and described.state or "closed"
end

--- Tells address, port and family ("inet" or "inet6") of the other end; nil, "timeout" if the module did not answer in
--- time.
---@return string? address, integer|string|nil port, string? family
function Socket:getpeername()
  if not self.connection then return nil, "closed" end
  local described, err = describe(self, "getpeername")
  if err == "timeout" then return nil, "timeout" end
  if not described then return self.host, self.port end
  local ip = described.remote_ip or self.host
  return ip, described.remote_port or self.port, hosts.family(ip)
end

--- Tells the same of this end.
---@return string? address, integer|string|nil port, string? family
function Socket:getsockname()
  if not self.connection then return nil, "closed" end
  local described, err = describe(self, "getsockname")
  if not described then return nil, tostring(err) end
  local ip = described.local_ip or "0.0.0.0"
  return ip, described.local_port or 0, hosts.family(ip)
end

for _, methods in ipairs { properties, pollable } do
  for name, method in pairs(methods) do Socket[name] = method end
end

return Socket
