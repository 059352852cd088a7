--- A listening socket of the module, and what a program holds of it: a server with accept().
---
--- Clients ("seeds") are taken note of when they connect, so that nothing of what they send at once is lost; accept()
--- gives them out in that order.

local check = require "hayes.check"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local job = require "hayes.job"
local Socket = require "hayes.socket"
local wait = require "hayes.wait"

--- The event of a seed may not come at all (BW20 firmware P1.0.22): the table is looked at so often, seconds.
local LOOK_AFTER = 5

local Listener = {}
Listener.__index = Listener

---@param wanted table as for sockets.open: type, port, mode, kind ("tcp" or "SSL"), seed_type, what
function Listener.new(modem, registry, id, wanted)
  return setmetatable({ modem = modem, registry = registry, id = id, type = wanted.type, port = wanted.port,
    wanted = wanted, slots = wanted.slots or false, waiting = {}, arrival = false, ended = false }, Listener)
end

--- What it is called in messages.
function Listener:title()
  return ("the server on port %d"):format(self.port)
end

--- What to open a seed's connection with.
function Listener:seed()
  return { type = self.wanted.seed_type, what = self.wanted.what, host = "a client of port", port = self.port,
    mode = self.wanted.mode }
end

local function stir(self)
  if self.arrival then self.arrival:fire() end
end

function Listener:on_seed(connection)
  self.waiting[#self.waiting + 1] = connection
  stir(self)
end

--- The module has ended it.
function Listener:on_closed()
  self:lose(errors.new { name = "closed", origin = "aithinker",
    message = "the module has closed " .. self:title() })
end

function Listener:on_deleted()
  self.registry.forget(self)
  self:on_closed()
end

function Listener:lose(err)
  self.ended = self.ended or err
  stir(self)
end

--- The next client's connection; nil and "timeout" or the error.
function Listener:next(deadline)
  while true do
    local connection = table.remove(self.waiting, 1)
    if connection then return connection end
    if self.ended then return nil, self.ended end
    local now = wait.now()
    if deadline and deadline <= now then return nil, "timeout" end
    local look_at = now + LOOK_AFTER
    if not self.arrival or self.arrival.fired then self.arrival = wait.waiter() end
    self.arrival:wait(deadline and math.min(deadline, look_at) or look_at)
    if wait.now() >= look_at and not self.ended and not self.modem.online then
      job.run(deadline, nil, self.registry.look_for_seeds, self)
    end
  end
end

function Listener:close()
  if self.released then return true end
  self.released = true
  local gone = self.ended
  self:lose(errors.new { name = "closed", message = self:title() .. " was closed" })
  for _, connection in ipairs(self.waiting) do connection:close() end
  self.waiting = {}
  if gone then return true end
  self.deleted = true
  local response, err = exchange.run(self.modem, "AT+SOCKETDEL=" .. self.id)
  self.registry.forget(self)
  if response then return true end
  return nil, err
end

function Listener:abandon()
  if self.released or self.ended or self.modem.closed_with then return end
  wait.spawn_detached(self.close, self)
end

-- What the program holds

---@class hayes.server
local Server = {}
Server.__index = Server
Server.__name = "hayes.server"

local function server_of(listener, kind)
  return setmetatable({ listener = listener, kind = kind }, Server)
end

function Server:__tostring()
  return ("%s server: port %d"):format(self.kind, self.listener.port)
end

--- Seconds that accept() waits when it is given none; nil or a negative number: however long it takes.
function Server:settimeout(seconds)
  check.value("server:settimeout", "the time-out", seconds, { type = "number|nil" })
  self.timeout = seconds and seconds >= 0 and seconds or nil
  return 1
end

--- The next client as a socket; it is to be closed like any other, also behind its end, for its slot in the module.
--- nil, "timeout" when none comes within so many seconds; nil, "closed" when the server has ended (lasterror()).
---@param timeout? number
---@return hayes.socket?, string?
function Server:accept(timeout)
  check.value("server:accept", "the time-out", timeout, { type = "number|nil", min = 0, max = 1e9 })
  timeout = timeout or self.timeout
  local connection, err = self.listener:next(timeout and wait.now() + timeout)
  if connection then
    local socket = Socket.new(self.kind, connection, connection.host, connection.port)
    if self.kind == "SSL" then socket.verified = false end -- the module asks no client for a certificate
    return socket
  end
  if err == "timeout" then
    self.last_error = errors.new { name = "timeout",
      message = ("%s: no client within %g s"):format(self.listener:title(), timeout) }
    return nil, "timeout"
  end
  self.last_error = err
  return nil, "closed"
end

--- Why accept() or close() has failed.
function Server:lasterror() return self.last_error end

--- The module tells no address of its own here.
function Server:getsockname() return "0.0.0.0", self.listener.port, "inet" end

--- Ends the server, and clients that nobody has accepted; those accepted live on. 1, or nil and the error; nil,
--- "timeout" when that takes longer than settimeout() allows: it goes on.
function Server:close()
  local ok, err = job.run(self.timeout and wait.now() + self.timeout, nil, self.listener.close, self.listener)
  if ok then return 1 end
  if err == "timeout" then
    self.last_error = failure.out_of_time(self.listener.modem, self.listener:title(), self.timeout)
  end
  return nil, err
end

Server.__close = Server.close

function Server:__gc() self.listener:abandon() end

Listener.server_of = server_of

return Listener
