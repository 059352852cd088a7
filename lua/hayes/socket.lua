--- The LuaSocket TCP contract over any dialect's connections, so that socket.http, socket.smtp, LTN12 pumps and
--- MQTT clients run over them unchanged.
---
--- Small sends are gathered into chunks of the module's size. They go out when a chunk is full, when the socket is
--- read, by flush(), by close(), and 5 ms after the last send as soon as the library's loop runs (it does while
--- anything in the library waits). send() takes bytes into a bounded queue and waits only while that is full.

local check = require "hayes.check"
local core = require "hayes.core"
local errors = require "hayes.error"
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
---@param kind "SSL"|"tcp"
function Socket.new(kind, connection, host, port, opener)
  local self = setmetatable({
    kind = kind, opener = opener,
    input = {}, input_first = 1, input_last = 0, input_offset = 0, buffered = 0,
    output = {}, queued = 0,
    received = 0, sent = 0, opened_at = wait.now(),
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

-- Output

--- Takes up to n bytes from the front of the output queue, without removing them.
local function front_of_queue(self, n)
  local parts, length = {}, 0
  for _, part in ipairs(self.output) do
    parts[#parts + 1] = part
    length = length + #part
    if length >= n then break end
  end
  local bytes = #parts == 1 and parts[1] or table.concat(parts)
  return #bytes > n and bytes:sub(1, n) or bytes
end

local function drop_from_queue(self, n)
  self.queued = self.queued - n
  local output = self.output
  while n > 0 do
    local part = output[1]
    if #part <= n then
      table.remove(output, 1)
      n = n - #part
    else
      output[1] = part:sub(n + 1)
      return
    end
  end
end

local function fail_output(self, err)
  self.send_error = err
  err.unsent = self.queued
  remember(self, err)
  self.output, self.queued = {}, 0
end

--- Sends what is in the queue. One task does it at a time; the others wait for its end.
local function drain(self, least)
  while self.draining do self.draining:wait() end
  if self.queued < least or self.send_error then return not self.send_error, self.send_error end
  local done = wait.waiter()
  self.draining = done
  local _released <close> = setmetatable({}, { __close = function()
    self.draining = nil
    done:fire()
  end })
  while self.queued >= least and self.queued > 0 and not self.send_error do
    local bytes = front_of_queue(self, self.connection.chunk)
    local ok, err = self.connection:send(bytes)
    if ok then
      self.sent = self.sent + #bytes
      drop_from_queue(self, #bytes)
    else
      self.sent = self.sent + (err.sent or 0)
      fail_output(self, err)
    end
    if self.room then self.room:fire() end
  end
  return not self.send_error, self.send_error
end

--- The loop's timer: the last send was long enough ago.
function Socket:due()
  wait.spawn_detached(drain, self, 1)
end

local function kick(self)
  if self.queued >= self.connection.chunk then
    if not self.draining then wait.spawn_detached(drain, self, self.connection.chunk) end
  end
  wait.schedule(self, wait.now() + FLUSH_AFTER)
end

--- Sends everything that was given to send(). true, or nil and the error.
function Socket:flush()
  if not self.connection then return nil, "closed" end
  self.timer = nil
  local ok, err = drain(self, 1)
  if ok then return true end
  return nil, err.name == "timeout" and "timeout" or "closed"
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
  local deadline = deadline_of(self)
  local limit = QUEUE_CHUNKS * self.connection.chunk
  while i <= j and not self.send_error do
    local room = limit - self.queued
    if room > 0 then
      local last = math.min(j, i + room - 1)
      self.output[#self.output + 1] = (i == 1 and last == #data) and data or data:sub(i, last)
      self.queued = self.queued + last - i + 1
      i = last + 1
      kick(self)
    else
      self.room = wait.waiter()
      local _, err = self.room:wait(deadline)
      if err then return nil, "timeout", i - 1 end
    end
  end
  if self.send_error then return nil, "closed", i - 1 end
  return j
end

-- Input

local function keep(self, bytes)
  if #bytes == 0 then return end
  self.input_last = self.input_last + 1
  self.input[self.input_last] = bytes
  self.buffered = self.buffered + #bytes
  self.received = self.received + #bytes
end

--- Takes n bytes, or what there is, from the front of the input.
local function take(self, n)
  local parts = {}
  while n > 0 and self.buffered > 0 do
    local part = self.input[self.input_first]
    local length = #part - self.input_offset
    if length <= n then
      parts[#parts + 1] = self.input_offset == 0 and part or part:sub(self.input_offset + 1)
      self.input[self.input_first] = nil
      self.input_first = self.input_first + 1
      self.input_offset = 0
    else
      length = n
      parts[#parts + 1] = part:sub(self.input_offset + 1, self.input_offset + n)
      self.input_offset = self.input_offset + n
    end
    self.buffered = self.buffered - length
    n = n - length
  end
  return #parts == 1 and parts[1] or table.concat(parts)
end

--- How many bytes the input has up to and with its first LF; nil: there is none.
local function line_length(self)
  local length = 0
  for index = self.input_first, self.input_last do
    local part = self.input[index]
    local offset = index == self.input_first and self.input_offset or 0
    local at = part:find("\n", offset + 1, true)
    if at then return length + at - offset end
    length = length + #part - offset
  end
end

--- Reads once from the module. True when something has come; false, "timeout" or "closed".
local function read_once(self, deadline)
  while self.reading do
    local _, err = self.reading:wait(deadline)
    if err then return false, "timeout" end
    if self.buffered > 0 then return true end
  end
  if self.receive_error then return false, "closed" end
  local done = wait.waiter()
  self.reading = done
  local _released <close> = setmetatable({}, { __close = function()
    self.reading = nil
    done:fire()
  end })
  local bytes, err = self.connection:receive()
  if bytes then
    keep(self, bytes)
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
  if self.queued > 0 then drain(self, 1) end
  while true do
    local now = wait.now()
    if connection:readable() and not (deadline and deadline <= now) then
      local got, err = read_once(self, deadline)
      if got then return true end
      if err == "closed" or err == "timeout" then return false, err end
    elseif deadline and deadline <= now then
      self:read_ahead()
      if self.receive_error then return false, "closed" end
      return false, "timeout"
    else
      self.arrival = wait.waiter()
      local ask_at = now + ASK_AFTER
      self.arrival:wait(deadline and math.min(deadline, ask_at) or ask_at)
      if wait.now() >= ask_at then connection.doubtful = true end
    end
  end
end

local function receive_line(self, deadline, prefix)
  while true do
    local length = line_length(self)
    if length then
      local line = take(self, length)
      return prefix .. line:sub(1, -2):gsub("\r", "")
    end
    local ok, err = more_input(self, deadline)
    if not ok then return nil, err, prefix .. take(self, self.buffered):gsub("\r", "") end
  end
end

local function receive_all(self, deadline, prefix)
  while true do
    local ok, err = more_input(self, deadline)
    if not ok then
      local bytes = prefix .. take(self, self.buffered)
      if err == "closed" and self.receive_error.name == "closed" and bytes ~= "" then return bytes end
      return nil, err, bytes
    end
  end
end

local function receive_count(self, count, deadline, prefix)
  local wanted = count - #prefix
  while self.buffered < wanted do
    local ok, err = more_input(self, deadline)
    if not ok then return nil, err, prefix .. take(self, self.buffered) end
  end
  return prefix .. take(self, wanted)
end

--- Receives by LuaSocket's patterns: "*l" a line without its end (the default), "*a" all up to the end, a number of
--- bytes. On failure nil, "timeout" or "closed", and what had come.
---@param pattern? string|integer
---@param prefix? string
function Socket:receive(pattern, prefix)
  pattern, prefix = pattern or "*l", prefix and tostring(prefix) or ""
  local deadline = deadline_of(self)
  local count = math.tointeger(pattern)
  if count then
    check.value("socket:receive", "the count", count, { type = "integer", min = 0, max = math.maxinteger })
    return self:after_input(receive_count(self, count, deadline, prefix))
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
  if self.buffered == 0 then
    local ok, err = more_input(self, deadline)
    if not ok then return nil, err, "" end
  end
  return self:after_input(take(self, max or self.buffered))
end

function Socket:after_input(...)
  if self.signal then self:update_signal() end
  return ...
end

--- Is there input that needs no waiting for?
function Socket:dirty()
  return self.buffered > 0
end

-- For those who wait for a descriptor in a loop of their own

--- Reads into the input buffer as a task, for a caller that cannot wait itself.
function Socket:read_ahead()
  if self.reading or self.receive_error or not self.connection or not self.connection:readable() then return end
  wait.spawn_detached(function()
    while self.connection and self.connection:readable() and self.buffered < READ_AHEAD do
      if not read_once(self) then break end
      if self.signal then self:update_signal() end
    end
    if self.signal then self:update_signal() end
    if self.arrival then self.arrival:fire() end
  end)
end

function Socket:update_signal()
  if self.buffered < READ_AHEAD then self:read_ahead() end
  self.signal:set(self.buffered > 0 or self.receive_error ~= nil or self.connection == nil)
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
  self.timer = nil
  local closed, close_err = connection:close()
  if self.arrival then self.arrival:fire() end
  self.receive_error = self.receive_error or errors.new { name = "closed", message = tostring(self) .. " was closed" }
  if self.signal then self.signal:close() end
  self.signal = nil
  if not flushed then return nil, "closed", err end
  if not closed then return nil, "closed", remember(self, close_err) end
  return 1
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
