--- The LuaSocket TCP contract over any dialect's connections, so that socket.http, socket.smtp, LTN12 pumps and
--- MQTT clients run over them unchanged.
---
--- Small sends are gathered into chunks of the module's size. They go out when a chunk is full, when the socket is
--- read, by flush(), by close(), and 5 ms after the last send as soon as the library's loop runs (it does while
--- anything in the library waits). send() takes bytes into a bounded queue and waits only while that is full.

local Buffer = require "hayes.buffer"
local check = require "hayes.check"
local core = require "hayes.core"
local errors = require "hayes.error"
local Lock = require "hayes.lock"
local wait = require "hayes.wait"

--- What a dialect provides. Its methods may wait.
---@class hayes.connection
---@field chunk integer     most bytes that send takes
---@field send function     (bytes) -> true, or nil and an error (with `sent`): all of the bytes
---@field receive function  () -> bytes, "" when there is nothing now; nil and the error `closed` at the end
---@field close function    () -> true, or nil and an error
---@field abandon function  () closes it without waiting, as a task
---@field readable function () -> boolean: may receive() give something, the end included?
---@field describe function () -> { remote_ip, remote_port, local_ip, local_port, state }, or nil and an error
---@field watch? function   () set by the socket: called when readable() may have changed

local FLUSH_AFTER = 0.005
local QUEUE_CHUNKS = 8
--- A notification of data may get lost on the line; so long a silence is not trusted, seconds.
local ASK_AFTER = 5
--- How much is read ahead for those who wait for the descriptor, bytes.
local READ_AHEAD = 16384

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
    if socket.arrival then socket.arrival:fire() end
    if socket.signal then socket:update_signal() end
  end
end

--- A socket over a connection; or without one, with opener(host, port), which gives one when connect() is called.
---@param kind "SSL"|"tcp"|"udp" udp: each send is a datagram, and receive() gives one
function Socket.new(kind, connection, host, port, opener)
  local self = setmetatable({
    kind = kind, opener = opener,
    input = Buffer.new(), reading = Lock.new(),
    output = Buffer.new(), sending = Lock.new(),
    received = 0, sent = 0, opened_at = wait.now(),
    arrival = false, room = false, signal = false, timer = false,
  }, Socket)
  if connection then adopt(self, connection, host, port) end
  return self
end

function Socket:__tostring()
  return ("%s: %s:%s"):format(self.kind, self.host or "unconnected", self.port or "")
end

local function remember(self, err)
  self.last_error = err
  return err
end

--- Why the last operation failed, or the connection ended.
---@return hayes.error?
function Socket:lasterror()
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

local function deadline_of(self)
  local block, total = self.block_timeout, self.total_timeout
  local seconds = block and total and math.min(block, total) or block or total
  return seconds and wait.now() + seconds
end

--- What is in this field, or a new waiter when there is none or it has been fired.
local function waiter_in(self, field)
  local waiter = self[field]
  if not waiter or waiter.fired then
    waiter = wait.waiter()
    self[field] = waiter
  end
  return waiter
end

-- Output

local function fail_output(self, bytes, err)
  local sent = err.sent or 0
  self.sent = self.sent + sent
  err.unsent = #bytes - sent + self.output.size
  self.send_error = remember(self, err)
  self.output:clear()
end

--- Sends what is in the queue, down to what is less than so many bytes.
local function drain(self, least)
  local output = self.output
  local _sending <close> = self.sending:take()
  while output.size >= least and not self.send_error do
    local bytes = output:take(self.connection.chunk)
    local ok, err = self.connection:send(bytes)
    if ok then self.sent = self.sent + #bytes else fail_output(self, bytes, err) end
    if self.room then self.room:fire() end
  end
  return not self.send_error, self.send_error
end

--- The loop's timer: the last send was long enough ago.
function Socket:due()
  wait.spawn_detached(drain, self, 1)
end

local function kick(self)
  local chunk = self.connection.chunk
  if self.output.size >= chunk and not self.sending.held then wait.spawn_detached(drain, self, chunk) end
  wait.schedule(self, wait.now() + FLUSH_AFTER)
end

--- Sends everything that was given to send(). true, or nil and the error.
function Socket:flush()
  if not self.connection then return nil, "closed" end
  self.timer = false
  local ok, err = drain(self, 1)
  if ok then return true end
  return nil, err.name == "timeout" and "timeout" or "closed"
end

--- One datagram. Nothing is lost that is not told: it is with the module, or an error says so.
local function send_datagram(self, data)
  if #data > self.connection.chunk then
    check.fail("socket:send", ("the datagram is %d bytes long; the module takes up to %d"):format(#data,
      self.connection.chunk))
  end
  local _sending <close> = self.sending:take()
  local ok, err = self.connection:send(data)
  if not ok then
    remember(self, err)
    return nil, err.name == "timeout" and "timeout" or "closed", 0
  end
  self.sent = self.sent + #data
  return #data
end

--- Sends the bytes of data from i to j. Gives the index of the last one taken; or nil, "closed" or "timeout", and
--- that index.
---@param data string
---@param i? integer
---@param j? integer
function Socket:send(data, i, j)
  check.value("socket:send", "the data", data, { type = "string|number" })
  data = tostring(data)
  i, j = i or 1, j or -1
  if i < 0 then i = #data + i + 1 end
  if j < 0 then j = #data + j + 1 end
  i, j = math.max(i, 1), math.min(j, #data)
  if not self.connection or self.write_shut then return nil, "closed", i - 1 end
  if self.kind == "udp" then return send_datagram(self, data:sub(i, j)) end
  local deadline = deadline_of(self)
  local limit = QUEUE_CHUNKS * self.connection.chunk
  while i <= j and not self.send_error do
    local room = limit - self.output.size
    if room > 0 then
      local last = math.min(j, i + room - 1)
      self.output:put((i == 1 and last == #data) and data or data:sub(i, last))
      i = last + 1
      kick(self)
    else
      local _, err = waiter_in(self, "room"):wait(deadline)
      if err then return nil, "timeout", i - 1 end
    end
  end
  if self.send_error then return nil, "closed", i - 1 end
  return j
end

-- Input

--- Reads once from the module. True when something has come; false, "timeout" or "closed".
local function read_once(self, deadline)
  local waited = self.reading.held
  local reading <close> = self.reading:take(deadline)
  if not reading then return false, "timeout" end
  if waited and self.input.size > 0 then return true end
  if self.receive_error then return false, "closed" end
  local bytes, err = self.connection:receive()
  if bytes then
    self.input:put(bytes)
    self.received = self.received + #bytes
    return #bytes > 0
  end
  self.receive_error = err
  remember(self, err)
  return false, "closed"
end

--- Waits until there is more input. True; or false and "timeout" or "closed".
local function more_input(self, deadline)
  local connection = self.connection
  if not connection then return false, "closed" end
  if self.output.size > 0 then drain(self, 1) end
  while true do
    local readable = connection:readable()
    local now = (deadline or not readable) and wait.now()
    if readable and not (deadline and deadline <= now) then
      local got, err = read_once(self, deadline)
      if got then return true end
      if err == "closed" or err == "timeout" then return false, err end
    elseif deadline and deadline <= now then
      self:read_ahead()
      if self.receive_error then return false, "closed" end
      return false, "timeout"
    else
      local ask_at = now + ASK_AFTER
      waiter_in(self, "arrival"):wait(deadline and math.min(deadline, ask_at) or ask_at)
      if wait.now() >= ask_at then connection.doubtful = true end
    end
  end
end

local function receive_line(self, deadline, prefix)
  while true do
    local length = self.input:line_length()
    if length then
      local line = self.input:take(length)
      return prefix .. line:sub(1, -2):gsub("\r", "")
    end
    local ok, err = more_input(self, deadline)
    if not ok then return nil, err, prefix .. self.input:take(self.input.size):gsub("\r", "") end
  end
end

local function receive_all(self, deadline, prefix)
  while true do
    local ok, err = more_input(self, deadline)
    if not ok then
      local bytes = prefix .. self.input:take(self.input.size)
      if err == "closed" and self.receive_error.name == "closed" and bytes ~= "" then return bytes end
      return nil, err, bytes
    end
  end
end

local function receive_count(self, count, deadline, prefix)
  local input, wanted = self.input, count - #prefix
  while input.size < wanted do
    local ok, err = more_input(self, deadline)
    if not ok then return nil, err, prefix .. input:take(input.size) end
  end
  return prefix .. input:take(wanted)
end

local function receive_datagram(self)
  if self.input.size == 0 then
    local ok, err = more_input(self, deadline_of(self))
    if not ok then return nil, err end
  end
  return self:after_input(self.input:take(self.input:first_length()))
end

--- Receives by LuaSocket's patterns: "*l" a line without its end (the default), "*a" all up to the end, a number of
--- bytes. On failure nil, "timeout" or "closed", and what had come.
---@param pattern? string|integer
---@param prefix? string
function Socket:receive(pattern, prefix)
  if self.kind == "udp" and pattern == nil then return receive_datagram(self) end
  pattern, prefix = pattern or "*l", prefix and tostring(prefix) or ""
  local deadline = deadline_of(self)
  local count = math.tointeger(pattern)
  if count then
    if count < 0 then check.fail("socket:receive", ("the count is %d; it must not be negative"):format(count)) end
    if self.signal then return self:after_input(receive_count(self, count, deadline, prefix)) end
    return receive_count(self, count, deadline, prefix)
  end
  local letter = tostring(pattern):match("^%*?([la])")
  if letter == "l" then return self:after_input(receive_line(self, deadline, prefix)) end
  if letter == "a" then return self:after_input(receive_all(self, deadline, prefix)) end
  check.value("socket:receive", "the pattern", pattern, { values = { "*l", "*a" } })
end

--- What has come already, or the first that comes, up to max bytes.
---@param max? integer
function Socket:receivepartial(max)
  check.value("socket:receivepartial", "max", max, { type = "integer|nil", min = 1, max = math.maxinteger })
  local deadline = deadline_of(self)
  if self.input.size == 0 then
    local ok, err = more_input(self, deadline)
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

--- Reads into the input buffer as a task, for a caller that cannot wait itself.
function Socket:read_ahead()
  if self.reading.held or self.receive_error or not self.connection or not self.connection:readable() then return end
  wait.spawn_detached(function()
    while self.connection and self.connection:readable() and self.input.size < READ_AHEAD do
      if not read_once(self) then break end
      if self.signal then self:update_signal() end
    end
    if self.signal then self:update_signal() end
    if self.arrival then self.arrival:fire() end
  end)
end

function Socket:update_signal()
  if self.input.size < READ_AHEAD then self:read_ahead() end
  self.signal:set(self.input.size > 0 or self.receive_error ~= nil or self.connection == nil)
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
  if self.connection then return nil, "already connected" end
  if not self.opener then return nil, "closed" end
  local connection, err = self.opener(host, math.tointeger(tonumber(port)) or port)
  if not connection then
    remember(self, err)
    return nil, err
  end
  adopt(self, connection, host, port)
  return 1
end

--- Closes the connection; what is queued is sent first. 1, or nil, "closed" if some of it could not be sent:
--- lasterror() tells how much.
function Socket:close()
  local connection = self.connection
  if not connection then return 1 end
  local flushed, err = drain(self, 1)
  self.connection = nil
  connection.watch = nil
  self.timer = false
  local closed, close_err = connection:close()
  if self.arrival then self.arrival:fire() end
  self.receive_error = self.receive_error or errors.new { name = "closed", message = tostring(self) .. " was closed" }
  if self.signal then self.signal:close() end
  self.signal = false
  if not flushed then return nil, "closed", err end
  if not closed then return nil, "closed", remember(self, close_err) end
  return 1
end

local access_modes = { "buffer", "push", "transparent" }

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
  drain(self, 1)
  local _reading <close> = self.reading:take()
  local _sending <close> = self.sending:take()
  local ok, err = connection:switch(mode, options)
  self.mode = connection.mode
  if not ok then return nil, remember(self, err) end
  return true
end

--- The line carries this connection's bytes from here on: switch("transparent"). Some dialects take options; escape()
--- and resume() interrupt it.
---@param options? table
---@return true?, hayes.error?
function Socket:transparent(options)
  return self:switch("transparent", options)
end

local function in_transparent_mode(self, where)
  if self.mode ~= "transparent" then
    check.fail(where, ("the socket is in %s mode; this is for transparent mode"):format(self.mode or "no"))
  end
  return self.connection
end

--- Leaves data mode for commands; the connection stays. Only in transparent access mode.
---@return true?, hayes.error?
function Socket:escape()
  local connection = in_transparent_mode(self, "socket:escape")
  if not connection then return nil, "closed" end
  drain(self, 1)
  return connection:escape()
end

--- Returns to data mode behind escape().
---@return true?, hayes.error?
function Socket:resume()
  local connection = in_transparent_mode(self, "socket:resume")
  if not connection then return nil, "closed" end
  return connection:resume()
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
    drain(self, 1)
    self.write_shut = true
  end
  return 1
end

--- "connected", "closed", or what the module calls it.
---@return string
function Socket:state()
  if not self.connection then return "closed" end
  local described = self.connection:describe()
  return described and described.state or "closed"
end

function Socket:getpeername()
  if not self.connection then return nil, "closed" end
  local described = self.connection:describe()
  if not described then return self.host, self.port end
  return described.remote_ip, described.remote_port, described.remote_ip:find(":", 1, true) and "inet6" or "inet"
end

function Socket:getsockname()
  if not self.connection then return nil, "closed" end
  local described, err = self.connection:describe()
  if not described then return nil, tostring(err) end
  return described.local_ip, described.local_port, described.local_ip:find(":", 1, true) and "inet6" or "inet"
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
