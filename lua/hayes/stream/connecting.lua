--- How a socket gets its connection. All functions take the socket.

local check = require "hayes.check"
local errors = require "hayes.error"
local hosts = require "hayes.stream.host"
local job = require "hayes.job"
local outcome = require "hayes.stream.outcome"
local wait = require "hayes.wait"

local connecting = {}

--- From now on the socket is one over this connection.
function connecting.adopt(self, connection, host, port)
  self.connection, self.modem = connection, connection.modem or false
  self.host, self.port = host, port
  self.mode = connection.mode
  self.opened_at = wait.now()
  -- The service refers to the connection while that is open; it must not keep alive a socket that nobody uses.
  local weak = setmetatable({ socket = self }, { __mode = "v" })
  connection.watch = function()
    local socket = weak.socket
    if not socket then return end
    socket:notify()
  end
end

local function failed(self, err)
  if not errors.is(err) then return nil, err end
  self.opener.failed(err)
  return nil, outcome.word_for_connect(outcome.remember(self, err))
end

--- Connects within the time-out; a connection that comes later is closed again.
local function connect_in_time(self, host, port)
  self.connecting = true
  local connection, err = job.open(outcome.deadline(self), function()
    local opened, why = self.opener.open(host, port)
    local wanted = self.connecting
    self.connecting = false
    if wanted or not opened then return opened, why end
    opened:abandon()
    return nil, "closed"
  end)
  if connection then
    connecting.adopt(self, connection, hosts.plain(host), port)
    return 1
  end
  if err == "timeout" then
    outcome.late(self, "connect")
    self.opener.failed(self:lasterror())
    return nil, "timeout"
  end
  return failed(self, err)
end

-- A time-out of 0: the program polls, and calls connect() again once the descriptor is writable.

---@class hayes.socket.attempt
---@field done hayes.waiter
---@field err? hayes.error

--- Opens the connection in the background. Nobody wants it any more once self.connecting is not this attempt.
local function start(self, host, port)
  local attempt = { done = wait.waiter() }
  self.connecting = attempt
  wait.spawn_detached(function()
    local ran, opened, err = xpcall(self.opener.open, debug.traceback, host, port)
    if not ran then opened, err = nil, errors.internal(opened) end
    if self.connecting ~= attempt then return opened and opened:abandon() end
    if opened then connecting.adopt(self, opened, hosts.plain(host), port) end
    attempt.err = err
    attempt.done:fire(true)
    self:notify()
  end)
end

--- What has become of the attempt: 1 or the failure, once; "timeout" before that.
local function conclude(self)
  local attempt, deadline = self.connecting, outcome.deadline(self)
  outcome.is_late(deadline)
  if not attempt.done:wait(deadline) then return nil, outcome.late(self, "connect") end
  self.connecting = false
  if self.connection then return 1 end
  self:notify()
  return failed(self, attempt.err)
end

--- See Socket:connect.
function connecting.connect(self, host, port)
  if type(self.connecting) == "table" then return conclude(self) end
  if self.connection or self.connecting then return nil, "already connected" end
  if not self.opener then return nil, "closed" end
  check.value("socket:connect", "the host", host, { type = "string" })
  check.value("socket:connect", "the port", port, { type = "number|string" })
  port = math.tointeger(tonumber(port)) or port
  -- What stands in a redirect, or in a file, is nobody's mistake here.
  local problem = check.problem(self.opener.check, host, port)
  if problem then
    local err = errors.new { name = "bad_address", message = "no connection: " .. problem }
    self.opener.failed(err)
    return nil, outcome.remember(self, err)
  end
  if outcome.seconds(self) ~= 0 then return connect_in_time(self, host, port) end
  start(self, host, port)
  return conclude(self)
end

return connecting
