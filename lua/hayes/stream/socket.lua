--- The LuaSocket TCP contract over any dialect's connections, so that socket.http, socket.smtp, LTN12 pumps and
--- MQTT clients run over them unchanged.
---
--- Small sends are gathered into chunks of the module's size. They go out when a chunk is full, when the socket is
--- read, by flush(), by close(), and 5 ms after the last send as soon as the library's loop runs (it does while
--- anything in the library waits). send() takes bytes into a bounded queue and waits only while that is full.
---
--- What is under way on the connection is the socket's, and done by tasks of its own: a read puts its bytes into the
--- input, and a chunk goes out, whatever becomes of the task that wanted it. Callers wait for what comes of it, and
--- their time-out counts in all that they wait for.

local Buffer = require "hayes.stream.buffer"
local check = require "hayes.check"
local core = require "hayes.core"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local incoming = require "hayes.stream.incoming"
local job = require "hayes.job"
local Lock = require "hayes.lock"
local outcome = require "hayes.stream.outcome"
local outgoing = require "hayes.stream.outgoing"
local wait = require "hayes.wait"

--- What a dialect provides. Its methods may wait.
---@class hayes.connection
---@field chunk integer     most bytes that send takes
---@field send function     (bytes) -> true, or nil and an error (with `sent`): all of the bytes
---@field receive function  () -> bytes, "" when there is nothing now; nil and the error `closed` at the end
---@field take? function    () -> bytes that have come without being asked for; nil: none. It does not wait
---@field close function    () -> true, or nil and an error
---@field abandon function  () closes it without waiting, as a task
---@field readable function () -> boolean: may receive() give something, the end included?
---@field refusal? function () -> the error that a send would end with, when the connection is known to have ended
---@field deadlock? function () -> the error for a wait without a limit that nothing can end (exchange.deadlock)
---@field modem? hayes.modem
---@field describe function () -> { remote_ip, remote_port, local_ip, local_port, state }, or nil and an error
---@field watch? function   () set by the socket: called when readable() may have changed

local READ_AHEAD = incoming.READ_AHEAD

---@class hayes.socket
---@field mode string access mode of the connection
local Socket = {}
Socket.__index = Socket
Socket.__name = "hayes.socket"

local function adopt(self, connection, host, port)
  self.connection = connection
  self.host, self.port = host, port
  self.mode = connection.mode
  self.opened_at = wait.now()
  -- The connection is known to its service as long as it is open; a socket that nobody holds any more must not be.
  local weak = setmetatable({ socket = self }, { __mode = "v" })
  connection.watch = function()
    local socket = weak.socket
    if not socket then return end
    socket:stir()
  end
end

local function new(class, kind, connection, host, port, opener)
  local self = setmetatable({
    kind = kind, opener = opener,
    input = Buffer.new(), reading = Lock.new(),
    output = Buffer.new(), sending = Lock.new(),
    wanted = 0,    -- bytes that are read for those who wait, as far as there are any
    least = 1,     -- what is less than this stays in the output for now
    queued = 0, done = 0, -- bytes given to send() so far, and those of them that the module has
    paused = false,  -- why nothing goes out for now
    changing = Lock.new(), -- of the access mode, leaving and entering data mode, the end
    connecting = false,
    closing = false, -- a waiter, once close() was called
    received = 0, sent = 0, opened_at = wait.now(),
    arrival = false, room = false, signal = false, timer = false,
  }, class)
  if connection then adopt(self, connection, host, port) end
  return self
end

--- A socket over a connection; or without one, with an opener: its check(host, port) raises what is wrong with these,
--- and its open(host, port) gives a connection when connect() is called.
---@param kind "SSL"|"tcp"|"udp"
---@param opener? { check: fun(host: any, port: any), open: fun(host: string, port: integer): table?, hayes.error? }
function Socket.new(kind, connection, host, port, opener)
  return new(Socket, kind, connection, host, port, opener)
end

--- A class whose instances are sockets, too, and do some things in another way.
function Socket.derive()
  local class = setmetatable({}, { __index = Socket })
  class.__index = class
  for _, name in ipairs { "__name", "__tostring", "__gc", "__close" } do class[name] = Socket[name] end
  function class.new(kind, connection, host, port, opener)
    return new(class, kind, connection, host, port, opener)
  end
  return class
end

function Socket:__tostring()
  return ("%s: %s:%s"):format(self.kind, self.host or "unconnected", self.port or "")
end

--- Why the last operation failed, or the connection ended.
---@return hayes.error?
function Socket:lasterror()
  if self.last_error == "timeout" then self.last_error = outcome.error_of_timeout(self) end
  return self.last_error
end

-- Time-outs

--- Seconds that one call may take: mode "b" (the default) or "t"; nil or a negative number: however long it takes.
function Socket:settimeout(seconds, mode)
  check.value("socket:settimeout", "the time-out", seconds, { type = "number|nil" })
  if seconds and seconds < 0 then seconds = nil end
  if mode == "t" or mode == "r" then self.total_timeout = seconds else self.block_timeout = seconds end
  return 1
end

function Socket:gettimeout()
  return self.block_timeout, self.total_timeout
end

--- Something may have changed for those who wait for input.
function Socket:stir()
  if self.arrival then self.arrival:fire() end
  if self.signal then self:update_signal() end
end

-- Output

--- An index of send(), which may be a string of digits, as in LuaSocket.
local function index(name, value, default)
  if value == nil then return default end
  local number = math.tointeger(tonumber(value))
  return number or check.value("socket:send", name, value, { type = "integer" })
end

--- Sends the bytes of data from i to j. Gives the index of the last one taken; or nil, "closed" or "timeout", and
--- that index. "closed" as soon as the end of the connection is known, also of what is queued then: flush() and close()
--- tell of that.
---@param data string
---@param i? integer
---@param j? integer
function Socket:send(data, i, j)
  check.value("socket:send", "the data", data, { type = "string|number" })
  data = tostring(data)
  i, j = index("i", i, 1), index("j", j, -1)
  if i < 0 then i = #data + i + 1 end
  if j < 0 then j = #data + j + 1 end
  i, j = math.max(i, 1), math.min(j, #data)
  if not self.connection or self.closing or self.write_shut or outgoing.is_over(self, math.max(0, j - i + 1)) then
    return nil, "closed", i - 1
  end
  if i > j then return i - 1 end
  return outgoing.take(self, data, i, j)
end

--- Sends everything that was given to send(). true; or nil and "closed", "timeout" (it goes on), or "command_mode":
--- after escape(), where it waits for resume().
function Socket:flush()
  if not self.connection or self.closing then return nil, "closed" end
  local ok, err = outgoing.wait_until_sent(self, outcome.deadline(self))
  if ok then return true end
  return nil, outcome.word_for(err)
end

--- The loop's timer: the last send was long enough ago.
function Socket:due()
  if self.connection then outgoing.start(self, 1) end
end

-- Input

--- Receives by LuaSocket's patterns: "*l" a line without its end (the default), "*a" all up to the end, a number of
--- bytes. On failure nil, "timeout" or "closed", and what had come.
---@param pattern? string|integer
---@param prefix? string
function Socket:receive(pattern, prefix)
  pattern, prefix = pattern or "*l", prefix and tostring(prefix) or ""
  local deadline = outcome.deadline(self)
  local count = math.tointeger(pattern)
  if count then
    if count < 0 then check.fail("socket:receive", ("the count is %d; it must not be negative"):format(count)) end
    if self.signal then return self:after_input(incoming.count(self, count, deadline, prefix)) end
    return incoming.count(self, count, deadline, prefix)
  end
  local letter = tostring(pattern):match("^%*?([la])")
  if letter == "l" then return self:after_input(incoming.line(self, deadline, prefix)) end
  if letter == "a" then return self:after_input(incoming.all(self, deadline, prefix)) end
  check.value("socket:receive", "the pattern", pattern, { values = { "*l", "*a" } })
end

--- What has come already, or the first that comes, up to max bytes.
---@param max? integer
function Socket:receivepartial(max)
  check.value("socket:receivepartial", "max", max, { type = "integer|nil", min = 1, max = math.maxinteger })
  local deadline = outcome.deadline(self)
  if self.input.size == 0 then
    local ok, err = incoming.wait_for_more(self, deadline, 1)
    if not ok then return nil, err, "" end
  end
  return self:after_input(self.input:take(max or self.input.size))
end

--- What came of taking input; the descriptor of getfd() may be readable no longer.
function Socket:after_input(...)
  if self.signal then self:update_signal() end
  return ...
end

--- Is there input that needs no waiting for?
function Socket:dirty()
  return self.input.size > 0
end

-- For those who wait for a descriptor in a loop of their own

function Socket:update_signal()
  local connection, input = self.connection, self.input
  while connection and not self.closing and input.size < READ_AHEAD and incoming.take_pushed(self, connection) do end
  if connection and not self.closing and input.size < READ_AHEAD and connection:readable() then
    incoming.start(self, READ_AHEAD)
  end
  self.signal:set(input.size > 0 or self.receive_error ~= nil or not connection or self.closing ~= false)
end

--- A descriptor of the socket's own that is readable while receive() would give something at once.
---@return integer
function Socket:getfd()
  if not self.signal then
    self.signal = core.signal()
    if not self.signal then return -1 end
    self:update_signal()
  end
  return self.signal:fd()
end

-- The rest of the contract

--- Connects a socket that a factory has made. 1, or nil and the error.
function Socket:connect(host, port)
  if self.connection or self.connecting then return nil, "already connected" end
  if not self.opener then return nil, "closed" end
  port = math.tointeger(tonumber(port)) or port
  self.opener.check(host, port)
  self.connecting = true
  local connection, err = job.open(outcome.deadline(self), function()
    local opened, why = self.opener.open(host, port)
    local wanted = self.connecting
    self.connecting = false
    if wanted or not opened then return opened, why end
    opened:abandon()
    return nil, "closed"
  end)
  if not connection then
    if err == "timeout" then return nil, outcome.late(self, "connect") end
    if errors.is(err) then outcome.remember(self, err) end
    return nil, errors.is(err) and outcome.word_for(err) == "timeout" and "timeout" or err
  end
  adopt(self, connection, host, port)
  return 1
end

--- What is queued goes out, and the connection is closed.
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
  self.closing:fire(flushed and closed or false, err)
end

--- Closes the connection; what is queued is sent first. 1, or nil, "closed" if some of it could not be sent:
--- lasterror() tells how much. nil, "timeout" when that takes longer than the time-out allows: it goes on, and close()
--- called again waits for it.
function Socket:close()
  if not self.connection then
    self.connecting = false -- what is being opened is not wanted any more
    return 1
  end
  if not self.closing then
    self.closing = wait.waiter()
    incoming.finish(self, errors.new { name = "closed", message = tostring(self) .. " was closed" })
    if self.arrival then self.arrival:fire() end
    if self.signal then self.signal:close() end
    self.signal = false
    wait.spawn_detached(close, self)
  end
  local deadline = outcome.deadline(self)
  if not self.closing.fired and outcome.is_deadlock(self, deadline) then return nil, "timeout" end
  local ok, err = self.closing:wait(deadline)
  if ok then return 1 end
  if ok == nil then return nil, outcome.late(self, "close") end
  return nil, "closed", err
end

local access_modes = { "buffer", "push", "transparent" }

--- Does something about the access mode, and does it to its end: what was sent has gone out before.
local function change(self, f)
  local deadline = outcome.deadline(self)
  local ok, err = job.run(deadline, nil, function()
    local _changing <close> = self.changing:take()
    if not self.connection or self.closing then return nil, "closed" end
    outgoing.wait_until_sent(self)
    local ok, err = f()
    self.paused = false -- sending finds out
    if self.output.size > 0 then outgoing.start(self, 1) end
    return ok, err
  end)
  if ok then return true end
  if err == "timeout" then
    err = failure.out_of_time(self.connection and self.connection.modem, ("%s, which goes on"):format(self),
      outcome.seconds(self))
  end
  return nil, errors.is(err) and outcome.remember(self, err) or err
end

--- Goes on in another access mode: "buffer", "push" or "transparent". What was sent goes out before. true, or nil and
--- the error.
---@param options? table of the dialect's, for that mode
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

--- The line carries this connection's bytes from here on: switch("transparent"). Some dialects take options; escape()
--- and resume() interrupt it.
---@param options? table
---@return true?, hayes.error?
function Socket:transparent(options)
  return self:switch("transparent", options)
end

--- Calls this method of the connection, escape or resume.
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

--- Leaves data mode for commands; the connection stays. Only in transparent access mode.
---@return true?, hayes.error?
function Socket:escape()
  return change_data_mode(self, "escape")
end

--- Returns to data mode after escape().
---@return true?, hayes.error?
function Socket:resume()
  return change_data_mode(self, "resume")
end

function Socket:__close()
  self:close()
end

function Socket:__gc()
  if self.connection then self.connection:abandon() end
end

--- "send", "receive" or "both". Modules do not close one direction alone: what is queued is sent, and no more is
--- taken.
function Socket:shutdown(mode)
  check.value("socket:shutdown", "the mode", mode or "both", { values = { "both", "send", "receive" } })
  if not self.connection then return nil, "closed" end
  if mode ~= "receive" then
    outgoing.wait_until_sent(self, outcome.deadline(self))
    self.write_shut = true
  end
  return 1
end

--- What the module tells of the connection; nil and an error, or "timeout".
local function describe(self, name)
  local connection = self.connection
  local described, err = job.run(outcome.deadline(self), nil, connection.describe, connection)
  if described then return described end
  if err == "timeout" then return nil, outcome.late(self, name) end
  if errors.is(err) then outcome.remember(self, err) end
  return nil, errors.is(err) and outcome.word_for(err) == "timeout" and "timeout" or err
end

--- "connected", "closed", or what the module calls it; nil, "timeout" when the module could not be asked in time.
---@return string?, string?
function Socket:state()
  if not self.connection then return "closed" end
  local described, err = describe(self, "state")
  if err == "timeout" then return nil, "timeout" end
  return described and described.state or "closed"
end

--- Address, port and "inet" or "inet6" of the other end; nil, "timeout" when the module could not be asked in time.
function Socket:getpeername()
  if not self.connection then return nil, "closed" end
  local described, err = describe(self, "getpeername")
  if err == "timeout" then return nil, "timeout" end
  if not described then return self.host, self.port end
  local ip = described.remote_ip or self.host
  return ip, described.remote_port or self.port, ip:find(":", 1, true) and "inet6" or "inet"
end

--- The same of this end.
function Socket:getsockname()
  if not self.connection then return nil, "closed" end
  local described, err = describe(self, "getsockname")
  if not described then return nil, tostring(err) end
  local ip = described.local_ip or "0.0.0.0"
  return ip, described.local_port or 0, ip:find(":", 1, true) and "inet6" or "inet"
end

--- Bytes received, bytes sent, age in seconds.
function Socket:getstats()
  return self.received, self.sent, wait.now() - self.opened_at
end

function Socket:setstats(received, sent, age)
  self.received, self.sent = received or self.received, sent or self.sent
  if age then self.opened_at = wait.now() - age end
  return 1
end

local options = { keepalive = true, ["tcp-nodelay"] = true, reuseaddr = true, linger = true }

--- The options of a host's sockets mean nothing to a module; those that programs set without harm are taken.
function Socket.setoption(_, name)
  if options[name] then return 1 end
  return nil, "unsupported option " .. tostring(name)
end

-- For code that expects LuaSec: the module has shaken hands, with the names in the options of ssl.open.

function Socket:dohandshake()
  if not self.connection then return nil, "closed" end
  return true
end

function Socket.sni() end

return Socket
